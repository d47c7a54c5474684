"""A chat model behind an OpenAI-compatible address, as an Assistant."""

from __future__ import annotations

import codecs
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
from httpx_sse import EventSource
from opentelemetry import propagate

from harness.assistant import Answer, Done, Event, Question, Token
from harness.chat.chat_exchange import Exchange
from harness.chat.chat_replies import Chunk, Models, Whole
from harness.chat.service_errors import ServiceError, broken, failed, refused
from harness.chat.serving_key import LOOPBACK
from harness.errors import WrongUseError

KEY_NAME = "UNDER500_API_KEY"
MAX_TOKENS = 256  # two paragraphs; the most that one request may cost
DEADLINE_S = 60.0  # for a whole reply
CONNECT_S = 10.0
MAX_BYTES = 5_000_000  # of a reply; 256 tokens in chunks are 100 kB
END = "[DONE]"
EVENTS = "text/event-stream"
UNNAMED = (
    "",
    "text/plain",
    "application/octet-stream",
)  # what small servers call a stream of events
# ValueError: what is no JSON or no reply, and a host name that cannot be one (UnicodeError).
FAILURES = (httpx.HTTPError, httpx.InvalidURL, ValueError)
# OpenAI's own servers know the limit by another name, and refuse the old one for some models.
RENAMED = ("openai.com", "openai.azure.com")


@dataclass
class ChatClient:
    """A client of the model `model` at `url`, which goes up to and including "/v1"; one request at a time.

    key_name: the environment variable with the API key, if the server needs one; the key itself is in no
    message and no trace. last: the exchange of the latest request. Raises WrongUseError for a bad address.
    """

    url: str
    model: str = ""
    key_name: str = KEY_NAME
    max_tokens: int = MAX_TOKENS
    deadline_s: float = DEADLINE_S
    last: Exchange = field(default_factory=Exchange, repr=False)
    _kept: httpx.Client | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        _checked_key(self.url, self.key_name)

    def only_model(self) -> str:
        """Return the name of the model that the server has. Raises ServiceError unless it has exactly one."""
        try:
            with self._reply("GET", "/models") as response:
                names = Models.model_validate_json(response.read()).names()
        except FAILURES as error:
            raise broken(error, self.url, self.deadline_s) from error
        if len(names) != 1:
            some = ", ".join(names[:5]) or "none"
            raise ServiceError(
                f"{self.url} has {len(names)} models ({some}): name one with --model."
            )
        return names[0]

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield the answer's events. Raises ServiceError with one sentence for any failure."""
        body = {
            "model": self.model,
            "messages": _messages(question),
            self.limit_name: self.max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        try:
            with self._reply("POST", "/chat/completions", body) as response:
                if "json" in response.headers.get("content-type", ""):
                    yield from self._whole(response)
                else:
                    yield from self._pieces(response)
        except FAILURES as error:
            raise broken(error, self.url, self.deadline_s) from error

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    @property
    def limit_name(self) -> str:
        """Return the name under which the server takes the limit of tokens."""
        host = urlsplit(self.url).hostname or ""
        return "max_completion_tokens" if host.endswith(RENAMED) else "max_tokens"

    def _connection(self) -> httpx.Client:
        if self._kept is None:
            key = _checked_key(self.url, self.key_name)
            self._kept = httpx.Client(
                base_url=self.url.rstrip("/"),
                headers={"Accept-Encoding": "identity"}
                | ({"Authorization": f"Bearer {key}"} if key else {}),
                timeout=httpx.Timeout(self.deadline_s, connect=CONNECT_S),
                trust_env=urlsplit(self.url).hostname not in LOOPBACK,  # proxies
            )
        return self._kept

    @contextmanager
    def _reply(self, method: str, path: str, body: object = None) -> Iterator[httpx.Response]:
        """Yield a reply with a good status, bounded in bytes and time. Raises ServiceError otherwise."""
        until = time.monotonic() + self.deadline_s
        headers: dict[str, str] = {}
        propagate.inject(headers)
        self.last = exchange = Exchange()
        about = {"json": body, "headers": headers, "extensions": {"trace": exchange.note}}
        with self._connection().stream(method, path, **about) as response:
            exchange.replied(response.headers)
            response.stream = _Bounded(response.stream, until)
            if response.status_code != httpx.codes.OK:
                raise refused(response, exchange)
            yield response

    def _whole(self, response: httpx.Response) -> Iterator[Event]:
        """Yield the answer of a server that ignores `stream`."""
        reply = Whole.model_validate_json(response.read())
        if reply.error is not None:
            raise failed(reply.error, response)
        self.last.counted(reply.usage)
        answer = reply.answer()
        if not answer.text.strip():
            raise ServiceError(f"{self.url} sent an answer without text.")
        yield Token(answer.text)
        yield Done(answer)

    def _pieces(self, response: httpx.Response) -> Iterator[Event]:
        text, complete, extras = "", False, Answer("")
        if response.headers.get("content-type", "").partition(";")[0] in UNNAMED:
            response.headers["content-type"] = EVENTS
        decode = _whole_characters()
        for event in (events := EventSource(response).iter_sse()):
            if event.data.strip() == END:
                complete = True
                break
            chunk = Chunk.read(event.data)
            if chunk.error is not None:
                raise failed(chunk.error, response)
            self.last.counted(chunk.usage)
            complete, extras = complete or chunk.ended, chunk.extras() or extras
            if piece := decode(chunk.text, False):
                text += piece
                yield Token(piece)
        if tail := decode("", True):
            text += tail
            yield Token(tail)
        self._check_complete(text, complete)
        yield Done(Answer(text, extras.citations, extras.flags))
        with suppress(httpx.HTTPError):  # the answer is complete, whatever happens now
            for _ in events:  # read to the end: httpx closes a connection with unread data
                pass

    def _check_complete(self, text: str, complete: bool) -> None:
        if not complete:
            raise ServiceError(f"{self.url} ended its stream before the answer was complete.")
        if not text.strip():
            raise ServiceError(f"{self.url} ended its stream without any text.")


class _Bounded(httpx.SyncByteStream):
    """The bytes of a reply, as long as they are not too many and not too late."""

    def __init__(self, inner: httpx.SyncByteStream, until: float) -> None:
        self.inner, self.until = inner, until

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        for part in self.inner:
            size += len(part)
            if time.monotonic() > self.until:
                raise httpx.ReadTimeout("the deadline of the whole reply")
            if size > MAX_BYTES:
                raise ServiceError(
                    f"The server sent more than {MAX_BYTES / 1e6:g} MB in one reply."
                )
            yield part

    def close(self) -> None:
        """Close the connection's end of the reply."""
        self.inner.close()


def _whole_characters() -> Callable[[str, bool], str]:
    """Return a function that joins characters which servers split into two surrogates, in two chunks."""
    decoder = codecs.getincrementaldecoder("utf-16-le")("replace")
    return lambda text, final: decoder.decode(text.encode("utf-16-le", "surrogatepass"), final)


def _messages(question: Question) -> list[dict[str, str]]:
    """Return the conversation: the last turn is the user's, and the turns before it alternate."""
    turns = (*question.history, question.text)
    roles = ("user", "assistant")
    return [
        {"role": roles[(len(turns) - 1 - number) % 2], "content": turn}
        for number, turn in enumerate(turns)
    ]


def _checked_key(url: str, name: str) -> str:
    """Return the key, or "". Raises WrongUseError for an address or a key that cannot be used."""
    try:
        parts = urlsplit(url)
        host, _, _ = parts.hostname, parts.port, httpx.URL(url)
    except (ValueError, httpx.InvalidURL) as error:
        raise WrongUseError(f"The address cannot be read ({error}).") from error
    if parts.scheme not in ("http", "https") or not host:
        raise WrongUseError("The address must be like http://localhost:8000/v1 or https://…/v1.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise WrongUseError(
            f"The address must end with its path and hold no key: put the key into {name}."
        )
    key = os.environ.get(name, "").strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise WrongUseError(f"The value of {name} is no key: it has spaces or special characters.")
    if key and parts.scheme == "http" and host not in LOOPBACK:
        raise WrongUseError(
            f"The key in {name} would cross the network unencrypted: use https, or unset {name}."
        )
    return key
