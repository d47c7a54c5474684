"""The checks of lab 03, first half: an answer that ends, its price, and what is worth a thought."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, close, kind, ms
from grader.exercise.observed_stream import MOST_EVENTS, WORDS, ObservedStream
from grader.exercise.randomness import fresh_rng

ROUNDS = 40  # fresh inputs per check

STOP = Exercise("03", 1, "until_done")
PRICE = Exercise("03", 2, "answer_ms")
FRONTIER = Exercise("03", 3, "frontier")


# ---- exercise 1: when to stop -------------------------------------------------------------------------


@check
def until_done(function: Callable[[Iterator[str], Callable[[str], bool], int], Iterator]) -> None:
    """The pieces up to the end of the sentence or the limit; none asked for that is not passed on."""
    limits, rng = CallLimits(STOP), fresh_rng()
    for turn in range(ROUNDS):
        pieces, length, most = _speech(rng, turn)
        source = ObservedStream(pieces)
        seen = limits.call(
            function, source, _complete, most, then=lambda got, of=source: _read(got, of)
        )
        _judge_stop(seen, source, pieces, length, most)
    STOP.passed("Half of the speed-ups in this course are a model that is told to be quiet.")


def _complete(text: str) -> bool:
    """The sentence ends at a full stop; a decimal point is none."""
    return text.endswith((".", "!")) and not text[:-1].endswith(tuple("0123456789"))


def _speech(rng: Random, turn: int) -> tuple[list[str], int, int]:
    """Pieces with two sentences, the number of pieces of the first, and a limit.

    In turn: the sentence ends first, the limit comes first, both at once, and a text that ends by itself.
    """
    first = [f"{rng.choice(WORDS[:5])} " for _ in range(rng.randint(3, 7))]
    first[1:1] = ["7", ".", "5 "]
    first += ["hours", "."]
    rest = [f" {rng.choice(WORDS[:5])}" for _ in range(rng.randint(4, 8))]
    length = len(first)
    if turn % 4 == 3:
        unended = [*first[:-1], *rest]
        return unended, len(unended), len(unended) + 5
    most = (length + 20, rng.randint(2, length - 1), length)[turn % 4]
    return [*first, *rest], length, most


def _read(got: object, source: ObservedStream) -> list[tuple[int, object]]:
    """(pieces made so far, piece) for each piece, in the moment it comes."""
    if not isinstance(got, Iterable) or isinstance(got, str):
        STOP.fail("a generator of pieces", kind(got), "`yield`: a function with one makes one")
    seen = []
    for piece in got:
        seen.append((source.n_read, piece))
        if len(seen) > MOST_EVENTS:
            STOP.fail("pieces that end", f"over {MOST_EVENTS:,} of them", "the loop")
    return seen


def _judge_stop(
    seen: list[tuple[int, object]],
    source: ObservedStream,
    pieces: list[str],
    length: int,
    most: int,
) -> None:
    wanted = pieces[: min(length, most)]
    got = [piece for _, piece in seen]
    if got != wanted:
        STOP.fail(
            f"{len(wanted)} pieces of {pieces[: length + 1]!s:.110}, most = {most}",
            f"{len(got)} pieces: {got!s:.60}",
            _look_at_stop(got, pieces, length, most),
        )
    for number, (n_read, _) in enumerate(seen, start=1):
        if n_read != number:
            STOP.fail(
                f"piece {number} passed on as soon as it is made",
                f"{n_read} pieces were made by then",
                "a list, a join or a loop that runs before the first `yield`",
            )
    if source.n_read > len(wanted):
        STOP.fail(
            f"{len(wanted)} pieces asked for, as many as are passed on",
            f"{source.n_read}: the model worked on a piece that nobody reads",
            "when you stop: after a piece, not after the next one has come",
        )


def _look_at_stop(got: list[object], pieces: list[str], length: int, most: int) -> str:
    if got == pieces[: length - 1] or got == pieces[: most - 1]:
        return "the last piece: it belongs to the answer, then comes the end"
    if most < length and got == pieces[:length]:
        return "the limit: at most `most` pieces, even in the middle of a sentence"
    if most > length and len(got) > length:
        return "what `ended` gets: all of the text so far, not the last piece alone"
    return "pass each piece on, add it to the text, then ask `ended` and count"


# ---- exercise 2: what an answer costs ------------------------------------------------------------------


@check
def answer_ms(function: Callable[[int, int, float, float], float]) -> None:
    """Reading the prompt gives the first token, each further one is a step of decoding."""
    limits, rng = CallLimits(PRICE), fresh_rng()
    for _ in range(ROUNDS):
        prompt, answer = rng.randint(60, 900), rng.randint(1, 90)
        reading, writing = rng.uniform(200, 3000), rng.uniform(20, 250)
        got = PRICE.finite(limits.call(function, prompt, answer, reading, writing), "the time")
        read_ms, step_ms = 1e3 * prompt / reading, 1e3 / writing
        expected = read_ms + (answer - 1) * step_ms
        if not close(got, expected):
            PRICE.fail(
                f"{ms(expected)} for {prompt} tokens at {reading:.0f} a second, {answer} at {writing:.0f}",
                ms(got),
                _look_at_price(got, read_ms, step_ms, answer),
            )
    PRICE.passed(
        "Two numbers of a model, two of a request: most of an answer's time is no mystery."
    )


def _look_at_price(got: float, read_ms: float, step_ms: float, answer: int) -> str:
    if close(got, read_ms + answer * step_ms):
        return "the first token: it falls out of reading the prompt, so one step less"
    if close(got * 1e3, read_ms + (answer - 1) * step_ms):
        return "the unit: speeds are tokens a second, the result is in ms"
    if close(got, read_ms) or close(got, (answer - 1) * step_ms):
        return "both parts: reading and writing follow each other"
    return "prompt tokens / reading speed, then (answer tokens - 1) / writing speed"


# ---- exercise 3: what is worth a thought ---------------------------------------------------------------


@check
def frontier(function: Callable[[Mapping[str, tuple[float, float]]], Collection[str]]) -> None:
    """The options that no other beats: faster or more often right, and in the other no worse."""
    limits, rng = CallLimits(FRONTIER), fresh_rng()
    for turn in range(ROUNDS):
        points = _options(rng, turn)
        got = limits.call(function, points)
        if not isinstance(got, Collection) or isinstance(got, str | bytes):
            FRONTIER.fail("a list of names", kind(got), "the line with `return`")
        right = {name for name in points if not _beaten(points[name], points)}
        if len(got) != len(set(got)) or set(got) != right:
            FRONTIER.fail(
                f"{sorted(right)} of {_table(points)}",
                f"{sorted(map(str, got))!s:.80}",
                _look_at_frontier({str(one) for one in got}, right, points),
            )
    FRONTIER.passed("The rest need no discussion. Meetings get shorter, too.")


def _options(rng: Random, turn: int) -> dict[str, tuple[float, float]]:
    """Name -> (ms, share); every second round has ties, and one has a single option."""
    shares = [0.5, 0.6, 0.7, 0.8, 0.9]
    times = [100.0, 200.0, 300.0, 400.0] if turn % 2 else [rng.uniform(80, 900) for _ in range(9)]
    names = "abcdefg"[: 1 if turn == 4 else rng.randint(3, 7)]
    return {name: (round(rng.choice(times), 1), rng.choice(shares)) for name in names}


def _beaten(one: tuple[float, float], points: Mapping[str, tuple[float, float]]) -> bool:
    return any(
        ms <= one[0] and share >= one[1] and (ms, share) != one for ms, share in points.values()
    )


def _look_at_frontier(
    got: set[str], right: set[str], points: Mapping[str, tuple[float, float]]
) -> str:
    if not got <= set(points):
        return "names, the keys of `points`"
    if extra := sorted(got - right):
        ms_, share = points[extra[0]]
        by = next(n for n, p in points.items() if _beaten((ms_, share), {n: p}))
        return (
            f"{extra[0]}: {by} is no slower and no less often right, and better in one of the two"
        )
    return f"{sorted(right - got)[0]}: nobody beats it; equal twins do not beat each other"


def _table(points: Mapping[str, tuple[float, float]]) -> str:
    return ", ".join(f"{name} ({ms_:.0f} ms, {share:.1f})" for name, (ms_, share) in points.items())
