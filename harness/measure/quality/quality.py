"""How good the answers are: exact fact, citation, refusal and length, each with its uncertainty.

Nothing is dropped: an assistant that raises, or answers with nothing, is wrong on that question and
the question is listed. What counts as a refusal is decided here, apart from the stages under test.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from tqdm.auto import tqdm

from harness.assistant import Answer, Assistant, ask
from harness.measure.latency.stats import Proportion
from harness.measure.quality.facts import holds_fact

if TYPE_CHECKING:
    from harness.kb.questions import Case

LENGTH_TOLERANCE = 0.10  # shorter answers are faster: speed must not be bought with fewer words
REFUSED, EMPTY = "refused", "empty"  # flags of an Answer
REFUSING = re.compile(  # nothing that an article says of its product: "drops are not covered"
    r"(could|can|did|was|am|are)( not|n['’]t) (find|found|able to (find|answer)|answer)"
    r"|(do|does)( not|n['’]t) (mention|contain|say|list|specify|state)"
    r"|\b(I|we) (do not|don['’]t) know|cannot (find|answer|say)|unable to (find|answer)"
    r"|not (mentioned|specified|stated)|no (information|article|entry|mention)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one answer got right.

    fact: the gold fact stands in it and no rival does; always False where there is no gold fact.
    citation: the gold chunk is among the citations. length: its words relative to the reference's.
    error: why there was no answer to judge; "" otherwise.
    """

    case: Case
    text: str
    fact: bool
    citation: bool
    refused: bool
    length: float
    error: str = ""

    @property
    def right(self) -> bool:
        """The fact where there is one, a refusal where there is none."""
        return self.fact if self.case.answerable else self.refused


@dataclass(frozen=True, slots=True)
class Length:
    """Median of the answers' words relative to their references, over `n` answers; 1 is the same."""

    median_ratio: float
    n: int

    @property
    def ok(self) -> bool:
        """True within 10 % of the references."""
        return abs(self.median_ratio - 1) <= LENGTH_TOLERANCE + 1e-9  # 0.9 itself is within

    def to_json(self) -> dict[str, object]:
        """Plain types for `json.dumps`."""
        return {"median_ratio": self.median_ratio, "n": self.n, "ok": self.ok}


@dataclass(frozen=True, slots=True)
class Quality:
    """All judgements of a run, at least one, and what they add up to."""

    judgements: tuple[Judgement, ...]

    @property
    def right(self) -> Proportion:
        """Over all questions: the fact where there is one, a refusal where there is none."""
        return _share(judgement.right for judgement in self.judgements)

    @property
    def fact(self) -> Proportion:
        """Exact-fact accuracy, over answerable questions."""
        return _share(judgement.fact for judgement in self._asked(answerable=True))

    @property
    def citation(self) -> Proportion:
        """Right citations, over answerable questions."""
        return _share(judgement.citation for judgement in self._asked(answerable=True))

    @property
    def refusal(self) -> Proportion:
        """Refusals of unanswerable questions."""
        return _share(judgement.refused for judgement in self._asked(answerable=False))

    @property
    def answered(self) -> Proportion:
        """Answerable questions that were answered, rightly or wrongly, rather than refused."""
        asked = self._asked(answerable=True)
        return _share(not (judgement.refused or judgement.error) for judgement in asked)

    @property
    def length(self) -> Length:
        """Words relative to the references, over all questions."""
        return Length(median(one.length for one in self.judgements), len(self.judgements))

    @property
    def failures(self) -> tuple[Judgement, ...]:
        """The questions without an answer to judge."""
        return tuple(judgement for judgement in self.judgements if judgement.error)

    def to_json(self) -> dict[str, object]:
        """Plain types for `json.dumps`: question ids but no gold facts, so that it may be shown."""
        shares = {
            "right": self.right,
            "exact": self.fact,
            "citation": self.citation,
            "refusal": self.refusal,
            "answered": self.answered,
        }
        return {
            "n": len(self.judgements),
            **{name: share.to_json()["rate"] for name, share in shares.items()},
            "shares": {name: share.to_json() for name, share in shares.items()},
            "length": self.length.to_json(),
            "wrong": [one.case.question.id for one in self.judgements if not one.right],
            "failures": [{"id": j.case.question.id, "error": j.error} for j in self.failures],
        }

    def __str__(self) -> str:
        length = f"{self.length.median_ratio:.2f} of the reference (median of {self.length.n})"
        return (
            f"exact fact  {self.fact}\ncitation    {self.citation}\n"
            f"refusal     {self.refusal}\nlength      {length}\nno answer   {len(self.failures)}"
        )

    def _asked(self, answerable: bool) -> list[Judgement]:
        return [one for one in self.judgements if one.case.answerable == answerable]


def quality(assistant: Assistant, cases: Sequence[Case], progress: bool = False) -> Quality:
    """Ask every case and judge the answers.

    progress: show a bar on stdout (never in a graded cell). Raises ValueError for no cases.
    """
    asked = tqdm(cases, "Questions", disable=not progress, file=sys.stdout)
    return _added_up(_asked_and_judged(assistant, case) for case in asked)


def summary(answered: Iterable[tuple[Case, Answer]]) -> Quality:
    """The quality of answers that are already there. Raises ValueError for none."""
    return _added_up(judge(case, answer) for case, answer in answered)


def judge(case: Case, answer: Answer) -> Judgement:
    """Judge one answer. Never raises for what an assistant did, however broken the answer is."""
    if fault := _fault(answer):
        return _failed(case, fault)
    refused = REFUSED in answer.flags or bool(REFUSING.search(answer.text))
    fact = case.answerable and not refused and holds_fact(answer.text, case.fact)
    cited = case.answerable and case.gold in answer.citations
    length = len(answer.text.split()) / max(1, len(case.reference.split()))
    return Judgement(case, answer.text, fact, cited, refused, length)


def _asked_and_judged(assistant: Assistant, case: Case) -> Judgement:
    try:
        answer = ask(assistant, case.question)
    except Exception as error:  # whatever an assistant raises is one wrong answer, not the end
        return _failed(case, f"{type(error).__name__}: {error}")
    return judge(case, answer)


def _fault(answer: object) -> str:
    """Why this cannot be judged as an answer, or ""."""
    if not isinstance(answer, Answer):
        return f"The answer is a {type(answer).__name__} instead of an Answer."
    for name in ("citations", "flags"):
        if not isinstance(getattr(answer, name), tuple | list):
            return f"The answer's {name} must be a tuple of strings."
    if not isinstance(answer.text, str) or not answer.text.strip() or EMPTY in answer.flags:
        return "The answer is empty."
    return ""


def _failed(case: Case, error: str) -> Judgement:
    return Judgement(case, "", fact=False, citation=False, refused=False, length=0.0, error=error)


def _added_up(judgements: Iterable[Judgement]) -> Quality:
    every = tuple(judgements)
    if not every:
        raise ValueError("There are no cases to judge: draw at least one.")
    return Quality(every)


def _share(outcomes: Iterable[bool]) -> Proportion:
    every = list(outcomes)
    return Proportion(sum(every), len(every))
