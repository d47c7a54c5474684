"""One sentence for each way in which a chat server can fail."""

from __future__ import annotations

import ssl

import httpx
from pydantic import JsonValue, TypeAdapter, ValidationError

from harness.chat.chat_exchange import Exchange, retry_after
from harness.chat.chat_options import ServiceAccess
from harness.chat.chat_replies import printable, reason
from harness.errors import PlainError

WAIT_S = 5.0  # before another try, if a server that is too busy names no time
MOST_BYTES = 20_000  # of an error that are read
WORDS = 60  # characters of a foreign reply that a sentence quotes
BUSY = (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE)
BAD = (httpx.codes.BAD_REQUEST, httpx.codes.UNPROCESSABLE_ENTITY)
KEYS = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
JSON = TypeAdapter(JsonValue)


class ServiceError(PlainError):
    """Raised if a service gave no usable answer; the message says why."""


class UsageRefusedError(ServiceError):
    """Raised if a service refuses the option that makes it count its tokens in a stream."""


def refused(response: httpx.Response, exchange: Exchange, access: ServiceAccess) -> ServiceError:
    """Return the error of a reply whose status is not 200; a request to wait goes into `exchange`."""
    status, url = response.status_code, response.request.url
    if status in BUSY:
        asked_s = retry_after(response.headers)
        exchange.retry_after_s = WAIT_S if asked_s is None else asked_s
        return ServiceError(_busy(f"{url}", status, asked_s))
    if status in KEYS:  # what it says is not quoted: it may repeat the key
        return ServiceError(
            f"{url} refuses {access.refused()} (status {status}): set {access.key_name} to a key that holds "
            "there."
        )
    if response.is_redirect:
        return ServiceError(f"{url} leads elsewhere (status {status}): give the final address.")
    text = _content(response, access)
    said = _said(text)
    if status == httpx.codes.NOT_FOUND:
        return ServiceError(
            f"{url} does not exist, or the model does not (status 404: {said}): the address ends with /v1, "
            "and a server that lists no models needs --model."
        )
    kind = UsageRefusedError if status in BAD and "stream_options" in text else ServiceError
    return kind(f"{url} answered with status {status}: {said}")


def _busy(url: str, status: int, asked_s: float | None) -> str:
    if asked_s is not None:
        return f"{url} asks to wait {asked_s:.0f} s (status {status}): lower the rate."
    return (
        f"{url} is too busy (status {status}) and names no time to wait, so that {WAIT_S:.0f} s are taken: "
        "lower the rate."
    )


def failed(error: JsonValue, response: httpx.Response, access: ServiceAccess) -> ServiceError:
    """Return the error of a server that says in its reply that it has failed."""
    said = reason(error, access.hide)
    return ServiceError(f"{response.request.url} failed while it answered: {said}")


def foreign(response: httpx.Response, text: str, access: ServiceAccess) -> ServiceError:
    """Return the error of a reply that is something else. text: the part that cannot be read, if known."""
    kind = _words(access.hide(response.headers.get("content-type", ""))) or "no content type"
    began = _words(access.hide(text) or _content(response, access)) or "nothing"
    return ServiceError(
        f"{response.request.url} sent something else than expected ({kind}: {began}). Expected is what an "
        "OpenAI-compatible server sends, in application/json or text/event-stream: the address ends with /v1."
    )


def _content(response: httpx.Response, access: ServiceAccess) -> str:
    """Return the first characters of a reply, which may have been read before, without its client's keys."""
    data = b""
    for part in [response.content] if response.is_stream_consumed else response.iter_bytes():
        data += part
        if len(data) > MOST_BYTES:
            break
    return access.hide(data[:MOST_BYTES].decode(errors="ignore"))


def _said(text: str) -> str:
    """Return the reason that the server gives, or the first words of what it sends instead."""
    try:
        return reason(JSON.validate_json(text))
    except ValidationError:
        return _words(text) or "no reason given"


def _words(text: str) -> str:
    line = " ".join(printable(text).split())
    return line if len(line) <= WORDS else f"{line[:WORDS]} …"


def broken(error: Exception, url: str, deadline_s: float) -> ServiceError:
    """Return the error of an exchange that failed on the way, or that was no exchange at all."""
    name = type(error).__name__
    if _causes(error, ssl.SSLError):
        return ServiceError(f"{url} has no valid certificate, or speaks no TLS: check the address.")
    match error:
        case httpx.ConnectError() | httpx.ConnectTimeout() | UnicodeError():
            return ServiceError(f"Nobody answers at {url} ({name}): is the server running?")
        case httpx.TimeoutException():
            return ServiceError(
                f"{url} did not finish its answer within {deadline_s:g} s: --timeout gives it longer."
            )
        case ValueError() | httpx.DecodingError():
            return ServiceError(f"{url} sent bytes that cannot be read ({name}).")
    return ServiceError(f"The connection to {url} broke before the answer was complete ({name}).")


def _causes(error: BaseException | None, kind: type[Exception]) -> bool:
    """Return whether an exception of `kind` is among the causes; httpcore keeps them as contexts."""
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error is not None
