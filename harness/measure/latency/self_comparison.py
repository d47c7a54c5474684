"""The noise of a comparison: the ratio of an assistant to itself, measured before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass

from harness.measure.latency.compare import Comparison, Ratio


@dataclass(frozen=True, slots=True)
class Noise:
    """The end-to-end ratio of A to itself over `n` pairs; with fewer than 5 it is None."""

    ratio: Ratio | None
    n: int

    @property
    def biased(self) -> bool:
        """Return whether A seems to differ from itself, as if it remembered answers or the load changed."""
        return self.ratio is not None and not _holds(self.ratio, 1.0)

    def exceeded_by(self, ratio: Ratio) -> bool | None:
        """Return whether the interval of `ratio` has nothing in common with that of the noise, if known."""
        if self.ratio is None:
            return None
        ours, theirs = self.ratio.interval, ratio.interval
        return theirs.high < ours.low or theirs.low > ours.high

    def to_json(self) -> dict[str, object]:
        """Return plain types for `json.dumps`."""
        ratio = self.ratio and self.ratio.to_json()
        return {"n": self.n, "ratio": ratio, "biased": self.biased}


def noise_of(alone: Comparison) -> Noise:
    """Return the noise from a comparison whose sides are the same assistant."""
    return Noise(alone.ratio("e2e_ms"), len(alone.pairs))


def _holds(ratio: Ratio, value: float) -> bool:
    return ratio.interval.low <= value <= ratio.interval.high
