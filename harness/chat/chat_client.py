"""A chat model behind an OpenAI-compatible address, as an Assistant."""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import httpx
from httpx_sse import EventSource
from opentelemetry import propagate

from harness.assistant import Answer, Done, Event, Question, Token
from harness.chat.chat_exchange import Exchange
from harness.chat.chat_options import ChatOptions
from harness.chat.chat_replies import Chunk, Models, Whole
from harness.chat.service_errors import (
    ServiceError,
    UsageRefusedError,
    broken,
    failed,
    foreign,
    refused,
)
from harness.chat.serving_key import LOOPBACK
from harness.errors import WrongUseError
from harness.serve.client import KEPT

CONNECT_S = 10.0
# A stream is past its limit of tokens if both are exceeded: servers may send a token in several pieces, and a
# token has some 4 characters.
MOST_PIECES, MOST_CHARS = 2, 8  # for each token
MAX_BYTES = 5_000_000  # of a reply; 256 tokens in chunks are 100 kB
END = "[DONE]"
EVENTS = "text/event-stream"
WITHOUT_USAGE = (
    "{url} refuses `stream_options`: the first question was sent again without them, one request more than "
    "planned, and tokens are counted as pieces of text. --no-usage leaves them out from the start."
)
UNNAMED = (
    "",
    "text/plain",
    "application/octet-stream",
)  # what small servers call a stream of events
# ValueError: what is no JSON or no reply, and a host name that cannot be one (UnicodeError).
FAILURES = (httpx.HTTPError, httpx.InvalidURL, ValueError)
# OpenAI's own servers know the limit by another name, and refuse the old one for some models.
RENAMED = (".openai.com", ".openai.azure.com")


@dataclass
class ChatClient:
    """A client of the model `model` at `url`, which goes up to and including "/v1"; one request at a time.

    last: the exchange of the latest request. notes: sentences about what was sent otherwise than planned.
    Raises WrongUseError for a bad address. The key is in no message and no trace.
    """

    url: str
    model: str = ""
    options: ChatOptions = field(default_factory=ChatOptions)
    last: Exchange = field(default_factory=Exchange, repr=False)
    notes: list[str] = field(default_factory=list, repr=False)
    _kept: httpx.Client | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self.options.access.headers(self.url)

    def only_model(self) -> str:
        """Return the name of the model that the server has.

        Raises WrongUseError unless it has exactly one, and ServiceError if it does not say.
        """
        try:
            with self._reply("GET", "/models") as response, self._readable(response):
                names = Models.model_validate_json(response.read()).names()
        except FAILURES as error:
            raise broken(error, self.url, self.options.deadline_s) from error
        if len(names) != 1:
            some = self.options.access.hide(", ".join(names[:5])) or "none"
            raise WrongUseError(
                f"{self.url} has {len(names)} models ({some}): name one with --model."
            )
        return names[0]

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield the answer's events. Raises ServiceError with one sentence for any failure.

        A server that refuses `stream_options` is asked again without them, and not asked for them any more.
        """
        try:
            yield from self._events(question)
        except UsageRefusedError:
            if not self.options.usage:
                raise
            self.options = replace(self.options, usage=False)
            self.notes.append(WITHOUT_USAGE.format(url=self.url))
            yield from self._events(question)

    def _events(self, question: Question) -> Iterator[Event]:
        try:
            with self._reply("POST", "/chat/completions", self._body(question)) as response:
                if "json" in _kind(response):
                    yield from self._whole(response)
                else:
                    yield from self._pieces(response)
        except FAILURES as error:
            raise broken(error, self.url, self.options.deadline_s) from error

    def _body(self, question: Question) -> dict[str, object]:
        usage = {"stream_options": {"include_usage": True}} if self.options.usage else {}
        return {
            **self.options.body,
            "model": self.model,
            "messages": _messages(question),
            self.limit_name: self.options.max_tokens,
            "stream": True,
            **usage,
        }

    def reopen(self) -> None:
        """Close the connection; the next request opens another, and finds all else prepared."""
        self.close()
        self._connection()  # its certificates take some 20 ms to read, which are no time of the service

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    @property
    def limit_name(self) -> str:
        """Return the name under which the server takes the limit of tokens."""
        host = f".{urlsplit(self.url).hostname}"
        return "max_completion_tokens" if host.endswith(RENAMED) else "max_tokens"

    def _connection(self) -> httpx.Client:
        if self._kept is None:
            self._kept = httpx.Client(
                base_url=self.url.rstrip("/"),
                headers={"Accept-Encoding": "identity"} | self.options.access.headers(self.url),
                timeout=httpx.Timeout(self.options.deadline_s, connect=CONNECT_S),
                limits=KEPT,  # a request after a pause is a warm one, too
                trust_env=urlsplit(self.url).hostname not in LOOPBACK,  # proxies
            )
        return self._kept

    @contextmanager
    def _reply(self, method: str, path: str, body: object = None) -> Iterator[httpx.Response]:
        """Yield a reply with a good status, bounded in bytes and time. Raises ServiceError otherwise."""
        until = time.monotonic() + self.options.deadline_s
        headers: dict[str, str] = {}
        propagate.inject(headers)
        connection = self._connection()
        self.last = exchange = Exchange()
        about = {"json": body, "headers": headers, "extensions": {"trace": exchange.note}}
        with connection.stream(method, path, **about) as response:
            exchange.replied(response.headers, self.options.access.hide)
            response.stream = _Bounded(response.stream, until)
            if response.status_code != httpx.codes.OK:
                raise refused(response, exchange, self.options.access)
            yield response

    @contextmanager
    def _readable(self, response: httpx.Response) -> Iterator[None]:
        """Name what came instead if the reply cannot be read. Raises ServiceError."""
        try:
            yield
        except ValueError as error:
            raise foreign(response, "", self.options.access) from error

    def _whole(self, response: httpx.Response) -> Iterator[Event]:
        """Yield the answer of a server that ignores `stream`."""
        with self._readable(response):
            reply = Whole.model_validate_json(response.read())
        if reply.error is not None:
            raise failed(reply.error, response, self.options.access)
        self.last.counted(reply.usage)
        answer = reply.answer()
        if not answer.text.strip():
            raise ServiceError(f"{self.url} sent an answer without text.")
        yield Token(answer.text)
        yield Done(answer)

    def _pieces(self, response: httpx.Response) -> Iterator[Event]:
        text, pieces, complete, extras = "", 0, False, Answer("")
        if _kind(response) not in (EVENTS, *UNNAMED):
            raise foreign(response, "", self.options.access)
        response.headers["content-type"] = EVENTS
        decode = _whole_characters()
        for event in (events := EventSource(response).iter_sse()):
            if event.data.strip() == END:
                complete = True
                break
            try:  # not `_readable`: this is done for each piece
                chunk = Chunk.read(event.data)
            except ValueError as error:
                raise foreign(response, event.data, self.options.access) from error
            if chunk.error is not None:
                raise failed(chunk.error, response, self.options.access)
            self.last.counted(chunk.usage)
            complete, extras = complete or chunk.ended, chunk.extras() or extras
            if piece := decode(chunk.text, False):
                text, pieces = text + piece, pieces + 1
                yield Token(piece)
                self._check_length(text, pieces)
        if tail := decode("", True):
            text += tail
            yield Token(tail)
        self._check_complete(text, complete)
        yield Done(Answer(text, extras.citations, extras.flags))
        with suppress(httpx.HTTPError):  # the answer is complete, whatever happens now
            for _ in events:  # read to the end: httpx closes a connection with unread data
                pass

    def _check_length(self, text: str, pieces: int) -> None:
        most = self.options.max_tokens
        if pieces > MOST_PIECES * most and len(text) > MOST_CHARS * most:
            raise ServiceError(
                f"{self.url} does not keep to the limit of {most} tokens: its stream was cut after {pieces} "
                "pieces of text. Let the server keep to it, or give a higher --max-tokens."
            )

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


def _kind(response: httpx.Response) -> str:
    """Return the type of a reply's content without its parameters."""
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()


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
