"""A chat server on a real socket, whose replies a test controls down to the bytes."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TIMEOUT_S = 1.0


class Server(ThreadingHTTPServer):
    """A server that records requests and calls `reply` with the handler and the request's JSON."""

    daemon_threads = True
    reply: Callable
    requests: list

    def handle_error(self, request, address):
        """Ignore clients that disconnect."""


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(body)
        self.server.reply(self, body)

    def log_message(self, *_):
        pass

    def send(self, data, status=200, kind="application/json", headers=()):
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(data))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def replying(content):
    """Return a handler that sends `content` as a chat endpoint does."""
    envelope = {"choices": [{"message": {"role": "assistant", "content": content}}]}
    return lambda handler, body: handler.send(json.dumps(envelope).encode())


def candidate_text(body):
    """Return the candidate's text in a request, without the marks around it."""
    return body["messages"][1]["content"].split("\n", 1)[1].rsplit("\n", 1)[0]
