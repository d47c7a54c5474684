"""Misconceptions: stated and left standing, or stated and taken back.

Patterns find most of them; the classifier finds those in other words. An accusation is worse than a miss, so
that both of its scores must be high.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from harness.interview.scoring.classifier import InContext, Scores
from harness.interview.scoring.findings import Finding, Level, Mistake
from harness.interview.scoring.guards import Guards
from harness.interview.scoring.matching import REMEMBERED, Matcher
from harness.interview.scoring.patterns import any_span
from harness.interview.scoring.rubric import Misconception
from harness.interview.scoring.sentences import Sentence

# The least `about` and `stance` scores of a sentence that states a misconception in other words than the
# patterns'. Chosen on answers of authors whose sentences the encoder had not learned.
ABOUT, STANCE = 3.8, 0.0
AROUND = 1.0  # the same of the sentences around, which may take it back
UNLIKELY = 3.0  # a lower `about` score takes back what a pattern found
MIN_WORDS = 4  # the scores of a shorter sentence say little


def find_mistakes(
    matcher: Matcher,
    scores: InContext,
    sentences: Sequence[Sentence],
    findings: Sequence[Finding],
) -> list[Mistake]:
    """Return a mistake for each misconception that is stated."""
    return [
        mistake
        for misconception in matcher.rubric.misconceptions
        if (mistake := _mistake(matcher, scores, misconception, sentences, findings))
    ]


def repairs(
    matcher: Matcher, sentences: Sequence[Sentence], mistakes: Sequence[Mistake]
) -> Iterator[Finding]:
    """Yield the findings of the sentence that takes a misconception back; it need not repeat its subject."""
    denies = {m.id: m.denies for m in matcher.rubric.misconceptions}
    for mistake in mistakes:
        after = [s for s in sentences if s.place > mistake.sentence.place]
        for sentence in after[:2] if mistake.repaired else ():
            for name in denies[mistake.misconception]:
                if any_span(matcher.rubric.by_id[name].explain, sentence.text):
                    yield Finding(name, Level.APPLIED, sentence)


def _mistake(
    matcher: Matcher,
    scores: InContext,
    misconception: Misconception,
    sentences: Sequence[Sentence],
    findings: Sequence[Finding],
) -> Mistake | None:
    numbers = list(_stating(matcher, scores, misconception, sentences))
    if not numbers:
        return None
    return Mistake(
        misconception.id,
        sentences[numbers[-1]],
        _taken_back(matcher.rubric.guards, misconception, sentences, numbers[-1], findings),
        tuple(sentences[number] for number in numbers),
    )


def _stating(
    matcher: Matcher,
    scores: InContext,
    misconception: Misconception,
    sentences: Sequence[Sentence],
) -> Iterator[int]:
    """Yield the indices of the sentences that state the misconception.

    The subject of the statement may be in the question before: "What of small models?" "They cost nothing."
    """
    guards = matcher.rubric.guards
    for number, sentence in enumerate(sentences):
        named = (matcher.subject(name, sentence.turn) for name in misconception.denies)
        with_subject = (replace(sentence, text=f"{n} {sentence.text}") for n in named if n)
        stated = any(_states(guards, misconception, s) for s in (sentence, *with_subject))
        if sentence.place in scores and len(sentence.words) >= MIN_WORDS:
            found = scores[sentence.place].scores[misconception.id]
            stated = found.about >= UNLIKELY if stated else _sure(found)
            stated = stated and scores[sentence.place].whole[misconception.id].about >= AROUND
            stated = stated and _is_own_claim(guards, misconception, sentence)
        if stated and not matcher.sources.copied(sentence.text):
            yield number


@lru_cache(REMEMBERED)
def _states(guards: Guards, misconception: Misconception, sentence: Sentence) -> bool:
    text = sentence.text
    spans = any_span(misconception.accept, text)
    return bool(
        spans
        and _is_own_claim(guards, misconception, sentence)
        and not guards.negated(text, spans[0])
        and (misconception.negative or not guards.says("denial", text[slice(*spans[0])]))
    )


def _sure(scores: Scores) -> bool:
    """Return True if the classifier alone says that a sentence states a misconception."""
    return scores.about >= ABOUT and scores.stance >= STANCE


def _is_own_claim(guards: Guards, misconception: Misconception, sentence: Sentence) -> bool:
    """Return False for a question, a condition, and what somebody else said."""
    text = sentence.text
    return not (
        sentence.is_question
        or any_span(misconception.unless, text)
        or guards.says("distanced", text)
        or guards.says("about_the_scoring", text)
    )


def _taken_back(
    guards: Guards,
    misconception: Misconception,
    sentences: Sequence[Sentence],
    number: int,
    findings: Sequence[Finding],
) -> bool:
    """Return True if a later finding explains the truth, or the next retraction is in the same turn."""
    last = sentences[number]
    retractions = [s for s in sentences[number + 1 :] if guards.says("takes_back", s.text)]
    corrected = any(
        f.expectation in misconception.denies
        and f.level == Level.EXPLAINED
        and f.sentence.place > last.place
        for f in findings
    )
    return corrected or any(s.turn == last.turn for s in retractions[:1])
