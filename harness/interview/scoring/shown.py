"""The second step of scoring: the ideas that were shown or nearly shown, and what was said wrongly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from harness.interview.scoring.classifier import SentenceClassifier
from harness.interview.scoring.classifier_findings import apply_classifier
from harness.interview.scoring.copying import sources
from harness.interview.scoring.deeds import deeds
from harness.interview.scoring.findings import Finding, Level, Loss, Mistake
from harness.interview.scoring.follow_up import subjects
from harness.interview.scoring.heard import Heard
from harness.interview.scoring.matching import Matcher
from harness.interview.scoring.misconceptions import find_mistakes, repairs
from harness.interview.scoring.rubric import Rubric


class SecondJudge(Protocol):
    """A judge that may raise a near miss to a mention, and reports what it did."""

    def raised(self, rubric: Rubric, findings: Sequence[Finding]) -> list[Finding]: ...

    def report(self) -> dict[str, object]: ...


@dataclass(frozen=True, eq=False)
class Judges:
    """A rubric, and a classifier for sentences that no pattern matches (None: patterns alone).

    rubric_is_source: True if words copied from the rubric earn nothing; False to check the rubric's own
    examples. second: a chat model that is asked about near misses only; None unless the user chose one.
    """

    rubric: Rubric
    classifier: SentenceClassifier | None = None
    rubric_is_source: bool = True
    second: SecondJudge | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Findings, near misses included, and mistakes."""

    findings: tuple[Finding, ...]
    mistakes: tuple[Mistake, ...]


def evidence(judges: Judges, heard: Heard) -> Evidence:
    """Return what the words and the deeds of a candidate show."""
    rubric, sentences = judges.rubric, heard.sentences
    matcher = Matcher(
        rubric,
        sources(rubric, heard.interviewer, judges.rubric_is_source),
        [subjects(rubric, prompt) for prompt in heard.prompts],
    )
    own = [sentence for sentence in sentences if not matcher.discounted(sentence)]
    scores = judges.classifier.in_context(own) if judges.classifier else {}
    findings = matcher.findings(sentences)
    mistakes = find_mistakes(matcher, scores, sentences, findings)
    findings = [_denied(rubric, finding, mistakes) for finding in findings]
    findings += repairs(matcher, sentences, mistakes)
    findings = apply_classifier(rubric, scores, own, findings, mistakes)
    findings += deeds(heard, findings)
    if judges.second:
        findings = judges.second.raised(rubric, findings)
    return Evidence(tuple(findings), tuple(mistakes))


def _denied(rubric: Rubric, finding: Finding, mistakes: Sequence[Mistake]) -> Finding:
    """Return the finding without credit if its sentence states a misconception about it."""
    if finding.expectation in set(_denied_at(rubric, finding, mistakes)):
        return replace(finding, level=Level.ABSENT, loss=Loss.WRONG_WAY)
    return finding


def _denied_at(rubric: Rubric, finding: Finding, mistakes: Sequence[Mistake]) -> Iterator[str]:
    """Yield the expectations that a mistake in the finding's sentence denies."""
    denies = {m.id: m.denies for m in rubric.misconceptions}
    where = finding.sentence
    for mistake in mistakes:
        if any(t == where.turn and where.start <= start < where.end for t, start in mistake.places):
            yield from denies[mistake.misconception]
