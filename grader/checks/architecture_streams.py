"""The checks of lab 09 at run time: hedged requests against the tail, and a filter that streams."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.exported import exported
from grader.exercise.observed_stream import ObservedStream, read_stream
from grader.exercise.randomness import fresh_rng

HEDGED = Exercise("09", 3, "hedged")
MASKED = Exercise("09", 5, "masked")

QUICK, LATE = 3, 10  # drawn cases; nobody guesses the winner of so many in which the first is late
SOON_S, LATE_S = 0.02, 4.0  # when to ask the second one: at once, or not within this check
# It tells no case from another. A first one that is ready answers in 10 ms,
# on a busy machine in some 100.
BETWEEN_S = 0.8
STUCK_S = 1.2  # a copy that is never cancelled gives up after this; a check has eight seconds
ROUNDS = 40  # fresh texts
COVER = "▇▇"


# ---- exercise 3: hedging ------------------------------------------------------------------------------


@exported("name", "answer", "cancel")
class Copy:
    """A stand-in for a `Replica` that answers once it is ready, and raises if it is cancelled before."""

    def __init__(self, name: str, ready: bool = False) -> None:
        self.name, self.n_calls, self.cancelled = name, 0, False
        self.released: list[Copy] = []  # the copies that get ready once this one is asked
        self._go = threading.Event()
        if ready:
            self._go.set()

    def __deepcopy__(self, memo: dict) -> Copy:
        return self  # the check reads the counters of this very object

    def answer(self) -> str:
        self.n_calls += 1
        for other in self.released:
            other._go.set()
        self._go.wait(STUCK_S)
        if self.cancelled:
            raise RuntimeError(f"{self.name} was cancelled")
        return f"the answer of {self.name}"

    def cancel(self) -> None:
        self.cancelled = True
        self._go.set()


@check
def hedged(function: Callable[[Copy, Copy, float], object]) -> None:
    """Check that a late first replica is backed up, the faster answer counts and the other is cancelled."""
    limits, rng = CallLimits(HEDGED, patience=1), fresh_rng()
    late = rng.choices((_stuck_first, _first_after_all), k=LATE)
    drawn = [
        *((_quick_first, after_s) for after_s in (BETWEEN_S, *[LATE_S] * (QUICK - 1))),
        *zip(late, (BETWEEN_S, *[SOON_S] * (LATE - 1)), strict=True),
    ]
    rng.shuffle(drawn)
    usual = ((_quick_first, LATE_S), (_stuck_first, SOON_S), (_first_after_all, SOON_S))
    for case, after_s in (*usual, *drawn):
        case(limits, function, after_s)
    HEDGED.passed("You pay for a second request only when the first one is late.")


def _quick_first(limits: CallLimits, function: Callable, after_s: float) -> None:
    first, second = Copy("first", ready=True), Copy("second", ready=True)
    got = limits.call(function, first, second, after_s)
    _judge_answer(got, first, "the first answers at once")
    if second.n_calls:
        HEDGED.fail(
            "the second asked only when the first is late",
            "both asked, though the first answered in time",
            "`wait` with a timeout of after_s, before you ask the second",
        )
    _judge_calls(first)


def _stuck_first(limits: CallLimits, function: Callable, after_s: float) -> None:
    """Let the second one answer at once, but not before the first one has been asked."""
    first, second = Copy("first"), Copy("second")
    first.released = [second]
    _judge_answer(limits.call(function, first, second, after_s), second, "the first is stuck")
    _judge_cancelled(first, winner=second)
    _judge_calls(second)


def _first_after_all(limits: CallLimits, function: Callable, after_s: float) -> None:
    """Let the first one answer at the very moment when the second one is asked."""
    first, second = Copy("first"), Copy("second")
    second.released = [first]
    got = limits.call(function, first, second, after_s)
    _judge_answer(got, first, "the first is late, and still faster")
    _judge_cancelled(second, winner=first)
    _judge_calls(first)


def _judge_answer(got: object, winner: Copy, case: str) -> None:
    look = "which call is done, and its result()"
    HEDGED.expect(got, f"the answer of {winner.name}", f"when {case}", look)


def _judge_cancelled(loser: Copy, winner: Copy) -> None:
    if not loser.cancelled:
        HEDGED.fail(
            f"{loser.name}.cancel(), as {winner.name} has answered",
            f"{loser.name} still at work on an answer that you do not use",
            "the call that is not done: a server works on until you cancel it",
        )
    if winner.cancelled:
        got, look = f"{winner.name}.cancel()", "which one you cancel: the one that has not answered"
        HEDGED.fail(f"{winner.name} not cancelled", got, look)


def _judge_calls(copy: Copy) -> None:
    look = "how often you call answer()"
    HEDGED.expect(copy.n_calls, 1, f"call of {copy.name}.answer()", look)


# ---- exercise 5: a filter that streams ----------------------------------------------------------------


@check
def masked(function: Callable[[Iterator[str], str, str], Iterator[str]]) -> None:
    """Check that `secret` is covered, and that text leaves as soon as it cannot be part of one."""
    limits, rng = CallLimits(MASKED), fresh_rng()
    for pieces, secret in [*_fixed(), *(_text(rng) for _ in range(ROUNDS))]:
        source = ObservedStream(pieces)
        what = "pieces of text"
        seen = read_stream(limits, what, function, source, secret, COVER, inspect=_inspect)
        text, whole = "".join(part for _, part in seen), "".join(pieces).replace(secret, COVER)
        where = f"for pieces {pieces!s:.90}, secret {secret!r}"
        MASKED.expect(text, whole, where, _look_at_text, pieces, secret)
        _judge_flow(seen, pieces, secret)
    MASKED.passed("It holds back a few letters, where others hold back the whole answer.")


def _fixed() -> list[tuple[list[str], str]]:
    return [
        (["It is the Kes", "trel", " X2", "00, sir."], "Kestrel X200"),
        (["Kestrel", " X300 and Kestrel X200"], "Kestrel X200"),
        (["nothing", " here", " Kes"], "Kestrel"),  # ends with the beginning of a secret
        (["ab", "aba", "b"], "aba"),
    ]


def _text(rng: Random) -> tuple[list[str], str]:
    """Return a text of few letters, full of beginnings of the secret, cut anywhere; and the secret."""
    secret = "".join(rng.choice("ab") for _ in range(rng.randint(2, 4))) + "c"
    parts = [rng.choice((secret, secret[:-1], "ab", "c ", "b")) for _ in range(rng.randint(4, 12))]
    text, pieces = "".join(parts), []
    while text:
        cut = rng.randint(1, 4)
        pieces.append(text[:cut])
        text = text[cut:]
    return pieces, secret


def _inspect(part: object) -> None:
    if not isinstance(part, str):
        MASKED.fail("pieces of text", kind(part), "what you yield")


def _look_at_text(got: str, pieces: list[str], secret: str) -> str:
    if got == "".join(piece.replace(secret, COVER) for piece in pieces):
        return "a secret that is cut in two: it comes in pieces, and no piece holds it whole"
    whole = "".join(pieces).replace(secret, COVER)
    if whole.startswith(got):
        return "the text you hold back at the end: when nothing more comes, it was not a secret"
    return "the text held back and the new piece together: cover, then decide what may leave"


def _judge_flow(seen: list[tuple[int, str]], pieces: list[str], secret: str) -> None:
    for n_read in range(1, len(pieces)):
        shown = "".join(part for at, part in seen if at <= n_read)
        due = _due("".join(pieces[:n_read]), secret)
        if not shown.startswith(due):
            so_far = f"{n_read} of {len(pieces)} pieces {pieces[:n_read]!s:.60}"
            MASKED.fail(
                f"{due!r:.60} shown after {so_far}, secret {secret!r}",
                f"{shown!r:.60}",
                "what you hold back: only the end of the text, as far as it begins the secret",
            )


def _due(text: str, secret: str) -> str:
    """Return the text that can leave: all but the longest end that may still become the secret."""
    covered = text.replace(secret, COVER)
    ends = (n for n in range(len(secret) - 1, 0, -1) if covered.endswith(secret[:n]))
    return covered[: len(covered) - next(ends, 0)]
