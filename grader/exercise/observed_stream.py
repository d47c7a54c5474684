"""A stream under observation: how far it was read, and whether it was closed."""

from __future__ import annotations

from collections.abc import Iterable

from grader.exercise.exported import exported

MOST_EVENTS = (
    1_000  # that a check reads of a stream of a dozen pieces; one that never ends has more
)
WORDS = ("Yes", "it", "lasts", "7.5", "hours", "Größe", "naïve", "日本", "🙂", "ok", "°C", "–")


@exported("__next__", "close")
class ObservedStream:
    """An iterator that knows how far it was read and whether it was closed: a model that keeps a diary."""

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
        """What the `close()` of a generator does: no more work."""
        self.closed = True

    def __deepcopy__(self, memo: dict) -> ObservedStream:
        return self  # the check looks into this very diary
