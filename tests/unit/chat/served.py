"""A chat server on a real socket, with an assistant without a model behind it."""

import json
import threading
from contextlib import closing, contextmanager

import httpx

from harness.chat.chat_app import CHAT_PATH, chat_app
from harness.chat.chat_server import listen, server

HOST, MODEL = "127.0.0.1", "fake"


@contextmanager
def served(assistant, key=""):
    """Serve `assistant` as the model `fake`; yields an HTTP client of the server."""
    with closing(listen(HOST, 0)) as listener:
        running = server(chat_app(MODEL, assistant, key), HOST)
        thread = threading.Thread(target=running.run, args=([listener],), daemon=True)
        thread.start()
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        with httpx.Client(base_url=url, trust_env=False, timeout=10) as client:
            yield client
        running.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


def body(text="how long?", **more):
    return {"model": MODEL, "messages": [{"role": "user", "content": text}]} | more


def chat(client, **more):
    return client.post(CHAT_PATH, json=body(**more))


def events(response):
    """Return the data of a stream's events, parsed but for the mark at the end."""
    lines = [line for line in response.text.splitlines() if line.startswith("data: ")]
    data = [line.removeprefix("data: ") for line in lines]
    return [one if one == "[DONE]" else json.loads(one) for one in data]
