"""A comparison of two entries in one run: latency, quality, and the machine.

Quality is judged on the answers that were timed, so that an entry cannot be fast with one text and right with
another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from typing import Protocol

from harness.assistant import Answer, Assistant, Question
from harness.kb.questions import Case
from harness.measure.latency.compare import Comparison, Side, blocks
from harness.measure.latency.timing import DEADLINE_S
from harness.measure.machine.busy import Busy, beside
from harness.measure.machine.describe import describe
from harness.measure.quality.quality import Quality, summary
from harness.serve.entry import Division

WARM_UP = 2  # questions that both answer before the measurement


class Contestant(Protocol):
    """One side of a comparison: an Entry, or a service of the user's own."""

    @property
    def name(self) -> str: ...

    @property
    def division(self) -> Division: ...

    def deployed(self) -> AbstractContextManager[Assistant]:
        """Return a block in which the side answers."""
        ...

    def reset(self) -> None:
        """Prepare for the next request, untimed."""
        ...


class Asked(Protocol):
    """A question of a comparison: a Case, or one of the user's own."""

    @property
    def question(self) -> Question: ...


@dataclass(frozen=True)
class Bench:
    """A comparison of `a` and `b` with its questions and the load of the machine.

    cases: the measured questions, in the order of the comparison's pairs. busy: the load before and after.
    accepted: whether times beside other programs were asked for. interrupted: by the user.
    """

    a: Contestant
    b: Contestant
    comparison: Comparison = field(default_factory=Comparison)
    cases: tuple[Asked, ...] = ()
    busy: tuple[Busy, ...] = ()
    accepted: bool = False
    interrupted: bool = False

    @property
    def division(self) -> Division:
        """Return OPEN or else NO_MODEL if at least one side is in that division, else CLOSED."""
        found = {self.a.division, self.b.division}
        special = (Division.OPEN, Division.NO_MODEL)
        return next((division for division in special if division in found), Division.CLOSED)

    @property
    def saturated(self) -> str:
        """Return why the times are not valid; "" if the machine was quiet, or a busy one is accepted."""
        return "" if self.accepted else self.beside

    @property
    def beside(self) -> str:
        """Return which programs used the machine; "" if it was quiet."""
        return beside(self.busy)

    def quality(self, side: Side) -> Quality | None:
        """Return the quality of one side's timed answers; None after a fault, and on a user's questions."""
        answers = self.answers(side)
        if not answers or not isinstance(self.cases[0], Case):
            return None
        return summary(zip(self.cases, answers, strict=False))

    def answers(self, side: Side) -> list[Answer]:
        """Return one side's timed answers, in the order of the cases; none after a fault."""
        pairs = self.comparison.pairs if self.comparison.clean else ()
        return [getattr(pair, side).answer for pair in pairs]

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
            "interrupted": self.interrupted,
            "saturated": self.saturated,
            "beside": self.beside,
            "busy": [asdict(load) for load in self.busy],
            "machine": asdict(describe()),
        }


def run_bench(
    a: Contestant, b: Contestant, cases: Sequence[Asked], deadline_s: float = DEADLINE_S
) -> Iterator[Bench]:
    """Yield the bench so far after each block of two pairs, and stop after the first fault.

    cases: WARM_UP questions to warm up with, then an even number to measure. deadline_s: for each answer.
    Raises WrongUseError if that number is odd or 0.
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
            deadline_s=deadline_s,
            crossed=Bench(a, b).division is Division.OPEN,  # it may remember what it was asked
        )
        for comparison in so_far:
            yield Bench(a, b, comparison, measured)
            if not comparison.clean:
                return
