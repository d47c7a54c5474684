"""The checks of lab 03, first half: when an answer stops, its latency, and the Pareto frontier."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import MS, Exercise, check, hint, kind
from grader.exercise.observed_stream import WORDS, ObservedStream, read_stream
from grader.exercise.randomness import asked, fresh_rng

ROUNDS = 40  # fresh inputs per check

# How a sentence ends is drawn, so that only `ended` can tell.
MARKS, LAST_WORDS = (".", "!", "?", ";"), ("hours", "days", "watts", "metres")

TIMES_ADDED = "prompt tokens / prefill speed, then (answer tokens - 1) / decode speed, in ms"
EACH_PIECE = "pass each piece on, add it to the text, then call `ended` and count"

STOP = Exercise("03", 1, "until_done")
PRICE = Exercise("03", 2, "answer_ms")
FRONTIER = Exercise("03", 3, "frontier")


# ---- exercise 1: when to stop -------------------------------------------------------------------------


@check
def until_done(function: Callable[[Iterator[str], Callable[[str], bool], int], Iterator]) -> None:
    """Check for the pieces up to the end of the sentence or the limit, with none read in vain."""
    limits, rng = CallLimits(STOP), fresh_rng()
    for turn in range(ROUNDS):
        mark, last = rng.choice(MARKS), rng.choice(LAST_WORDS)
        pieces, length, most = _speech(rng, turn, last, mark)
        source = ObservedStream(pieces)
        seen = read_stream(limits, "pieces", function, source, partial(_complete, mark), most)
        _judge_stop(seen, source, pieces, length, most)
    STOP.passed("Half of the speed-ups in this course are a model that is told to be quiet.")


def _complete(mark: str, text: str) -> bool:
    """Return True if the text ends with `mark`, not with a decimal point, and no bracket is open."""
    closed = text.count("(") == text.count(")")
    return closed and text.endswith(mark) and not text[:-1].endswith(tuple("0123456789"))


def _speech(rng: Random, turn: int, last: str, mark: str) -> tuple[list[str], int, int]:
    """Return pieces of two sentences, the number of pieces in the first, and a limit.

    In turn: the sentence ends first, the limit comes first, both at once, and a text that ends by itself.
    The first sentence has a remark in brackets, which ends as a sentence does, and empty pieces.
    """
    words = [f"{rng.choice(WORDS[:5])} " for _ in range(rng.randint(2, 4))]
    first = [words[0], "7", ".", "5 ", "(", *words, "", last, mark, ") ", words[-1], "", last, mark]
    rest = [f" {rng.choice(WORDS[:5])}" for _ in range(rng.randint(4, 8))]
    length = len(first)
    if turn % 4 == 3:
        unended = [*first[:-1], *rest]
        return unended, len(unended), len(unended) + 5
    most = (length + 20, rng.randint(2, length - 2), length)[turn % 4]
    return [*first, *rest], length, most


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
            f"{len(wanted)} pieces of {_cut(pieces[: length + 1], 150)}, most = {most}",
            f"{len(got)} pieces: {_cut(got, 100)}",
            _look_at_stop(got, pieces, length, most),
        )
    for number, (n_read, _) in enumerate(seen, start=1):
        if n_read != number:
            STOP.fail(
                f"piece {number} passed on as soon as you have read it",
                f"{n_read} pieces were read by then",
                "a list, a join or a loop that runs before the first `yield`",
            )
    if source.n_read > len(wanted):
        STOP.fail(
            f"{len(wanted)} pieces read, as many as you pass on",
            f"{source.n_read}: the model generated a piece that you do not use",
            "when you stop: after a piece, not after reading the next one",
        )


def _look_at_stop(got: list[object], pieces: list[str], length: int, most: int) -> str:
    stop = min(length, most)
    whole, unread = pieces[:stop], pieces[len(got) : stop]
    if got and [*got, *unread] == whole and unread:
        return _look_at_early_stop(got, unread)
    if got == [piece for piece in whole if piece]:
        return "an empty piece: pass it on and count it as any other"
    if len(got) > stop and got == pieces[: len(got)]:
        if len(got) == stop + 1:
            return "one piece too many: stop after the last piece, before the loop reads another"
        if most < length:
            return "the limit: at most `most` pieces, even in the middle of a sentence"
        return (
            "`ended`: call it after each piece with all of the text so far, and stop if it is True"
        )
    return EACH_PIECE


def _look_at_early_stop(got: list[object], unread: list[str]) -> str:
    if "" in (got[-1], unread[0]) and got[-1] not in MARKS:
        return "an empty piece: it ends nothing, so pass it on and go on"
    if len(unread) == 1:
        return "the last piece: it belongs to the answer, so pass it on before you stop"
    if got[-1] in MARKS:
        return "what you pass to `ended`: all of the text so far, not the last piece alone"
    return EACH_PIECE


def _cut(pieces: list[object], width: int) -> str:
    text = str(pieces)
    return text if len(text) <= width else f"{text[: width - 1]}…"


# ---- exercise 2: the time of an answer -----------------------------------------------------------------


@check
def answer_ms(function: Callable[[int, int, float, float], float]) -> None:
    """Check prefill time, which gives the first token, plus one decode step for each further token."""
    limits, rng = CallLimits(PRICE), fresh_rng()
    for _ in range(ROUNDS):
        prompt, answer, prefill, decode = _telling(rng)
        got = PRICE.finite(limits.call(function, prompt, answer, prefill, decode), "the time")
        prefill_ms, step_ms = 1e3 * prompt / prefill, 1e3 / decode
        expected = prefill_ms + (answer - 1) * step_ms
        where = f"for {prompt} tokens at {prefill:.0f} a second, {answer} at {decode:.0f}"
        PRICE.expect(got, expected, where, _look_at_price, prefill_ms, step_ms, answer, unit=MS)
    PRICE.passed("Two speeds and two token counts explain most of an answer's time.")


def _telling(rng: Random) -> tuple[int, int, float, float]:
    """Return two counts and two speeds for which their products are near no other mistake."""
    while True:
        prompt, answer = rng.randint(60, 900), rng.randint(1, 90)
        prefill, decode = rng.uniform(200, 3000), rng.uniform(20, 250)
        products = (prompt * prefill + (answer - 1) * decode) / 1e3
        if _look_at_price(products, 1e3 * prompt / prefill, 1e3 / decode, answer) == TIMES_ADDED:
            return prompt, answer, prefill, decode


def _look_at_price(got: float, prefill_ms: float, step_ms: float, answer: int) -> str:
    decode_ms = (answer - 1) * step_ms
    if got == int(got) and abs(got - prefill_ms - decode_ms) < 1:
        return "the decimals: return the time without rounding it"
    mistakes = {
        "the first token: prefill gives it, so one decode step less": prefill_ms + answer * step_ms,
        "the unit: speeds are tokens a second, the result is in ms": (prefill_ms + decode_ms) / 1e3,
        "the second part: the decode steps follow the prefill": prefill_ms,
        "the first part: the prefill comes before the decode steps": decode_ms,
    }
    return hint(got, mistakes, TIMES_ADDED)


# ---- exercise 3: the Pareto frontier -------------------------------------------------------------------


@check
def frontier(function: Callable[[Mapping[str, tuple[float, float]]], Collection[str]]) -> None:
    """Check the options that no other beats: better in ms or share, and no worse in the other one."""
    limits, rng = CallLimits(FRONTIER), fresh_rng()
    cases = [*(_options(rng, turn) for turn in range(ROUNDS)), *_close(rng)]
    for points, got in asked(lambda case: limits.call(function, case), cases):
        FRONTIER.returned(got, Collection, "a list of names")
        if not all(isinstance(name, str) for name in got):
            look = "what you put into the list: the names"
            FRONTIER.fail("names of options", kind(list(got)), look)
        right = {name for name in points if not _beaten(points[name], points)}
        if len(got) != len(set(got)) or set(got) != right:
            FRONTIER.fail(
                f"{sorted(right)} of {_table(points)}",
                f"{sorted(map(str, got))!s:.80}",
                _look_at_frontier([str(name) for name in got], right, points),
            )
    FRONTIER.passed("Whatever is not on the frontier needs no discussion.")


def _close(rng: Random) -> list[dict[str, tuple[float, float]]]:
    """Return options that are equal after rounding, others without any right answer, and equal ones."""
    ms, share = rng.randint(100, 300), rng.choice((0.5, 0.6, 0.7))
    near = [
        (ms + 0.4, share),
        (ms + 0.2, share),
        (ms + 90.0, share + 0.04),
        (ms + 95.0, share + 0.02),
    ]
    return [
        dict(zip("abcd", rng.sample(near, 4), strict=True)),
        {"a": (ms + 50.0, share), "b": (float(ms), 0.0)},
        {"a": (float(ms), 0.0), "b": (ms + 50.0, 0.0)},
        {"a": (float(ms), share), "b": (float(ms), share)},
    ]


def _options(rng: Random, turn: int) -> dict[str, tuple[float, float]]:
    """Return name -> (ms, share); every second round has ties, and one has a single option.

    The times are whole, so that only `_close` tells who rounds them, with the same message in every run.
    """
    shares = [0.5, 0.6, 0.7, 0.8, 0.9]
    times = [100, 200, 300, 400] if turn % 2 else rng.sample(range(80, 900), 9)
    names = "abcdefg"[: 1 if turn == 4 else rng.randint(3, 7)]
    return {name: (float(rng.choice(times)), rng.choice(shares)) for name in names}


def _beaten(point: tuple[float, float], points: Mapping[str, tuple[float, float]]) -> bool:
    others = [other for other in points.values() if other != point]
    return any(ms <= point[0] and share >= point[1] for ms, share in others)


def _look_at_frontier(
    names: list[str], right: set[str], points: Mapping[str, tuple[float, float]]
) -> str:
    got = set(names)
    if not got <= set(points):
        return "names, the keys of `points`"
    if got == right:
        return "a name that you return twice: each name belongs there once"
    if extra := sorted(got - right):
        better = next(n for n, p in points.items() if _beaten(points[extra[0]], {n: p}))
        return f"{extra[0]}: {better} is no slower and no less often right, and better in one of the two"
    return f"{sorted(right - got)[0]}: no other option beats it; equal ones do not beat each other"


def _table(points: Mapping[str, tuple[float, float]]) -> str:
    return ", ".join(f"{name} ({ms:.1f} ms, {share:.2f})" for name, (ms, share) in points.items())
