"""Findings that the sentence classifier adds to, or removes from, those of the patterns.

Names without a statement earn nothing here either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from harness.interview.scoring.classifier import InContext, Placed
from harness.interview.scoring.findings import Finding, Level, Loss, Mistake
from harness.interview.scoring.levels import level
from harness.interview.scoring.rubric import Rubric
from harness.interview.scoring.sentences import Sentence

# `about` scores from which a sentence shows an expectation, and from which it is a near miss. These limits
# were chosen on answers of authors whose sentences the encoder had not learned.
CREDIT, NEAR = 3.0, 0.0
OFF_TOPIC = 0.0  # a lower `about` score takes a finding of the patterns away
ASKED = -1.0  # the same of a question
OFF_TOPIC_WORDS = 30  # in a sentence with at least so many words, no finding is taken away
AGAINST = -1.0  # a lower `stance` score takes a finding of the patterns away
FOR = 0.0  # the `stance` score that a finding without a pattern needs
# A sentence with such a finding gets no others of its dimension: who refuses a cache may name its price.
CONTRARY = (Loss.NEGATED, Loss.WRONG_WAY, Loss.LIST)
MIN_WORDS = 4  # the scores of a shorter sentence say little


def apply_classifier(
    rubric: Rubric,
    every: InContext,
    sentences: Iterable[Sentence],
    findings: Sequence[Finding],
    mistakes: Sequence[Mistake],
) -> list[Finding]:
    """Return the findings, revised by the classifier's scores; unchanged without scores.

    sentences: those that are the candidate's own.
    """
    own = [s for s in sentences if s.place in every and len(s.words) >= MIN_WORDS]
    revised = [_doubted(finding, own, every) for finding in findings]
    mistaken = {place for mistake in mistakes for place in mistake.places}
    for sentence in own:
        if sentence.place not in mistaken:
            revised += _added(rubric, sentence, every[sentence.place], revised)
    return [_with_clarity(finding, every) for finding in revised]


def _with_clarity(finding: Finding, scores: InContext) -> Finding:
    """Return the finding with the sum of the two scores of its sentence, or of the first of several."""
    if finding.clarity or (found := scores.get(finding.sentence.place)) is None:
        return finding
    score = found.scores[finding.expectation]
    return replace(finding, clarity=score.about + score.stance)


def _doubted(finding: Finding, sentences: Sequence[Sentence], every: InContext) -> Finding:
    """Return a finding without its credit if the scores of its sentence contradict it; else as it is.

    Of a finding in several sentences, the likeliest one counts, and only whether it is on topic.
    """
    turn, start, end = finding.sentence.turn, finding.sentence.start, finding.sentence.end
    within = [s for s in sentences if s.turn == turn and start <= s.start < end]
    long = any(len(s.words) >= OFF_TOPIC_WORDS for s in within)
    if not (finding.level and within) or long:
        return finding
    scores = [every[s.place].scores[finding.expectation] for s in within]
    asks = any(s.is_question for s in within)
    # Most examples are statements: the stance of a question says less than its words.
    if len(scores) == 1 and not asks and scores[0].stance < AGAINST:
        return replace(finding, level=Level.ABSENT, loss=Loss.WRONG_WAY)
    if max(score.about for score in scores) < (ASKED if asks else OFF_TOPIC):
        return replace(finding, level=Level.ABSENT, loss=Loss.OFF_TOPIC)
    return finding


def _added(
    rubric: Rubric, sentence: Sentence, placed: Placed, findings: Sequence[Finding]
) -> Iterator[Finding]:
    """Yield findings for expectations that have none in this sentence yet."""
    same_place = [f for f in findings if f.sentence.place == sentence.place]
    contrary = {rubric.by_id[f.expectation].dimension for f in same_place if f.loss in CONTRARY}
    decided = {finding.expectation for finding in same_place}
    recited = _recited(rubric, sentence)
    for expectation in rubric.expectations:
        score = placed.scores[expectation.id]
        shown_by = placed.around if score.spread else sentence
        closed = expectation.id in decided or expectation.dimension in contrary
        if closed or score.about < NEAR:
            continue
        if score.stance < FOR or recited:
            yield Finding(expectation.id, Level.ABSENT, sentence, Loss.UNSAID)
        elif score.about < CREDIT:
            yield Finding(expectation.id, Level.ABSENT, sentence, Loss.CLOSE)
        else:
            earned = level(rubric.guards, expectation, shown_by.text, "")
            clarity = score.about + score.stance
            yield Finding(expectation.id, earned, shown_by, clarity=clarity)


def _recited(rubric: Rubric, sentence: Sentence) -> bool:
    """Return True for names without a statement, and for words of somebody who does not know."""
    guards = rubric.guards
    return guards.says("recites", sentence.text) or guards.says("ignorant", sentence.text)
