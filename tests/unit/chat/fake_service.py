"""A chat service on a real socket, whose replies a test controls down to the bytes."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOST = "127.0.0.1"
EVENTS = {"Content-Type": "text/event-stream"}
JSON = {"Content-Type": "application/json"}
DONE = b"data: [DONE]\n\n"


def event(**chunk):
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def delta(text=None, finish=None, **more):
    return event(choices=[{"index": 0, "delta": {"content": text} | more, "finish_reason": finish}])


GOOD = (delta("24 "), delta("months"), delta(finish="stop"), DONE)


class Handler(BaseHTTPRequestHandler):
    """A handler that calls the server's `reply` for a request, and `models` for the list."""

    def do_POST(self):
        self.server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.server.headers.append(dict(self.headers))
        self.server.reply(self)

    def do_GET(self):
        self.send(200, JSON, json.dumps({"data": [{"id": m} for m in self.server.models]}).encode())

    def send(self, status, headers, *parts):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        for part in parts:
            self.wfile.write(part)
            self.wfile.flush()

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        """Ignore clients that disconnect."""


@contextmanager
def service(reply, models=("fake",), tls=None):
    """Run a service with `reply(handler)`; yields it with `url`, and what was sent to it. tls: a context."""
    with Server((HOST, 0), Handler) as server:
        server.reply, server.models, server.bodies, server.headers = reply, models, [], []
        server.url = f"http{'s' if tls else ''}://{HOST}:{server.server_port}/v1"
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def sending(status=200, headers=EVENTS, *parts):
    return lambda handler: handler.send(status, headers, *parts)
