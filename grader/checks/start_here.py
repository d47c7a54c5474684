"""The checks of lab 00: reading a stream of timestamped events."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from grader.exercise.exercise import Exercise, check, close, kind, ms, score
from grader.exercise.randomness import fresh_rng
from harness.assistant import Answer, Done, Token

ROUNDS = 20  # fresh streams per check: enough to meet every trap, far below a second

TIMINGS = Exercise("00", 1, "timings")


@check
def timings(function: Callable[[list], tuple[float, float]], out_of: float) -> float:
    """Four sevenths of the points for TTFT, three for end-to-end, of made-up event lists."""
    streams = [_stream(fresh_rng()) for _ in range(ROUNDS)]

    def first_token() -> None:
        for events, ttft, end in streams:
            got = TIMINGS.finite(_pair(events, function)[0], "TTFT")
            if not close(got, ttft):
                TIMINGS.fail(
                    f"TTFT {ms(ttft)} in {_sketch(events)}",
                    ms(got),
                    _look_at_ttft(got, events, end),
                )

    def end_to_end() -> None:
        for events, _, end in streams:
            got = TIMINGS.finite(_pair(events, function)[1], "end-to-end")
            if not close(got, end):
                look = "the time beside `Done`, which is the last event of every stream"
                TIMINGS.fail(f"end-to-end {ms(end)} in {_sketch(events)}", ms(got), look)

    points = score(out_of, (4 / 7, first_token), (3 / 7, end_to_end))
    if points == out_of:
        TIMINGS.passed(
            "From now on no number of yours has to travel without saying which one it is."
        )
    return points


def _stream(rng: Random) -> tuple[list, float, float]:
    """Timestamped events, their TTFT and end-to-end in ms; the first tokens may be empty."""
    at = rng.uniform(50, 3000)
    events = [(at, Token(""))] * rng.choice((0, 1, 1, 2))
    ttft = at = at + rng.uniform(5, 50)
    for word in ("Hold", " the", " button")[: rng.randint(1, 3)]:
        events.append((at, Token(word)))
        at += rng.uniform(5, 50)
    end = at + rng.uniform(1, 100)
    return [*events, (end, Done(Answer("Hold the button")))], ttft, end


def _pair(events: list, function: Callable) -> tuple[object, object]:
    got = TIMINGS.call(function, events)
    if not isinstance(got, tuple | list) or len(got) != 2:
        TIMINGS.fail("two numbers: (ttft_ms, end_to_end_ms)", kind(got), "the line with `return`")
    return got[0], got[1]


def _sketch(events: list) -> str:
    """The events as a learner would draw them: "[812 Token(''), 830 Token('Hold'), 899 Done]"."""
    parts = [
        f"{at:.1f} {'Done' if isinstance(e, Done) else f'Token({e.text!r})'}" for at, e in events
    ]
    return f"[{', '.join(parts)}]"


def _look_at_ttft(got: float, events: list, end: float) -> str:
    if close(got, events[0][0]):
        return "the first event: an empty Token shows the user nothing, so the wait goes on"
    if close(got, end):
        return "the order of the two numbers, or a loop that runs on after the first text"
    return "the time beside the first Token whose text is not empty"
