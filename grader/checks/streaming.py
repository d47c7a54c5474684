"""The checks of lab 02: a stream that flows, three times that have names, and work that stops in time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, close, kind, ms, score
from grader.exercise.observed_stream import MOST_EVENTS, WORDS, ObservedStream
from grader.exercise.randomness import fresh_rng
from harness.assistant import Answer, Done, Token

ROUNDS = 30  # fresh inputs per check

STREAM = Exercise("02", 1, "stream")
TIMES = Exercise("02", 4, "times")
DELIVER = Exercise("02", 5, "deliver")


# ---- exercise 1: the generator ------------------------------------------------------------------------


@check
def stream(function: Callable[[Iterator[str], Callable[[str], Answer]], Iterator]) -> None:
    """A Token for each piece with text, at once; then one Done with what `finish` made of the whole."""
    limits, rng = CallLimits(STREAM), fresh_rng()
    for _ in range(ROUNDS):
        pieces = _pieces(rng)
        source = ObservedStream(pieces)
        seen = limits.call(
            function, source, Answer, then=lambda events, of=source: _read(events, of)
        )
        _judge_tokens(seen, pieces)
        _judge_end(seen, "".join(pieces))
    STREAM.passed("The first word leaves while the second is still being thought of.")


def _pieces(rng: Random) -> list[str]:
    """Three to twelve pieces of text, some of them empty, as a model produces them."""
    words = [f"{rng.choice(WORDS)} " for _ in range(rng.randint(3, 9))]
    for _ in range(rng.randint(1, 3)):
        words.insert(rng.randint(0, len(words)), "")
    return words


def _read(events: object, source: ObservedStream) -> list[tuple[int, object]]:
    """(pieces made so far, event) for each event, in the moment it comes."""
    if not isinstance(events, Iterable) or isinstance(events, str):
        STREAM.fail("a generator of events", kind(events), "`yield`: a function with one makes one")
    seen = []
    for event in events:
        seen.append((source.n_read, event))
        if len(seen) > MOST_EVENTS:
            STREAM.fail("a stream that ends", f"over {MOST_EVENTS:,} events", "the loop")
    return seen


def _judge_tokens(seen: list[tuple[int, object]], pieces: list[str]) -> None:
    for _, event in seen:
        if not isinstance(event, Token | Done):
            STREAM.fail("Token(piece), then Done(answer)", kind(event), "what is yielded")
    shown = [(n_read, event.text) for n_read, event in seen if isinstance(event, Token)]
    texts, wanted = [text for _, text in shown], [piece for piece in pieces if piece]
    if texts != wanted:
        STREAM.fail(f"Tokens {wanted}", f"{texts!s:.120}", _look_at_texts(texts, pieces))
    due = [place for place, piece in enumerate(pieces, start=1) if piece]
    for number, ((n_read, text), at) in enumerate(zip(shown, due, strict=True), start=1):
        if n_read != at:
            STREAM.fail(
                f"Token {number}, {text!r}, as soon as piece {at} is made",
                f"{n_read} of {len(pieces)} pieces were made by then",
                "a list, a join or a loop that runs before the first `yield`",
            )


def _look_at_texts(texts: list[str], pieces: list[str]) -> str:
    if texts == pieces:
        return "the empty pieces: they show the user nothing, so no Token"
    if texts == ["".join(pieces)]:
        return "the loop: one Token for each piece, not one for all of them"
    return "one Token for each piece that is not empty, in order, its text as it came"


def _judge_end(seen: list[tuple[int, object]], text: str) -> None:
    ends = [place for place, (_, event) in enumerate(seen) if isinstance(event, Done)]
    if ends != [len(seen) - 1]:
        STREAM.fail(
            "one Done, as the last event",
            f"{len(ends)} of them in {len(seen)} events",
            "after the loop: yield Done(finish(text))",
        )
    answer = seen[-1][1].answer
    if answer != Answer(text):
        STREAM.fail(
            f"Done with finish({text!r:.60})",
            kind(answer),
            "the text that `finish` gets: all pieces, joined, nothing between or stripped",
        )


# ---- exercise 4: the clock ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """Timestamped events with the three answers, computed while they were made."""

    events: list[tuple[float, object]]
    ttft_ms: float
    gaps_ms: list[float]
    e2e_ms: float


@check
def times(function: Callable[[list], tuple], out_of: float) -> float:
    """Two fifths of the points for TTFT, two for the gaps, one for end-to-end."""
    limits, streams = CallLimits(TIMES), [_known(fresh_rng()) for _ in range(ROUNDS)]

    def ttft() -> None:
        for known in streams:
            got = TIMES.finite(_three(limits, function, known)[0], "TTFT")
            if not close(got, known.ttft_ms):
                TIMES.fail(
                    f"TTFT {ms(known.ttft_ms)} in {_sketch(known)}",
                    ms(got),
                    _look_at_ttft(got, known),
                )

    def gaps() -> None:
        for known in streams:
            got = _gaps(_three(limits, function, known)[1])
            same = len(got) == len(known.gaps_ms)
            if not same or not all(map(close, got, known.gaps_ms)):
                TIMES.fail(
                    f"gaps {_list(known.gaps_ms)} in {_sketch(known)}",
                    _list(got),
                    _look_at_gaps(got, known),
                )

    def end_to_end() -> None:
        for known in streams:
            got = TIMES.finite(_three(limits, function, known)[2], "end-to-end")
            if not close(got, known.e2e_ms):
                TIMES.fail(
                    f"end-to-end {ms(known.e2e_ms)} in {_sketch(known)}",
                    ms(got),
                    "the time beside `Done`: post-processing is part of the wait",
                )

    points = score(out_of, (0.4, ttft), (0.4, gaps), (0.2, end_to_end))
    if points == out_of:
        TIMES.passed("Three numbers, three names. Most arguments about latency end here.")
    return points


def _known(rng: Random) -> Known:
    """A stream as a tuned model gives it: perhaps a pointer first, perhaps an empty piece in between."""
    at, events, shown = rng.uniform(50, 900), [], []
    for text in rng.choice(([], [""], [" "], ["[", "2", "] "], ["[1] "], ["", " ", "[3", "]"])):
        events.append((at, Token(text)))
        at += rng.uniform(5, 60)
    for place in range(rng.randint(1, 4)):
        if place and rng.random() < 0.3:
            events.append((at, Token("")))
            at += rng.uniform(5, 60)
        events.append((at, Token(f"{rng.choice(WORDS)} ")))
        shown.append(at)
        at += rng.uniform(5, 60)
    end = at + rng.uniform(20, 90)
    gaps = [later - sooner for sooner, later in pairwise(shown)]
    return Known([*events, (end, Done(Answer("the whole text")))], shown[0], gaps, end)


def _three(limits: CallLimits, function: Callable, known: Known) -> Sequence:
    got = limits.call(function, known.events)
    if not isinstance(got, tuple | list) or len(got) != 3:
        TIMES.fail("three things: (ttft_ms, gaps_ms, e2e_ms)", kind(got), "the line with `return`")
    return got


def _gaps(got: object) -> list[float]:
    if not isinstance(got, Sequence) or isinstance(got, str):
        TIMES.fail("a list of gaps in ms", kind(got), "the second thing that is returned")
    return [TIMES.finite(one, "each gap") for one in got]


def _sketch(known: Known) -> str:
    """The events as a learner would draw them: "[812 '', 830 'Hold ', 899 Done]"."""
    parts = [
        f"{at:.0f} {'Done' if isinstance(e, Done) else repr(e.text)}" for at, e in known.events
    ]
    return f"[{', '.join(parts)}]"


def _list(values: Sequence[float]) -> str:
    return f"[{', '.join(f'{value:.1f}' for value in values[:12])}] ms"


def _look_at_ttft(got: float, known: Known) -> str:
    tokens = [(at, event.text) for at, event in known.events if isinstance(event, Token)]
    if close(got, tokens[0][0]) or any(close(got, at) for at, text in tokens if text.strip() == ""):
        return "empty pieces and white space: the user sees nothing yet"
    if any(close(got, at) for at, text in tokens if at < known.ttft_ms):
        return "the pointer: `visible` of all text so far is empty until the answer itself begins"
    return "the time of the piece with which `visible(text so far)` stops being empty"


def _look_at_gaps(got: list[float], known: Known) -> str:
    if got and close(got[0], known.ttft_ms):
        return "the first gap: waiting for the first piece is TTFT and no gap"
    if len(got) == len(known.gaps_ms) + 1:
        return "the last gap: Done shows no text; or a piece before the first that counts"
    if len(got) > len(known.gaps_ms):
        return "pieces that show nothing: before the answer begins, and empty ones in between"
    return "the differences between neighbours of those pieces that show text of the answer"


# ---- exercise 5: leaving ------------------------------------------------------------------------------


@check
def deliver(function: Callable[[Iterator[str], Callable[[str], None]], int]) -> None:
    """A client that leaves after some pieces: nothing more is made, and the source is closed."""
    limits, rng = CallLimits(DELIVER), fresh_rng()
    for _ in range(ROUNDS):
        pieces = [f"{rng.choice(WORDS)} " for _ in range(rng.randint(3, 12))]
        source, client = (
            ObservedStream(pieces),
            _Client(rng.choice((rng.randrange(len(pieces)), None))),
        )
        got = DELIVER.finite(limits.call(function, source, client), "the pieces that arrived")
        _judge_work(source, client, pieces)
        if got != len(client.received):
            DELIVER.fail(
                f"{len(client.received)}, as many as arrived",
                f"{got:g}",
                "when to count: after `send` has returned",
            )
    DELIVER.passed("Nobody writes a novel for an empty chair.")


class _Client:
    """Takes pieces until it has had `leaves_after` of them (None: all), then the connection is gone."""

    def __init__(self, leaves_after: int | None) -> None:
        self.leaves_after = leaves_after
        self.received: list[str] = []

    def __call__(self, piece: str) -> None:
        if len(self.received) == self.leaves_after:
            raise BrokenPipeError("the client has closed the connection")
        self.received.append(piece)

    def __deepcopy__(self, memo: dict) -> _Client:
        return self


def _judge_work(source: ObservedStream, client: _Client, pieces: list[str]) -> None:
    stays = client.leaves_after is None
    arrived = pieces if stays else pieces[: client.leaves_after]
    if client.received != arrived:
        DELIVER.fail(
            f"{len(arrived)} pieces sent, in order: {arrived!s:.70}",
            f"{client.received!s:.70}",
            "send(piece) for each piece as it comes",
        )
    if not stays and source.n_read > client.leaves_after + 1:
        DELIVER.fail(
            f"no work after the client has left: {client.leaves_after + 1} pieces made",
            f"{source.n_read} of {len(pieces)} made",
            "`except` inside the loop goes on with it; around the loop it ends it",
        )
    if not stays and not source.closed:
        DELIVER.fail(
            "pieces.close() when the client has left",
            "a source that is still open, and a model that is still in the middle of a word",
            "a `finally`: leaving the loop does not stop who feeds it",
        )
