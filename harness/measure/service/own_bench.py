"""The quality of both sides of a comparison on the user's own questions."""

from __future__ import annotations

from dataclasses import dataclass

from harness.measure.latency.bench import Bench
from harness.measure.quality.noninferiority import MARGIN, worst_case
from harness.measure.service.own_questions import OwnQuestion
from harness.measure.stats import Proportion


@dataclass(frozen=True, slots=True)
class OwnQuality:
    """Right answers of both sides to the questions that have an expectation, at least one.

    worst: the lower end of the one-sided 95 % interval of (b - a), a share of all answers, -1 to 1.
    """

    a: Proportion
    b: Proportion
    worst: float

    @property
    def holds(self) -> bool:
        """Return whether b is shown to be not worse than a by more than the margin."""
        return self.worst >= -MARGIN

    def to_json(self) -> dict[str, object]:
        """Return plain types for `json.dumps`."""
        sides = {"a": self.a.to_json(), "b": self.b.to_json()}
        return sides | {"worst": self.worst, "margin": MARGIN, "holds": self.holds}


def own_quality(bench: Bench) -> OwnQuality | None:
    """Return the quality on the user's questions; None after a fault, or if nothing was expected."""
    outcomes = zip(bench.cases, bench.answers("a"), bench.answers("b"), strict=False)
    judged = [
        (asked.right(a.text), asked.right(b.text))
        for asked, a, b in outcomes
        if isinstance(asked, OwnQuestion) and asked.right(a.text) is not None
    ]
    if not judged:
        return None
    a, b = ([bool(right) for right in side] for side in zip(*judged, strict=True))
    return OwnQuality(Proportion(sum(a), len(a)), Proportion(sum(b), len(b)), worst_case(a, b))
