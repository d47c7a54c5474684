"""Answer quality: exact fact, citation, refusal and length, each with its uncertainty.

No question is dropped: an assistant that raises, or returns an empty answer, is wrong on that question,
and the question is listed. This module decides what counts as a refusal, independently of the stages
under test.
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
from harness.measure.quality.facts import holds_fact
from harness.measure.stats import Proportion

if TYPE_CHECKING:
    from harness.kb.questions import Case

LENGTH_TOLERANCE = 0.10  # shorter answers are faster: speed must not be bought with fewer words
REFUSED, EMPTY = "refused", "empty"  # flags of an Answer
# Must not match what an article says of its product: "drops are not covered".
REFUSING = re.compile(
    r"(could|can|did|was|am|are)( not|n['’]t) (find|found|able to (find|answer)|answer)"
    r"|(do|does)( not|n['’]t) (mention|contain|say|list|specify|state)"
    r"|\b(I|we) (do not|don['’]t) know|cannot (find|answer|say)|unable to (find|answer)"
    r"|not (mentioned|specified|stated)|no (information|article|entry|mention)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The judgement of one answer.

    fact: the answer contains the gold fact and no rival; always False if there is no gold fact.
    citation: the gold chunk is among the citations. length: number of words relative to the reference.
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
        """Return whether an answerable question got its fact, or an unanswerable one a refusal."""
        return self.fact if self.case.answerable else self.refused


@dataclass(frozen=True, slots=True)
class Length:
    """The median length of `n` answers, in words relative to their references; 1 is the same length."""

    median_ratio: float
    n: int

    @property
    def ok(self) -> bool:
        """Return whether the median is within 10 % of the references."""
        return abs(self.median_ratio - 1) <= LENGTH_TOLERANCE + 1e-9  # 0.9 itself is within

    def to_json(self) -> dict[str, object]:
        """Return plain types for `json.dumps`."""
        return {"median_ratio": self.median_ratio, "n": self.n, "ok": self.ok}


@dataclass(frozen=True, slots=True)
class Quality:
    """The judgements of a run, at least one, and the shares computed from them."""

    judgements: tuple[Judgement, ...]

    @property
    def right(self) -> Proportion:
        """Return the share of all questions with the right fact or, if unanswerable, a refusal."""
        return _share(judgement.right for judgement in self.judgements)

    @property
    def fact(self) -> Proportion:
        """Return the exact-fact accuracy, over answerable questions."""
        return _share(judgement.fact for judgement in self._judged(answerable=True))

    @property
    def citation(self) -> Proportion:
        """Return the share of answers with the right citation, over answerable questions."""
        return _share(judgement.citation for judgement in self._judged(answerable=True))

    @property
    def refusal(self) -> Proportion:
        """Return the share of refusals, over unanswerable questions."""
        return _share(judgement.refused for judgement in self._judged(answerable=False))

    @property
    def answered(self) -> Proportion:
        """Return the share of answerable questions that were answered, rightly or wrongly."""
        judged = self._judged(answerable=True)
        return _share(not (judgement.refused or judgement.error) for judgement in judged)

    @property
    def length(self) -> Length:
        """Return the median number of words relative to the references, over all questions."""
        lengths = [judgement.length for judgement in self.judgements]
        return Length(median(lengths), len(lengths))

    @property
    def failures(self) -> tuple[Judgement, ...]:
        """Return the judgements of questions without an answer to judge."""
        return tuple(judgement for judgement in self.judgements if judgement.error)

    def to_json(self) -> dict[str, object]:
        """Return plain types for `json.dumps`: question ids but no gold facts, so that it may be shown."""
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
            "wrong": [j.case.question.id for j in self.judgements if not j.right],
            "failures": [{"id": j.case.question.id, "error": j.error} for j in self.failures],
        }

    def __str__(self) -> str:
        length = f"{self.length.median_ratio:.2f} of the reference (median of {self.length.n})"
        return (
            f"exact fact  {self.fact}\ncitation    {self.citation}\n"
            f"refusal     {self.refusal}\nlength      {length}\nno answer   {len(self.failures)}"
        )

    def _judged(self, answerable: bool) -> list[Judgement]:
        return [j for j in self.judgements if j.case.answerable == answerable]


def quality(assistant: Assistant, cases: Sequence[Case], progress: bool = False) -> Quality:
    """Ask every case and judge the answers.

    progress: show a bar on stdout (never in a graded cell). Raises ValueError if there are no cases.
    """
    bar = tqdm(cases, "Questions", disable=not progress, file=sys.stdout)
    return _collected(_ask_and_judge(assistant, case) for case in bar)


def summary(answered: Iterable[tuple[Case, Answer]]) -> Quality:
    """Return the quality of answers given earlier. Raises ValueError if there are none."""
    return _collected(judge(case, answer) for case, answer in answered)


def judge(case: Case, answer: Answer) -> Judgement:
    """Judge one answer; a malformed answer is judged wrong and never raises."""
    if fault := _fault(answer):
        return _failed(case, fault)
    refused = REFUSED in answer.flags or bool(REFUSING.search(answer.text))
    fact = case.answerable and not refused and holds_fact(answer.text, case.fact)
    cited = case.answerable and case.gold in answer.citations
    length = len(answer.text.split()) / max(1, len(case.reference.split()))
    return Judgement(case, answer.text, fact, cited, refused, length)


def _ask_and_judge(assistant: Assistant, case: Case) -> Judgement:
    try:
        answer = ask(assistant, case.question)
    except Exception as error:  # an assistant that raises gives one wrong answer; the run goes on
        return _failed(case, f"{type(error).__name__}: {error}")
    return judge(case, answer)


def _fault(answer: object) -> str:
    """Return why this cannot be judged as an answer, or ""."""
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


def _collected(judgements: Iterable[Judgement]) -> Quality:
    judged = tuple(judgements)
    if not judged:
        raise ValueError("There are no cases to judge: draw at least one.")
    return Quality(judged)


def _share(outcomes: Iterable[bool]) -> Proportion:
    counted = list(outcomes)
    return Proportion(sum(counted), len(counted))
