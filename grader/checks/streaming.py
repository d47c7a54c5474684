"""The checks of lab 02: a generator that streams, three latencies, and a client that leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from itertools import pairwise
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import MS, Exercise, check, close, kind, score
from grader.exercise.observed_stream import WORDS, ObservedStream, read_stream
from grader.exercise.randomness import fresh_rng
from harness.assistant import Answer, Done, Token

ROUNDS = 30  # fresh inputs per check

STREAM = Exercise("02", 1, "stream")
TIMES = Exercise("02", 4, "times")
DELIVER = Exercise("02", 5, "deliver")
# What `send` may raise when the client has left, depending on who closed the connection.
LEFT = (BrokenPipeError, ConnectionResetError, ConnectionAbortedError)


# ---- exercise 1: the generator ------------------------------------------------------------------------


@check
def stream(function: Callable[[Iterator[str], Callable[[str], Answer]], Iterator]) -> None:
    """Check for a Token per piece with text, at once, then one Done with finish(the whole text)."""
    limits, rng = CallLimits(STREAM), fresh_rng()
    for _ in range(ROUNDS):
        pieces = _pieces(rng)
        seen = read_stream(limits, "events", function, ObservedStream(pieces), Answer)
        _judge_tokens(seen, pieces)
        _judge_end(seen, "".join(pieces))
    STREAM.passed("The first word leaves while the second is still being thought of.")


def _pieces(rng: Random) -> list[str]:
    """Return four to twelve pieces of text, some of them empty, as a model produces them."""
    words = [f"{rng.choice(WORDS)} " for _ in range(rng.randint(3, 9))]
    for _ in range(rng.randint(1, 3)):
        words.insert(rng.randint(0, len(words)), "")
    return words


def _judge_tokens(seen: list[tuple[int, object]], pieces: list[str]) -> None:
    for _, event in seen:
        if not isinstance(event, Token | Done):
            STREAM.fail("Token(piece), then Done(answer)", kind(event), "what you yield")
    shown = [(n_read, event.text) for n_read, event in seen if isinstance(event, Token)]
    texts, wanted = [text for _, text in shown], [piece for piece in pieces if piece]
    STREAM.expect(texts, wanted, "as the texts of your Tokens", _look_at_texts, pieces)
    due = [place for place, piece in enumerate(pieces, start=1) if piece]
    for number, ((n_read, text), at) in enumerate(zip(shown, due, strict=True), start=1):
        if n_read != at:
            STREAM.fail(
                f"Token {number}, {text!r}, as soon as you have read piece {at}",
                f"{n_read} of {len(pieces)} pieces were read by then",
                "a list, a join or a loop that runs before the first `yield`",
            )


def _look_at_texts(texts: list[str], pieces: list[str]) -> str:
    if texts == pieces:
        return "the empty pieces: they show the user nothing, so yield no Token for them"
    if texts == ["".join(pieces)]:
        return "the loop: one Token for each piece, not one for all of them"
    return "one Token for each piece that is not empty, in order, with its text unchanged"


def _judge_end(seen: list[tuple[int, object]], text: str) -> None:
    ends = [place for place, (_, event) in enumerate(seen) if isinstance(event, Done)]
    if ends != [len(seen) - 1]:
        got = f"{len(ends)} Done in {len(seen)} events"
        STREAM.fail("one Done, as the last event", got, "after the loop: yield Done(finish(text))")
    look = "the text that you pass to `finish`: all pieces, joined, nothing between or stripped"
    answer = seen[-1][1].answer
    if answer != Answer(text):
        STREAM.fail(f"Done with finish({text!r:.60})", kind(answer), look)


# ---- exercise 4: the clock ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """Timestamped events with the three right answers, computed while the events were made."""

    events: list[tuple[float, object]]
    ttft_ms: float
    gaps_ms: list[float]
    e2e_ms: float


@check
def times(function: Callable[[list], tuple], out_of: float) -> float:
    """Check TTFT (2/5 of the points), the gaps (2/5) and end-to-end (1/5)."""
    limits, streams = CallLimits(TIMES), [_known(fresh_rng()) for _ in range(ROUNDS)]

    def ttft() -> None:
        for known in streams:
            got = TIMES.finite(_three(limits, function, known)[0], "TTFT")
            where = f"for TTFT in {_sketch(known)}"
            TIMES.expect(got, known.ttft_ms, where, _look_at_ttft, known, unit=MS)

    def gaps() -> None:
        for known in streams:
            got, wanted = _gaps(_three(limits, function, known)[1]), known.gaps_ms
            if len(got) != len(wanted) or not all(map(close, got, wanted)):
                expected = f"gaps {_list(wanted)} in {_sketch(known)}"
                TIMES.fail(expected, _list(got), _look_at_gaps(got, known))

    def end_to_end() -> None:
        look = "the time beside `Done`: post-processing is part of the wait"
        for known in streams:
            got = TIMES.finite(_three(limits, function, known)[2], "end-to-end")
            TIMES.expect(got, known.e2e_ms, f"for end-to-end in {_sketch(known)}", look, unit=MS)

    points = score(out_of, (0.4, ttft), (0.4, gaps), (0.2, end_to_end))
    if points == out_of:
        TIMES.passed("Say which of the three you mean, and most arguments about latency end.")
    return points


def _known(rng: Random) -> Known:
    """Return a stream of a tuned model: a pointer may come first, and empty pieces in between."""
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
    return TIMES.returned(got, tuple | list, "three things: (ttft_ms, gaps_ms, e2e_ms)", n=3)


def _gaps(got: object) -> list[float]:
    look = "the second thing that you return"
    gaps = TIMES.returned(got, Sequence, "a list of gaps in ms", look=look)
    return [TIMES.finite(gap, "each gap") for gap in gaps]


def _sketch(known: Known) -> str:
    """Return the events as short text: "[812 '', 830 'Hold ', 899 Done]"."""
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
        return "the first gap: waiting for the first piece is TTFT, not a gap"
    if len(got) == len(known.gaps_ms) + 1:
        return "the last gap: Done shows no text; or a piece before the first that counts"
    if len(got) > len(known.gaps_ms):
        return "pieces that show nothing: those before the answer begins, and empty ones later"
    return "the differences between consecutive pieces that show text of the answer"


# ---- exercise 5: leaving ------------------------------------------------------------------------------


@check
def deliver(function: Callable[[Iterator[str], Callable[[str], None]], int]) -> None:
    """Check that no more pieces are read once the client has left, and that the source is closed."""
    limits, rng = CallLimits(DELIVER), fresh_rng()
    for turn in range(ROUNDS):
        pieces = [f"{rng.choice(WORDS)} " for _ in range(rng.randint(3, 12))]
        leaves_after = rng.choice((rng.randrange(len(pieces)), None))
        source, client = ObservedStream(pieces), _Client(leaves_after, LEFT[turn % len(LEFT)])
        got = DELIVER.finite(limits.call(function, source, client), "the pieces that arrived")
        _judge_work(source, client, pieces)
        arrived = len(client.received)
        if got != arrived:
            DELIVER.fail(
                f"{arrived}, as many as arrived", f"{got:g}", "when you count: after `send` returns"
            )
    _judge_other_errors(limits, function)
    DELIVER.passed("Nobody writes a novel for an empty chair.")


class _Client:
    """A client that receives `leaves_after` pieces (None: all of them), then raises a `left`."""

    def __init__(self, leaves_after: int | None, left: type[Exception] = BrokenPipeError) -> None:
        self.leaves_after, self.left = leaves_after, left
        self.received: list[str] = []

    def __call__(self, piece: str) -> None:
        if len(self.received) == self.leaves_after:
            raise self.left("the client has closed the connection")
        self.received.append(piece)

    def __deepcopy__(self, memo: dict) -> _Client:
        return self


def _judge_work(source: ObservedStream, client: _Client, pieces: list[str]) -> None:
    stays = client.leaves_after is None
    arrived = pieces if stays else pieces[: client.leaves_after]
    DELIVER.expect(client.received, arrived, "sent, in order", "send(piece) for each piece at once")
    if not stays and source.n_read > client.leaves_after + 1:
        DELIVER.fail(
            f"no work after the client has left: at most {client.leaves_after + 1} pieces read",
            f"{source.n_read} of {len(pieces)} read",
            "`except` inside the loop lets it go on; around the loop, it ends it",
        )
    if not stays and not source.closed:
        DELIVER.fail(
            "pieces.close() when the client has left",
            "a source that is still open, so the model would go on generating",
            "a `finally`: leaving the loop does not stop the source",
        )


def _judge_other_errors(limits: CallLimits, function: Callable) -> None:
    """Check that an error which is not a client leaving reaches the caller, with the source closed."""
    source, client = ObservedStream(["Yes ", "it "]), _Client(1, ValueError)

    @wraps(function)
    def raises(*arguments: object) -> bool:
        try:
            function(*arguments)
        except ValueError:
            return True
        return False

    if not limits.call(raises, source, client):
        DELIVER.fail(
            "a ValueError from `send` that reaches the caller: it is a bug, and no client has left",
            "an error that nobody hears of",
            "`except` without a class, or with a wide one: catch ConnectionError alone",
        )
    if not source.closed:
        look = "`finally`: it closes the source whatever happens"
        DELIVER.fail("pieces.close() after any other error, too", "a source still open", look)
