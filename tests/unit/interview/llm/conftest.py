import threading

import pytest

from harness.interview.llm.endpoint import Endpoint
from tests.unit.interview.llm.chat_server import PATIENCE_S, Handler, Server


@pytest.fixture
def server():
    with Server(("127.0.0.1", 0), Handler) as one:
        one.asked, one.over = [], threading.Event()
        thread = threading.Thread(target=one.serve_forever, daemon=True)
        thread.start()
        yield one
        one.over.set()
        one.shutdown()
        thread.join()


@pytest.fixture
def endpoint(server):
    return Endpoint(f"http://127.0.0.1:{server.server_port}/v1", "judge", PATIENCE_S)
