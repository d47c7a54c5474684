"""The learner's process: runs the cells of a notebook and does what the referee asks, over a socket.

Started as `python -I -m grader.worker FD LIMITS`. Nothing that is decided here counts: the learner's
code shares this process and may change all of it. It can only make its own answers wrong.
"""

from __future__ import annotations

import builtins
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

from grader.limits import Limits
from grader.values import decode, encode
from grader.wire import MOST_TEXT, Channel, Failure, GoneError, Reply, Request
from harness.assistant import Assistant

Replies = Iterable[tuple[object, bool]]  # values, and whether more follow
Shell = tuple[Callable[[str], BaseException | None], dict[str, object]]


class Worker:
    """A namespace in which cells run, and the objects that the referee uses from afar."""

    def __init__(self, channel: Channel, cells: Callable[[str], BaseException | None]) -> None:
        self.channel, self.run, self.namespace = channel, cells, {}
        self.kept: list[object] = []

    def serve(self) -> None:
        """Answer requests until the referee hangs up."""
        with suppress(GoneError):
            while True:
                self._answer(self.channel.receive(Request))

    def _answer(self, request: Request) -> None:
        try:
            with _alarm(request.limit_s):
                last = self._last(request)
            # Not before the alarm is off: whoever reads this may stop us, and the alarm's clock runs on.
            self.channel.send(Reply(number=request.number, value=last))
        except GoneError:
            raise
        except BaseException as error:  # SystemExit and KeyboardInterrupt are a learner's, too
            self.channel.send(Reply(number=request.number, failure=failure(error)))

    def _last(self, request: Request) -> object:
        """The last value, encoded; those before it are sent as they come."""
        for value, more in getattr(self, f"_{request.verb}")(request):
            sent = encode(value, self._keep)
            if not more:
                return sent
            self.channel.send(Reply(number=request.number, value=sent, more=True))
        return None

    def _keep(self, value: object) -> int:
        self.kept.append(value)
        return len(self.kept) - 1

    def _arguments(self, request: Request) -> list[object]:
        return [decode(one, self.kept.__getitem__) for one in request.arguments]

    # ---- the verbs ---------------------------------------------------------------------------

    def _cell(self, request: Request) -> Replies:
        if error := self.run(request.name):
            raise error
        return [(None, False)]

    def _value(self, request: Request) -> Replies:
        return [(self.namespace[request.name], False)]

    def _call(self, request: Request) -> Replies:
        return [(self.kept[request.far](*self._arguments(request)), False)]

    def _stream(self, request: Request) -> Replies:
        assistant: Assistant = self.kept[request.far]
        for event in assistant.stream(*self._arguments(request)):
            yield event, True
        yield None, False


def failure(error: BaseException) -> Failure:
    """`error` as it travels; the built-in classes only, since the referee knows no others."""
    names = [kind.__name__ for kind in type(error).__mro__]
    known = [name for name in names if _builtin(name) or name == "CheckFailed"][:20]
    text = _text(error) if known[0] == names[0] else f"{names[0]}: {_text(error)}"
    return Failure(kinds=known, text=text[:MOST_TEXT], place=_place(error)[:MOST_TEXT])


def _text(error: BaseException) -> str:
    try:
        return str(encode(str(error)))
    except Exception:  # an error that cannot even be shown
        return "(it has no text)"


def _builtin(name: str) -> bool:
    return isinstance(getattr(builtins, name, None), type)


def _place(error: BaseException) -> str:
    """The last line of a cell on the way to `error`, or ""."""
    frames = traceback.extract_tb(error.__traceback__)
    here = [one for one in frames if "ipython-input" in one.filename or one.filename == "<cell>"]
    return f"line {here[-1].lineno} of the cell: {here[-1].line}" if here else ""


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Interrupts honest code that takes too long, so that one endless cell costs one exercise.

    Code that ignores it is ended by the referee a little later.
    """

    def ring(number: int, frame: FrameType | None) -> NoReturn:
        raise TimeoutError(f"It was not done after {seconds:g} s.")

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def shell() -> Shell:
    """IPython without a kernel: what runs a cell, returning what it raised, and its namespace."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Shell(InteractiveShell):
        def enable_gui(self, gui: str | None = None) -> None:
            """Nobody looks at pictures here."""

    config = Config(
        {"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "nocolor"}}
    )
    one = Shell.instance(config=config)

    def run(source: str) -> BaseException | None:
        result = one.run_cell(source, store_history=False)
        return result.error_before_exec or result.error_in_exec

    return run, one.user_ns


def main(fd: str, limits: str) -> None:
    """Serve until the other end closes."""
    serve(int(fd), limits, shell())


def serve(fd: int, limits: str, ready: Shell) -> None:
    """The same with a shell that is there already."""
    Limits.model_validate_json(limits).apply()
    run, namespace = ready
    worker = Worker(Channel(socket.socket(fileno=fd)), run)
    worker.namespace = namespace
    worker.serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
