"""A page to talk to the served assistant in a browser, without anything from elsewhere."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

HERE = Path(__file__).parent
FILES = {  # path -> file, media type
    "/": ("chat.html", "text/html"),
    "/chat.css": ("chat.css", "text/css"),
    "/chat.js": ("chat.js", "text/javascript"),
}
# An answer is shown as text; should markup ever get into the page, it can load, run and send nothing.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",  # the next server at this port may be another version
}


def page_routes() -> list[Route]:
    """Return the routes of the page."""
    return [Route(path, _file) for path in FILES]


async def _file(request: Request) -> Response:
    name, kind = FILES[request.url.path]
    return Response((HERE / name).read_bytes(), headers=HEADERS, media_type=kind)
