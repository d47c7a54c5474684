"""A chat server on a real socket whose replies a test decides, down to the bytes."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE_S = 1.0


class Server(ThreadingHTTPServer):
    """reply: what to do with a request, given the handler and its JSON."""

    daemon_threads = True
    reply: Callable
    asked: list

    def handle_error(self, request, address):
        """A client that has left is no error here."""


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body)
        self.server.reply(self, body)

    def log_message(self, *_):
        pass

    def send(self, data, status=200, kind="application/json", headers=()):
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(data))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def said(content):
    """A reply in the envelope of a chat endpoint."""
    envelope = {"choices": [{"message": {"role": "assistant", "content": content}}]}
    return lambda handler, body: handler.send(json.dumps(envelope).encode())


def told(text):
    """The candidate's text in a request, as the model sees it between the marks."""
    return text["messages"][1]["content"].split("\n", 1)[1].rsplit("\n", 1)[0]
