"""Two entries measured against each other, in one run: how long, how good, and on which machine.

Quality is judged on the very answers that were timed: nobody is fast with one text and right with another.
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

WARM_UP = 2  # questions that both answer off the clock


@dataclass(frozen=True)
class Bench:
    """A comparison of `a` and `b` with all that belongs beside it.

    cases: those measured, in the order of the comparison's pairs. busy: the machine before and after.
    """

    a: Entry
    b: Entry
    comparison: Comparison = field(default_factory=Comparison)
    cases: tuple[Case, ...] = ()
    busy: tuple[Busy, ...] = ()

    @property
    def division(self) -> Division:
        """Open as soon as one side remembers."""
        open_ = Division.OPEN in (self.a.division, self.b.division)
        return Division.OPEN if open_ else Division.CLOSED

    @property
    def saturated(self) -> str:
        """Why these times are nobody's; "" on a quiet machine."""
        return next((seen.sentence() for seen in self.busy if seen.too_busy), "")

    def quality(self, side: Side) -> Quality | None:
        """Of one side's timed answers; None after a fault."""
        if not self.comparison.clean or not self.comparison.pairs:
            return None
        answers = (getattr(pair, side).answer for pair in self.comparison.pairs)
        return summary(zip(self.cases, answers, strict=False))

    def to_json(self) -> dict[str, object]:
        """Plain types for `json.dumps`; times in ms, none of them from a saturated machine."""
        times = self.comparison.to_json()
        if self.saturated:
            times |= dict.fromkeys(("e2e_ms", "ttft_ms", "ratio", "ttft_ratio", "samples"))
        graded = {side: self.quality(side) for side in ("a", "b")}
        return {
            "a": self.a.name,
            "b": self.b.name,
            **times,
            "quality": {side: found and found.to_json() for side, found in graded.items()},
            "division": str(self.division),
            "saturated": self.saturated,
            "busy": [asdict(seen) for seen in self.busy],
            "machine": asdict(describe()),
        }


def benched(a: Entry, b: Entry, cases: Sequence[Case]) -> Iterator[Bench]:
    """The bench so far, after each block of two pairs; it ends with the first fault.

    cases: WARM_UP of them first, then those measured, in even number. Raises WrongUseError.
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
