"""The check of lab 02 for the producer: what a thread that reads a model hands over, and when it stops."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import wraps
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.observed_stream import WORDS, ObservedStream
from grader.exercise.randomness import asked, fresh_rng

ROUNDS = 10  # fresh streams of each sort
ERRORS = (ValueError, RuntimeError, ConnectionResetError, OSError, KeyError)

PRODUCE = Exercise("02", 8, "produce")

Item = tuple[object, object]  # kind, value


class FailingStream(ObservedStream):
    """A stream that raises `error` after its pieces, or ends if there is none."""

    def __init__(self, pieces: Sequence[str], error: Exception | None = None) -> None:
        super().__init__(pieces)
        self.error = error

    def __next__(self) -> object:
        try:
            return super().__next__()
        except StopIteration:
            if self.error and not self.closed:
                raise self.error from None
            raise


@dataclass
class Put:
    """The end of a thread where pieces are handed over, until `leaves_after` are (None: always).

    received: (pieces read by then, item) of each. late: items that came after False.
    """

    source: ObservedStream
    leaves_after: int | None
    received: list[tuple[int, Item]] = field(default_factory=list)
    left: bool = False
    late: list[Item] = field(default_factory=list)

    def __call__(self, what: object, value: object) -> bool:
        if self.left:
            self.late.append((what, value))
        self.left = self.left or len(self.received) == self.leaves_after
        if not self.left:
            self.received.append((self.source.n_read, (what, value)))
        return not self.left

    def __deepcopy__(self, memo: dict) -> Put:
        return self


@dataclass(frozen=True, slots=True)
class Case:
    """One stream: its pieces, after how many the reader leaves, and the error after the last, if any."""

    pieces: list[str]
    leaves_after: int | None = None
    error: Exception | None = None


@check
def produce(function: Callable[[Iterator[str], Callable[[str, object], bool]], None]) -> None:
    """Check what is handed over: pieces at once, one last item, and nothing after the reader has left."""
    limits, rng = CallLimits(PRODUCE), fresh_rng()
    for case, (source, put, raised) in asked(
        lambda case: _run(limits, function, case), _cases(rng)
    ):
        if case.error and raised:
            PRODUCE.fail(
                f'put("error", {case.error!r})',
                "an error that leaves the function: nobody sees what a thread raises",
                "`except Exception as error`: the reader has to learn of any error",
            )
        _judge_pieces(case, put)
        (_judge_end if case.leaves_after is None else _judge_leaving)(case, source, put)
        if not source.closed:
            look = "`finally`: it closes the source whatever happens"
            PRODUCE.fail("pieces.close() at the end, too", "a source that is still open", look)
    PRODUCE.passed("Whatever becomes of the model, the reader hears of it.")


def _cases(rng: Random) -> list[Case]:
    streams = [_pieces(rng) for _ in range(3 * ROUNDS)]
    return [
        *map(Case, streams[:ROUNDS]),
        *(Case(pieces, rng.randrange(len(pieces) - 1)) for pieces in streams[ROUNDS : 2 * ROUNDS]),
        *(Case(pieces, None, _error(rng)) for pieces in streams[2 * ROUNDS :]),
        Case([], None, _error(rng)),
        Case([]),
    ]


def _pieces(rng: Random) -> list[str]:
    """Return four to ten pieces, one of them empty."""
    words = [f"{rng.choice(WORDS)} " for _ in range(rng.randint(3, 9))]
    words.insert(rng.randint(1, len(words) - 1), "")
    return words


def _error(rng: Random) -> Exception:
    return rng.choice(ERRORS)(f"the model failed at step {rng.randrange(1000)}")


def _run(
    limits: CallLimits, function: Callable[..., None], case: Case
) -> tuple[FailingStream, Put, bool]:
    """Return the source, what was put, and True if the source's error came out of the function."""
    source = FailingStream(case.pieces, case.error)
    put = Put(source, case.leaves_after)

    @wraps(function)
    def raises(*arguments: object) -> bool:
        try:
            function(*arguments)
        except Exception as error:
            if not case.error or case.error.args[0] not in str(error):
                raise
            return True
        return False

    return source, put, limits.call(raises if callable(function) else function, source, put)


def _judge_pieces(case: Case, put: Put) -> None:
    got = [value for _, (what, value) in put.received if what == "piece"]
    wanted = case.pieces[: case.leaves_after]
    look = 'put("piece", piece) for each piece, the empty ones, too, in order and unchanged'
    PRODUCE.expect(got, wanted, "put as pieces", look)
    for number, (n_read, _) in enumerate(put.received[: len(wanted)], start=1):
        if n_read != number:
            PRODUCE.fail(
                f"piece {number} put before the next is requested",
                f"{n_read} of {len(case.pieces)} pieces read by then",
                "a list or a join: the loop should put while it reads",
            )


def _judge_end(case: Case, source: FailingStream, put: Put) -> None:
    """Check the one item after the pieces of a reader who stays."""
    last = [item for _, item in put.received[len(case.pieces) :]]
    wanted = f'put("error", {case.error!r})' if case.error else 'put("end", None)'
    got = ", ".join(f"put({what!r}, {value!r:.50})" for what, value in last) or "nothing"
    if case.error and [what for what, _ in last] == ["end"]:
        look = "the error: a reader who is told of an end believes that the answer is complete"
        PRODUCE.fail(wanted, got, look)
    if len(last) != 1:
        look = "the last item: exactly one says that nothing follows, or the reader waits for ever"
        PRODUCE.fail(f"{wanted} after the pieces, once", got, look)
    what, value = last[0]
    if case.error and (what != "error" or not _same_error(value, case.error)):
        PRODUCE.fail(
            wanted, got, "the error itself, not its text or another one: it gets raised again"
        )
    if not case.error and (what, value) != ("end", None):
        PRODUCE.fail(wanted, got, "the kind and the value of the last item")


def _same_error(value: object, error: Exception) -> bool:
    """Return True if `value` is `error`, or what a process elsewhere has of it."""
    return type(value).__name__ == type(error).__name__ and error.args[0] in repr(value)


def _judge_leaving(case: Case, source: FailingStream, put: Put) -> None:
    if source.n_read > case.leaves_after + 1:
        PRODUCE.fail(
            f"no work after the reader has left: at most {case.leaves_after + 1} pieces read",
            f"{source.n_read} of {len(case.pieces)} read",
            "what `put` returns: after a False, leave the loop",
        )
    if put.late:
        PRODUCE.fail(
            "nothing put once `put` has returned False",
            f"then put({put.late[0][0]!r}, {kind(put.late[0][1])})",
            "`return`, not `break`: after a False there is nobody to tell that it is the end",
        )
