"""A stream that records how far it was read, and a reader for the streams of learners."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from grader.exercise.call_limits import CallLimits
from grader.exercise.exported import exported

# A check's streams have a dozen pieces, so a generator that yields more events than this never ends.
MOST_EVENTS = 1_000
WORDS = ("Yes", "it", "lasts", "7.5", "hours", "Größe", "naïve", "日本", "🙂", "ok", "°C", "–")


@exported("__next__", "close")
class ObservedStream:
    """An iterator over `pieces` that stands in for a model. n_read: pieces read so far."""

    def __init__(self, pieces: Iterable[object]) -> None:
        self._left = iter(list(pieces))
        self.n_read = 0
        self.closed = False

    def __iter__(self) -> ObservedStream:
        return self

    def __next__(self) -> object:
        if self.closed:
            raise StopIteration
        piece = next(self._left)
        self.n_read += 1
        return piece

    def close(self) -> None:
        """Stop the stream, as the `close()` of a generator does."""
        self.closed = True

    def __deepcopy__(self, memo: dict) -> ObservedStream:
        return self  # the check reads the counters of this very object


def read_stream(
    limits: CallLimits,
    what: str,
    function: Callable[..., object],
    source: ObservedStream,
    *arguments: object,
    inspect: Callable[[object], object] = lambda event: None,
) -> list[tuple[int, object]]:
    """Return (source.n_read at that moment, event) for each event of function(source, *arguments).

    what: the events in words, for messages; inspect: called with each event, within the limits.
    Raises CheckFailed for whatever `limits.call` does, and if the result cannot be iterated or has more
    than MOST_EVENTS events.
    """

    def read(events: object) -> list[tuple[int, object]]:
        look = "`yield`: it makes a function a generator"
        limits.exercise.returned(events, Iterable, f"a generator of {what}", look=look)
        seen = []
        for event in events:
            inspect(event)
            seen.append((source.n_read, event))
            if len(seen) > MOST_EVENTS:
                limits.exercise.fail(
                    f"a stream of {what} that ends",
                    f"more than {MOST_EVENTS:,} {what}",
                    "the condition that ends your loop",
                )
        return seen

    return limits.call(function, source, *arguments, then=read)
