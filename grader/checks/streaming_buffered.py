"""The check of lab 02 for a stream that is read ahead: bounded, complete, and over when its reader leaves."""

from __future__ import annotations

from concurrent.futures import Future
from random import Random

from grader.checks.streaming_producer import ERRORS
from grader.checks.streaming_reader import (
    BUFFERED,
    END,
    LIMIT_S,
    WAIT_S,
    Function,
    GatedStream,
    Reader,
    Trial,
)
from grader.exercise.background import STILL_WAITING, outcome
from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import check, kind
from grader.exercise.observed_stream import WORDS
from grader.exercise.randomness import fresh_rng

HOLE = "a full buffer: the thread waits for room; a piece left out is a hole in the answer"
SETTLE_S = 0.15  # for what must not happen; code that does it needs a thousandth of that


@check
def buffered(function: Function) -> None:
    """Check the pieces, the bound, errors, and that leaving stops the thread, full buffer or not."""
    trial, rng = Trial(CallLimits(BUFFERED, left_s=LIMIT_S), function), fresh_rng()
    for scenario in (_bound, _whole, _full_at_the_end, _two, _error, _leave_early, _leave_full):
        for _ in range(2):
            scenario(trial, rng)
    BUFFERED.passed("The model works ahead, never far, and stops when nobody reads.")


def _piece(reader: Reader, number: int) -> str:
    """Return the next piece, which has this number. Fails if there is none."""
    got = reader.take()
    if isinstance(got, Exception):
        raise got  # of the learner's code, which `Exercise.call` reports
    if got is STILL_WAITING or got is END:
        BUFFERED.fail(
            f"piece {number}",
            "a reader that waits for ever" if got is STILL_WAITING else "the end",
            "the thread: is it started, and does it put what it reads where the reader looks?",
        )
    return got


def _pieces(rng: Random, n: int) -> list[str]:
    """Return n different pieces, the third of them empty."""
    return [f"{rng.choice(WORDS)} {number}" if number != 2 else "" for number in range(n)]


def _error(trial: Trial, rng: Random) -> None:
    """Let the model fail while pieces wait: in a buffer with room for the error, and in a full one."""
    most = rng.randint(2, 4)
    for n in (2, most + 1):
        _judge_error(trial, most, _pieces(rng, n), rng)


def _judge_error(trial: Trial, most: int, pieces: list[str], rng: Random) -> None:
    error = rng.choice(ERRORS)(f"the model failed at step {rng.randrange(1000)}")
    source = GatedStream(pieces, error)

    def use(reader: Reader) -> None:
        got = reader.pieces(1)
        source.until(lambda: source.ended, SETTLE_S)
        got += reader.pieces()
        last = reader.last
        if not isinstance(last, Exception):
            said = "a reader that waits for ever" if last is STILL_WAITING else "a normal end"
            look = "an error ends its thread alone: catch it there, hand it over, raise it in the reader"
            BUFFERED.fail(f"{error!r} raised in the reader", said, look)
        if type(last) is not type(error) or error.args[0] not in str(last):
            look = "the error itself: raise the object that the thread caught"
            BUFFERED.fail(f"{error!r} raised in the reader", repr(last), look)
        look = "the order: the pieces that came before the error are read before it"
        BUFFERED.expect(got, pieces, "before the error", look)

    trial.read(use, most, source)


def _whole(trial: Trial, rng: Random) -> None:
    """Read a stream as fast as possible, to its end."""
    pieces = _pieces(rng, rng.randint(4, 12))
    most = rng.randint(1, 4)
    trial.read(lambda reader: _judge_rest(reader, [], pieces), most, GatedStream(pieces))


def _judge_rest(reader: Reader, got: list[object], pieces: list[str]) -> None:
    """Read to the end and compare."""
    got += reader.pieces()
    if isinstance(reader.last, Exception):
        raise reader.last
    BUFFERED.expect(got, pieces, "read", _look_at_pieces, pieces)
    if reader.last is STILL_WAITING:
        look = "the end: the thread hands over a mark for it and waits for room, as for a piece"
        BUFFERED.fail("the end after the last piece", "a reader that waits for ever", look)


def _look_at_pieces(got: list[object], pieces: list[str]) -> str:
    if got == pieces[: len(got)] and pieces[len(got) :][:1] == [""]:
        return "an empty piece: it is no end; the end needs a mark that no piece equals"
    if got == [piece for piece in pieces if piece]:
        return "the empty piece: it is one, too"
    if got == pieces[: len(got)]:
        return "the end: the last pieces still wait when the model is done; read them first"
    known = [pieces.index(piece) for piece in got if piece in pieces]
    return HOLE if known == sorted(known) else "the order: first in, first out"


def _bound(trial: Trial, rng: Random) -> None:
    """Read slowly, and count how far the thread is ahead."""
    most = rng.randint(2, 4)
    pieces = _pieces(rng, 4 * most + 8)
    source = GatedStream(pieces)

    def use(reader: Reader) -> None:
        got: list[object] = []
        for taken in (1, 2):
            got.append(_piece(reader, taken))
            _judge_bound(reader, source, taken, most)
        _judge_rest(reader, got, pieces)

    trial.read(use, most, source)


def _judge_bound(reader: Reader, source: GatedStream, taken: int, most: int) -> None:
    far = taken + most + 1
    if not source.until(lambda: source.n_read >= taken + most - 1, WAIT_S):
        BUFFERED.fail(
            f"pieces read ahead while the reader is busy: up to {most} wait",
            f"{source.n_read} read when {taken} are taken",
            "the thread and the buffer: both go on while the reader does something else",
        )
    if source.until(lambda: source.n_read > far, SETTLE_S):
        source.until(lambda: source.ended, SETTLE_S)
        kept = taken + len(reader.pieces())
        BUFFERED.fail(
            f"at most {far} pieces read when {taken} are taken: {most} wait, the thread holds one",
            f"{source.n_read} read, of which the reader gets {kept}",
            HOLE if kept < source.n_read else "the buffer's limit: it is `most`, for each stream",
        )


def _full_at_the_end(trial: Trial, rng: Random) -> None:
    """Let the model end while the buffer is full."""
    most = rng.randint(2, 4)
    pieces = _pieces(rng, most + 1)
    source = GatedStream(pieces)

    def use(reader: Reader) -> None:
        got = [_piece(reader, 1)]
        source.until(lambda: source.ended, SETTLE_S)
        _judge_rest(reader, got, pieces)

    trial.read(use, most, source)


def _two(trial: Trial, rng: Random) -> None:
    """Read two streams in turn."""
    first, second = ([f"{name} {n}" for n in range(4)] for name in rng.sample(WORDS, 2))

    def in_turn(one: Reader, other: Reader) -> None:
        got = [reader.take() for _ in first for reader in (one, other)]
        look = "names outside your function: each stream needs a buffer and a thread of its own"
        BUFFERED.expect(got[::2], first, "read from one stream, beside another", look)
        BUFFERED.expect(got[1::2], second, "read from one stream, beside another", look)

    trial.read(in_turn, 2, GatedStream(first), GatedStream(second))


def _leave_early(trial: Trial, rng: Random) -> None:
    """Leave while the model is at work and nothing waits; then let it make two pieces, one by one."""
    taken, most = rng.randint(1, 3), rng.randint(3, 5)
    source = GatedStream(_pieces(rng, 20), gate=taken)

    def use(reader: Reader) -> None:
        for number in range(taken):
            _piece(reader, number + 1)
        source.until(lambda: source.asked > taken, WAIT_S)
        leaving = reader.leave()
        for made in (1, 2):
            outcome(leaving, SETTLE_S)  # code that waits here for its thread needs the next piece
            source.let(taken + made)
            source.until(lambda limit=taken + made: source.closed or source.asked > limit, WAIT_S)
        _judge_left(source, taken, leaving)

    trial.read(use, most, source)


def _judge_left(source: GatedStream, taken: int, leaving: Future) -> None:
    if source.asked > taken + 2 and not leaving.done():
        _judge_close(STILL_WAITING)
    if source.asked > taken + 2:
        BUFFERED.fail(
            "no more work once the reader has left",
            f"{source.asked - taken - 1} more pieces requested",
            "`finally` in the generator: it says that the reader has left, and the thread looks there",
        )
    left = outcome(leaving, WAIT_S)
    if isinstance(left, ValueError) and "executing" in str(left):
        look = "pieces.close() in the reader: the thread is inside the generator, so the thread closes it"
        BUFFERED.fail("a reader who may leave at any time", repr(left), look)
    if left is not None:
        _judge_close(left)
    if not source.until(lambda: source.closed, WAIT_S):
        look = (
            "pieces.close() in the thread, in a `finally`: leaving its loop does not stop the model"
        )
        BUFFERED.fail("a model that is stopped", "a source that is still open", look)


def _judge_close(left: object) -> None:
    got = "a reader who cannot leave" if left is STILL_WAITING else kind(left)
    look = (
        "`join`: the thread cannot end while it waits for room in a full buffer, so tell it first"
    )
    BUFFERED.fail("the stream closed without delay", got, look)


def _leave_full(trial: Trial, rng: Random) -> None:
    """Leave while the buffer is full and the thread waits for room."""
    most = rng.randint(2, 4)
    source = GatedStream(_pieces(rng, 4 * most + 8))

    def use(reader: Reader) -> None:
        _piece(reader, 1)
        source.until(lambda: source.n_read > 1 + most, SETTLE_S)
        read = source.n_read
        left = outcome(reader.leave(), WAIT_S)
        if left is not None:
            _judge_close(left)
        if not source.until(lambda: source.closed, WAIT_S):
            BUFFERED.fail(
                "a thread that ends when the reader leaves while the buffer is full",
                f"a thread that waits for room for ever ({read} read, source open)",
                "`put` with a timeout, in a loop that looks whether the reader has left",
            )
        if source.n_read > read + 1:
            look = "the thread: it looks whether the reader has left before it reads on"
            got = f"{source.n_read - read} pieces read after that"
            BUFFERED.fail("no more work once the reader has left", got, look)

    trial.read(use, most, source)
