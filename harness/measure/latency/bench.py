"""A comparison of two entries in one run: latency, quality, and the machine.

Quality is judged on the answers that were timed, so that an entry cannot be fast with one text and right with
another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

from harness.kb.questions import Case
from harness.measure.latency.compare import Comparison, Side, blocks
from harness.measure.machine.busy import Busy
from harness.measure.machine.describe import describe
from harness.measure.quality.quality import Quality, summary
from harness.serve.entry import Division, Entry

WARM_UP = 2  # questions that both answer before the measurement


@dataclass(frozen=True)
class Bench:
    """A comparison of `a` and `b` with its questions and the load of the machine.

    cases: the measured questions, in the order of the comparison's pairs. busy: the load before and after.
    """

    a: Entry
    b: Entry
    comparison: Comparison = field(default_factory=Comparison)
    cases: tuple[Case, ...] = ()
    busy: tuple[Busy, ...] = ()

    @property
    def division(self) -> Division:
        """Return OPEN or else NO_MODEL if at least one side is in that division, else CLOSED."""
        found = {self.a.division, self.b.division}
        special = (Division.OPEN, Division.NO_MODEL)
        return next((division for division in special if division in found), Division.CLOSED)

    @property
    def saturated(self) -> str:
        """Return why the times are not valid; "" if the machine was quiet."""
        return next((load.sentence() for load in self.busy if load.too_busy), "")

    def quality(self, side: Side) -> Quality | None:
        """Return the quality of one side's timed answers; None after a fault."""
        if not self.comparison.clean or not self.comparison.pairs:
            return None
        answers = (getattr(pair, side).answer for pair in self.comparison.pairs)
        return summary(zip(self.cases, answers, strict=False))

    def to_json(self) -> dict[str, object]:
        """Return plain types for `json.dumps`; times are in ms, and None if the machine was saturated."""
        times = self.comparison.to_json()
        if self.saturated:
            times |= dict.fromkeys(("e2e_ms", "ttft_ms", "ratio", "ttft_ratio", "samples"))
        graded = {side: self.quality(side) for side in ("a", "b")}
        return {
            "a": self.a.name,
            "b": self.b.name,
            **times,
            "quality": {side: quality and quality.to_json() for side, quality in graded.items()},
            "division": str(self.division),
            "saturated": self.saturated,
            "busy": [asdict(load) for load in self.busy],
            "machine": asdict(describe()),
        }


def run_bench(a: Entry, b: Entry, cases: Sequence[Case]) -> Iterator[Bench]:
    """Yield the bench so far after each block of two pairs, and stop after the first fault.

    cases: WARM_UP questions to warm up with, then an even number to measure. Raises WrongUseError if that
    number is odd or 0.
    """
    warm_up, measured = cases[:WARM_UP], tuple(cases[WARM_UP:])
    with a.deployed() as first, b.deployed() as second:

        def reset() -> None:
            a.reset()
            b.reset()

        so_far = blocks(
            first,
            second,
            [case.question for case in measured],
            warm_up=[case.question for case in warm_up],
            reset=reset,
        )
        for comparison in so_far:
            yield Bench(a, b, comparison, measured)
            if not comparison.clean:
                return
