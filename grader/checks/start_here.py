"""The check of lab 00: reading a stream of timestamped events."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import MS, Exercise, check, close, score
from grader.exercise.randomness import fresh_rng
from harness.assistant import Answer, Done, Token

ROUNDS = 20  # fresh streams per check: enough to meet every trap, far below a second

TIMINGS = Exercise("00", 1, "timings")


@check
def timings(function: Callable[[list], tuple[float, float]], out_of: float) -> float:
    """Check TTFT (4/7 of the points) and end-to-end (3/7) on synthetic event lists."""
    limits, streams = CallLimits(TIMINGS), [_stream(fresh_rng()) for _ in range(ROUNDS)]

    def first_token() -> None:
        for events, ttft, end in streams:
            got = TIMINGS.finite(_pair(limits, events, function)[0], "TTFT")
            where = f"for TTFT in {_sketch(events)}"
            TIMINGS.expect(got, ttft, where, _look_at_ttft, events, end, unit=MS)

    def end_to_end() -> None:
        look = "the time beside `Done`, which is the last event of every stream"
        for events, _, end in streams:
            got = TIMINGS.finite(_pair(limits, events, function)[1], "end-to-end")
            TIMINGS.expect(got, end, f"for end-to-end in {_sketch(events)}", look, unit=MS)

    points = score(out_of, (4 / 7, first_token), (3 / 7, end_to_end))
    if points == out_of:
        TIMINGS.passed("From now on, say with every latency whether it is TTFT or end-to-end.")
    return points


def _stream(rng: Random) -> tuple[list, float, float]:
    """Return timestamped events with their TTFT and end-to-end in ms; the first tokens may be empty."""
    at = rng.uniform(50, 3000)
    events = [(at, Token(""))] * rng.choice((0, 1, 1, 2))
    ttft = at = at + rng.uniform(5, 50)
    for word in ("Hold", " the", " button")[: rng.randint(1, 3)]:
        events.append((at, Token(word)))
        at += rng.uniform(5, 50)
    end = at + rng.uniform(1, 100)
    return [*events, (end, Done(Answer("Hold the button")))], ttft, end


def _pair(limits: CallLimits, events: list, function: Callable) -> tuple[object, object]:
    got = limits.call(function, events)
    return TIMINGS.returned(got, tuple | list, "two numbers: (ttft_ms, end_to_end_ms)", n=2)


def _sketch(events: list) -> str:
    """Return the events as short text: "[812.0 Token(''), 830.2 Token('Hold'), 899.1 Done]"."""
    parts = [
        f"{at:.1f} {'Done' if isinstance(e, Done) else f'Token({e.text!r})'}" for at, e in events
    ]
    return f"[{', '.join(parts)}]"


def _look_at_ttft(got: float, events: list, end: float) -> str:
    if close(got, events[0][0]):
        return "the first event: an empty Token shows the user nothing, so the wait goes on"
    if close(got, end):
        return "the order of the two numbers, or a loop that goes on after the first text"
    return "the time beside the first Token whose text is not empty"
