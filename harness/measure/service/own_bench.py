"""The quality of both sides of a comparison on the user's own questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from harness.assistant import Answer
from harness.measure.latency.bench import Bench, Contestant
from harness.measure.quality.noninferiority import MARGIN, worst_case
from harness.measure.service.own_questions import OwnQuestion, WrongAnswer, wrong_answer
from harness.measure.service.targets import Target
from harness.measure.stats import Proportion


@dataclass(frozen=True, slots=True)
class OwnQuality:
    """Right answers of both sides to the questions that have an expectation, at least one.

    worst: the lower end of the one-sided 95 % interval of (b - a), a share of all answers, -1 to 1.
    wrong_a, wrong_b: the answers that are not as expected.
    """

    a: Proportion
    b: Proportion
    worst: float
    wrong_a: tuple[WrongAnswer, ...] = ()
    wrong_b: tuple[WrongAnswer, ...] = ()

    @property
    def holds(self) -> bool:
        """Return whether b is shown to be not worse than a by more than the margin."""
        return self.worst >= -MARGIN

    def to_json(self) -> dict[str, object]:
        """Return plain types for `json.dumps`."""
        sides = {"a": self.a.to_json(), "b": self.b.to_json()}
        both = {"a": self.wrong_a, "b": self.wrong_b}
        wrong = {side: [asdict(each) for each in found] for side, found in both.items()}
        gate = {"worst": self.worst, "margin": MARGIN, "holds": self.holds}
        return sides | gate | {"wrong": wrong}


def own_quality(bench: Bench) -> OwnQuality | None:
    """Return the quality on the user's questions; None after a fault, or if nothing was expected."""
    outcomes = zip(bench.cases, bench.answers("a"), bench.answers("b"), strict=False)
    judged = [
        (asked, a, b)
        for asked, a, b in outcomes
        if isinstance(asked, OwnQuestion) and asked.expected
    ]
    if not judged:
        return None
    asked, *answers = zip(*judged, strict=True)
    wrong = [
        _wrong(*each) for each in zip((bench.a, bench.b), (asked, asked), answers, strict=True)
    ]
    a, b = ([each is None for each in side] for side in wrong)
    listed = (tuple(filter(None, side)) for side in wrong)
    rights = Proportion(sum(a), len(a)), Proportion(sum(b), len(b))
    return OwnQuality(*rights, worst_case(a, b), *listed)


def _wrong(
    side: Contestant, asked: Sequence[OwnQuestion], answers: Sequence[Answer]
) -> list[WrongAnswer | None]:
    """Return for each question the answer if it is wrong, and None if it is right."""
    hide = side.hide if isinstance(side, Target) else str
    return [
        wrong_answer(each, answer.text, hide) for each, answer in zip(asked, answers, strict=True)
    ]
