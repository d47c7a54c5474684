"""The checks of lab 09, at run time: a second request for the tail, and a filter that streams."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.exported import exported
from grader.exercise.observed_stream import MOST_EVENTS, ObservedStream
from grader.exercise.randomness import fresh_rng

HEDGED = Exercise("09", 3, "hedged")
MASKED = Exercise("09", 5, "masked")

SOON_S, LATE_S = 0.02, 4.0  # when the second is to be asked: at once, or not within this check
STUCK_S = 1.2  # a copy that nobody calls off gives up after this; a check has eight seconds
ROUNDS = 40  # fresh texts
COVER = "▇▇"


# ---- exercise 3: hedging ------------------------------------------------------------------------------


@exported("name", "answer", "cancel")
class Copy:
    """Stands in for a `Replica`: answers when `ready` is set, or notices that it was called off."""

    def __init__(self, name: str, ready: bool = False) -> None:
        self.name, self.asked, self.off = name, 0, False
        self.others: list[Copy] = []  # who gets ready once this one is asked
        self._go = threading.Event()
        if ready:
            self._go.set()

    def __deepcopy__(self, memo: dict) -> Copy:
        return self  # the check looks into this very copy

    def answer(self) -> str:
        self.asked += 1
        for other in self.others:
            other._go.set()
        self._go.wait(STUCK_S)
        if self.off:
            raise RuntimeError(f"{self.name} was called off")
        return f"the answer of {self.name}"

    def cancel(self) -> None:
        self.off = True
        self._go.set()


@check
def hedged(function: Callable[[Copy, Copy, float], object]) -> None:
    """The second is asked if the first is late; the faster one counts, the other is called off."""
    limits = CallLimits(HEDGED)
    for case in (_quick_first, _stuck_first, _first_after_all, _quick_first, _stuck_first):
        case(limits, function)
    HEDGED.passed("Two letters by two messengers; the second one only rides if the first is late.")


def _quick_first(limits: CallLimits, function: Callable) -> None:
    first, second = Copy("first", ready=True), Copy("second", ready=True)
    _expect(limits.call(function, first, second, LATE_S), first, "the first answers at once")
    if second.asked:
        HEDGED.fail(
            "the second asked only when the first is late",
            "both asked though the first answered in time",
            "`wait` with a timeout of after_s, before the second is sent",
        )
    _once(first)


def _stuck_first(limits: CallLimits, function: Callable) -> None:
    first, second = Copy("first"), Copy("second", ready=True)
    _expect(limits.call(function, first, second, SOON_S), second, "the first is stuck")
    _called_off(first, winner=second)
    _once(second)


def _first_after_all(limits: CallLimits, function: Callable) -> None:
    """The second one is asked, and that very moment the first one answers."""
    first, second = Copy("first"), Copy("second")
    second.others = [first]
    _expect(
        limits.call(function, first, second, SOON_S), first, "the first is late, and still faster"
    )
    _called_off(second, winner=first)
    _once(first)


def _expect(got: object, winner: Copy, story: str) -> None:
    if got != f"the answer of {winner.name}":
        HEDGED.fail(
            f"'the answer of {winner.name}': {story}",
            kind(got),
            "which call is done, and its result()",
        )


def _called_off(loser: Copy, winner: Copy) -> None:
    if not loser.off:
        HEDGED.fail(
            f"{loser.name}.cancel(), as {winner.name} has answered",
            f"{loser.name} still at work, for nobody",
            "the one that is not done: a server does not know that you have lost interest",
        )
    if winner.off:
        HEDGED.fail(
            f"{winner.name} left alone",
            f"{winner.name}.cancel()",
            "who is called off: the other one",
        )


def _once(copy: Copy) -> None:
    if copy.asked != 1:
        HEDGED.fail(
            f"{copy.name} asked once", f"{copy.asked} times", "how often answer() is called"
        )


# ---- exercise 5: a filter that streams ----------------------------------------------------------------


@check
def masked(function: Callable[[Iterator[str], str, str], Iterator[str]]) -> None:
    """The text with every `secret` covered, each part as soon as it can no longer be the beginning of one."""
    limits, rng = CallLimits(MASKED), fresh_rng()
    for pieces, secret in [*_fixed(), *(_text(rng) for _ in range(ROUNDS))]:
        source = ObservedStream(pieces)
        got = limits.call(
            function, source, secret, COVER, then=lambda parts, of=source: _read(parts, of)
        )
        _judge_text("".join(part for _, part in got), pieces, secret)
        _judge_flow(got, pieces, secret)
    MASKED.passed("It holds back a few letters, where others hold back the whole answer.")


def _fixed() -> list[tuple[list[str], str]]:
    return [
        (["It is the Kes", "trel", " X2", "00, sir."], "Kestrel X200"),
        (["Kestrel", " X300 and Kestrel X200"], "Kestrel X200"),
        (["nothing", " here", " Kes"], "Kestrel"),  # ends with what might have become one
        (["ab", "aba", "b"], "aba"),
    ]


def _text(rng: Random) -> tuple[list[str], str]:
    """Few letters, so that beginnings of the secret are everywhere; cut anywhere."""
    secret = "".join(rng.choice("ab") for _ in range(rng.randint(2, 4))) + "c"
    parts = [rng.choice((secret, secret[:-1], "ab", "c ", "b")) for _ in range(rng.randint(4, 12))]
    text, pieces = "".join(parts), []
    while text:
        cut = rng.randint(1, 4)
        pieces.append(text[:cut])
        text = text[cut:]
    return pieces, secret


def _read(parts: object, source: ObservedStream) -> list[tuple[int, str]]:
    """(pieces read so far, part) for each part, in the moment it comes."""
    if not isinstance(parts, Iterable) or isinstance(parts, str):
        MASKED.fail("a generator of text", kind(parts), "`yield`: a function with one makes one")
    got = []
    for part in parts:
        if not isinstance(part, str):
            MASKED.fail("pieces of text", kind(part), "what is yielded")
        got.append((source.n_read, part))
        if len(got) > MOST_EVENTS:
            MASKED.fail("a stream that ends", f"over {MOST_EVENTS:,} pieces", "the loop")
    return got


def _judge_text(got: str, pieces: list[str], secret: str) -> None:
    expected = "".join(pieces).replace(secret, COVER)
    if got != expected:
        MASKED.fail(
            f"{expected!r:.90} for pieces {pieces!s:.90}, secret {secret!r}",
            f"{got!r:.90}",
            _look_at_text(got, pieces, secret),
        )


def _look_at_text(got: str, pieces: list[str], secret: str) -> str:
    if got == "".join(piece.replace(secret, COVER) for piece in pieces):
        return "a secret that is cut in two: it comes in pieces, and no piece holds it whole"
    whole = "".join(pieces).replace(secret, COVER)
    if whole.startswith(got):
        return "what is held back at the end: when nothing more comes, it was no secret"
    return "the text held so far and the new piece together: cover, then decide what may leave"


def _judge_flow(got: list[tuple[int, str]], pieces: list[str], secret: str) -> None:
    for n_read in range(1, len(pieces)):
        shown = "".join(part for at, part in got if at <= n_read)
        due = _due("".join(pieces[:n_read]), secret)
        if not shown.startswith(due):
            MASKED.fail(
                f"{due!r:.60} shown after {n_read} of {len(pieces)} pieces {pieces[:n_read]!s:.60}, "
                f"secret {secret!r}",
                f"{shown!r:.60}",
                "what is held back: only the end of the text, as far as it is a beginning of the secret",
            )


def _due(text: str, secret: str) -> str:
    """What can leave: all but the longest end that may still become the secret."""
    covered = text.replace(secret, COVER)
    ends = (n for n in range(len(secret) - 1, 0, -1) if covered.endswith(secret[:n]))
    return covered[: len(covered) - next(ends, 0)]
