"""What a user names on the command line, as an Assistant: an address, a Python object, or an entry."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opentelemetry import trace

from harness import semconv
from harness.assistant import Answer, Assistant, Done, Event, Question, Token
from harness.chat.chat_client import ChatClient
from harness.chat.chat_options import ChatOptions
from harness.errors import WrongUseError
from harness.measure.latency.timing import CLOCK, NS_PER_S, Clock
from harness.measure.service.asynchronous import pieces_of, result_of
from harness.serve.entry import Division

tracer = trace.get_tracer("under500")


@dataclass
class Pace:
    """A limit of `rate` requests a second."""

    rate: float
    clock: Clock = CLOCK
    _last_ns: int | None = field(default=None, init=False)

    def keep(self) -> None:
        """Wait until the next request may start; called before each one."""
        if self._last_ns is not None:
            due_ns = self._last_ns + NS_PER_S / self.rate
            self.clock.wait(max(0.0, (due_ns - self.clock.now_ns()) / NS_PER_S))
        self._last_ns = self.clock.now_ns()


@dataclass(frozen=True)
class Target:
    """A named service. client: set if it is behind an address; its requests in a comparison keep the pace.

    What a service remembers between requests is unknown, so it is in the open division.
    """

    name: str
    assistant: Assistant
    client: ChatClient | None = None
    pace: Pace | None = None
    division: Division = Division.OPEN

    @contextmanager
    def deployed(self) -> Iterator[Assistant]:
        """Yield the service as it is; its connection is closed at the end."""
        if self.client is not None:
            self.client.reopen()
        try:
            yield self.assistant
        finally:
            if self.client is not None:
                self.client.close()

    @property
    def notes(self) -> list[str]:
        """Return sentences about what a service at an address was sent otherwise than planned."""
        return self.client.notes if self.client else []

    def hide(self, text: str) -> str:
        """Return a service's text without the keys that it was sent."""
        return self.client.options.access.hide(text) if self.client else text

    def reset(self) -> None:
        """Wait until the next request may start; called before each one of a comparison."""
        if self.client is not None and self.pace is not None:
            self.pace.keep()


@dataclass(frozen=True)
class FromFunction:
    """An Assistant made from a function that takes a question's text and returns text, or yields pieces.

    The function may be asynchronous.
    """

    function: Callable[[str], object]

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield the function's pieces, then Done. Raises TypeError if it returns anything but text."""
        pieces: list[str] = []
        for piece in _pieces(self.function(question.text)):
            if not isinstance(piece, str):
                raise TypeError(f"a piece is a {type(piece).__name__} instead of a str")
            pieces.append(piece)
            yield Token(piece)
        yield Done(Answer("".join(pieces)))


def _pieces(result: object) -> Iterable[object]:
    """Return what a function has returned as pieces. Raises TypeError if it can be no text."""
    if inspect.isawaitable(result):
        result = result_of(result)
    if isinstance(result, str):
        return [result]
    if isinstance(result, AsyncIterable):
        return pieces_of(aiter(result))
    if isinstance(result, Iterable) and not isinstance(result, Mapping | bytes):
        return result
    raise TypeError(f"the function returned a {type(result).__name__} instead of text")


@dataclass(frozen=True)
class Traced:
    """An Assistant whose spans are those of one request, so that they can be shown together."""

    inner: Assistant

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield the events of the inner assistant inside a span.

        Raises RuntimeError if it ends the program.
        """
        with tracer.start_as_current_span(semconv.REQUEST):
            try:
                yield from self.inner.stream(question)
            except SystemExit as error:
                raise RuntimeError(f"it ended the program with {error.code!r}") from error


def target(
    text: str,
    model: str | None = None,
    options: ChatOptions | None = None,
    pace: Pace | None = None,
) -> Target:
    """Return the service at an address, or the object `module:name`.

    model: the server's model; without it, the server is asked, and must have exactly one. Raises
    WrongUseError for what cannot be a service or another number of models, and ServiceError if the server
    does not name them.
    """
    if "://" not in text:
        return Target(text, Traced(as_assistant(_imported(text), text)))
    client = ChatClient(text, model or "", options or ChatOptions())
    client.model = model or client.only_model()
    client.reopen()  # the first request measured opens its own connection
    name = client.options.access.hide(client.model)
    return Target(f"{name} at {text}", client, client, pace)


def as_assistant(thing: object, name: str) -> Assistant:
    """Return an Assistant as it is, and a function, runnable or query engine as one.

    Runnables are LangChain's, query engines LlamaIndex's. Raises WrongUseError for anything else.
    """
    if inspect.isclass(thing):
        raise WrongUseError(f"{name} is a class: name an object of it, or a function.")
    if isinstance(thing, Assistant):
        return FromFunction(_runnable(thing)) if hasattr(thing, "invoke") else thing
    if hasattr(thing, "query") and not hasattr(thing, "stream"):
        return FromFunction(_query_engine(thing))
    if callable(thing):
        return FromFunction(thing)
    raise WrongUseError(
        f"{name} is a {type(thing).__name__}: name a function (str -> str, or pieces of text), or an object "
        "with `stream` or `query`."
    )


def _runnable(thing: Any) -> Callable[[str], Iterator[str]]:
    """Return a function that streams a LangChain runnable; its pieces are text, or messages with content."""

    def pieces(text: str) -> Iterator[str]:
        for piece in thing.stream(text):
            yield getattr(piece, "content", piece)

    return pieces


def _query_engine(thing: Any) -> Callable[[str], str | Iterable[str]]:
    """Return a function that asks a LlamaIndex query engine; its reply is a text, or streams one."""

    def answer(text: str) -> str | Iterable[str]:
        reply = thing.query(text)
        return getattr(reply, "response_gen", None) or str(reply)

    return answer


def _imported(text: str) -> object:
    """Return the object `module:name`; the current folder is searched first."""
    module, _, path = text.partition(":")
    if not path:
        raise WrongUseError(
            f"{text} has no `:name`: write module:name, as in {module.removesuffix('.py')}:answer, or an "
            "address up to /v1."
        )
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        found: object = importlib.import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
    except (Exception, SystemExit) as error:  # a user's module may raise anything, or be a script
        raise WrongUseError(
            f"{text} cannot be imported ({type(error).__name__}: {error}): name it like module:function."
        ) from error
    return found
