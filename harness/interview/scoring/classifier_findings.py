"""What the hearing adds and doubts, under the same guards as a pattern."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from harness.interview.scoring.classifier import Scores, SentenceClassifier
from harness.interview.scoring.findings import Finding, Level, Loss, Mistake
from harness.interview.scoring.levels import level
from harness.interview.scoring.patterns import any_span
from harness.interview.scoring.rubric import Expectation, Rubric
from harness.interview.scoring.sentences import Sentence

# A score from which a sentence shows an expectation, chosen on answers that neither patterns nor lessons knew
# (half of them teaching, half counted, in turns); and from which it is a near miss.
CREDIT, NEAR = 0.0, -0.2
SURE = 0.3  # below this, never more than a mention
DOUBT, DOUBTED_WORDS = -0.6, 20  # a shorter sentence with a lower score is about something else
CONTRARY = (Loss.NEGATED, Loss.WRONG_WAY, Loss.LIST)  # such a sentence is not listened to
# A stance below says the contrary; one above is needed where no pattern speaks for it.
AGAINST, FOR = 0.0, 0.1
FEWEST_WORDS = 4  # fewer sound like many things


def with_classifier(
    rubric: Rubric,
    classifier: SentenceClassifier | None,
    sentences: Iterable[Sentence],
    found: Sequence[Finding],
    wrong: Sequence[Mistake],
) -> list[Finding]:
    """The findings after listening to `sentences`, the candidate's own; as before without a hearing."""
    heard = list(found)
    mistaken = {place for m in wrong for place in m.places}
    for sentence in sentences if classifier else ():
        if len(sentence.words) < FEWEST_WORDS:
            continue
        scores = classifier.score(sentence.text)
        heard = [_doubted(finding, sentence, scores) for finding in heard]
        if (sentence.turn, sentence.start) not in mistaken:
            heard += _added(rubric, sentence, scores, heard)
    return heard


def _doubted(finding: Finding, sentence: Sentence, scores: Mapping[str, Scores]) -> Finding:
    if finding.sentence != sentence or not finding.level or len(sentence.words) >= DOUBTED_WORDS:
        return finding
    heard = scores[finding.expectation]
    if heard.stance < AGAINST:
        return replace(finding, level=Level.ABSENT, loss=Loss.WRONG_WAY)
    if heard.about < DOUBT:
        return replace(finding, level=Level.ABSENT, loss=Loss.ELSEWHERE)
    return finding


def _added(
    rubric: Rubric, sentence: Sentence, scores: Mapping[str, Scores], heard: Sequence[Finding]
) -> Iterator[Finding]:
    """Findings for what nothing is known of yet in this sentence."""
    place = (sentence.turn, sentence.start)
    here = [f for f in heard if (f.sentence.turn, f.sentence.start) == place]
    known = {finding.expectation for finding in here}
    if any(finding.loss in CONTRARY for finding in here):
        return
    for expectation in rubric.expectations:
        score, stance = scores[expectation.id].about, scores[expectation.id].stance
        if expectation.id in known or score < NEAR:
            continue
        if stance < FOR or _denied(rubric, expectation, sentence):
            yield Finding(expectation.id, Level.ABSENT, sentence, Loss.UNSAID)
        elif score < CREDIT:
            yield Finding(expectation.id, Level.ABSENT, sentence, Loss.CLOSE)
        else:
            most = Level.EXPLAINED if score >= SURE else Level.MENTION
            found = level(rubric.guards, expectation, sentence.text, "")
            yield Finding(expectation.id, min(most, found), sentence)


def _denied(rubric: Rubric, expectation: Expectation, sentence: Sentence) -> bool:
    text, guards = sentence.text, rubric.guards
    topic = any_span(expectation.topic, text)
    return bool(
        any_span(expectation.refuse, text)
        or guards.says("ignorant", text)
        or guards.says("recites", text)
        or guards.negated(text, (len(text), len(text)))
        or (topic and guards.negated(text, topic[0]))
        or (sentence.is_question and not expectation.asks)
    )
