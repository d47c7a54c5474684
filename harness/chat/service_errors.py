"""One sentence for each way in which a chat server can fail."""

from __future__ import annotations

import ssl

import httpx
from httpx_sse import SSEError
from pydantic import JsonValue, TypeAdapter, ValidationError

from harness.chat.chat_exchange import Exchange, retry_after
from harness.chat.chat_replies import reason
from harness.errors import PlainError

WAIT_S = 5.0  # before another try, if a server that is too busy names no time
MOST_BYTES = 20_000  # of an error that are read
BUSY = (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE)
KEYS = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
JSON = TypeAdapter(JsonValue)


class ServiceError(PlainError):
    """Raised if a service gave no usable answer; the message says why."""


def refused(response: httpx.Response, exchange: Exchange) -> ServiceError:
    """Return the error of a reply whose status is not 200; a request to wait goes into `exchange`."""
    status, url = response.status_code, response.request.url
    if status in BUSY:
        exchange.retry_after_s = retry_after(response.headers, WAIT_S)
        return ServiceError(
            f"{url} asks to wait {exchange.retry_after_s:.0f} s (status {status}): lower the rate."
        )
    if status in KEYS:  # what it says is not quoted: it may repeat the key
        return ServiceError(f"{url} refuses the key, or the lack of one (status {status}).")
    if response.is_redirect:
        return ServiceError(f"{url} leads elsewhere (status {status}): give the final address.")
    if status == httpx.codes.NOT_FOUND:
        return ServiceError(
            f"{url} does not exist, or the model does not (status 404: {_said(response)}): the address ends "
            "with /v1, and a server that lists no models needs --model."
        )
    return ServiceError(f"{url} answered with status {status}: {_said(response)}")


def failed(error: JsonValue, response: httpx.Response) -> ServiceError:
    """Return the error of a server that says in its reply that it has failed."""
    said = _without_key(reason(error), response.request)
    return ServiceError(f"{response.request.url} failed while it answered: {said}")


def _said(response: httpx.Response) -> str:
    """Return the reason that the server gives."""
    data = b""
    for part in response.iter_bytes():
        data += part
        if len(data) > MOST_BYTES:
            break
    try:
        return _without_key(reason(JSON.validate_json(data)), response.request)
    except ValidationError:
        return "no reason given"


def _without_key(said: str, request: httpx.Request) -> str:
    """Return what a server says, without the request's key if it repeats it."""
    key = request.headers.get("authorization", "").removeprefix("Bearer ")
    return said.replace(key, "…") if key else said


def broken(error: Exception, url: str, deadline_s: float) -> ServiceError:
    """Return the error of an exchange that failed on the way, or that was no exchange at all."""
    name = type(error).__name__
    if _causes(error, ssl.SSLError):
        return ServiceError(f"{url} has no valid certificate, or speaks no TLS: check the address.")
    match error:
        case httpx.ConnectError() | httpx.ConnectTimeout() | UnicodeError():
            return ServiceError(f"Nobody answers at {url} ({name}): is the server running?")
        case httpx.TimeoutException():
            return ServiceError(f"{url} did not finish its answer within {deadline_s:g} s.")
        case ValueError() | SSEError() | httpx.DecodingError():
            return ServiceError(
                f"{url} sent something else than a chat completion ({name}): is it OpenAI-compatible?"
            )
    return ServiceError(f"The connection to {url} broke before the answer was complete ({name}).")


def _causes(error: BaseException | None, kind: type[Exception]) -> bool:
    """Return whether an exception of `kind` is among the causes; httpcore keeps them as contexts."""
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error is not None
