"""Sentences to findings: patterns say what is there, guards say whether it counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.interview.scoring import guards, levels
from harness.interview.scoring.context import Subjects
from harness.interview.scoring.copying import Sources
from harness.interview.scoring.findings import Finding, Level, Loss
from harness.interview.scoring.listing import without_lists
from harness.interview.scoring.patterns import Span, any_span
from harness.interview.scoring.reading import Sentence
from harness.interview.scoring.rubric import Expectation, Rubric

REACH = 30  # characters, about five words, between an idea and what is said against it


@dataclass(frozen=True, slots=True)
class Reader:
    """A rubric and what does not count as the candidate's own words."""

    rubric: Rubric
    sources: Sources
    asked: Sequence[Subjects] = ()  # by turn: what the question before it has named

    def findings(self, sentences: Sequence[Sentence]) -> list[Finding]:
        """All that the patterns find, near misses included, in the order of the text."""
        found = [
            finding
            for number, sentence in enumerate(sentences)
            for finding in self._in_sentence(sentences, number, sentence)
        ]
        return list(without_lists(self.rubric, found, sentences))

    def _in_sentence(
        self, sentences: Sequence[Sentence], number: int, sentence: Sentence
    ) -> Iterator[Finding]:
        why = self._discounted(sentence)
        for expectation in self.rubric.expectations:
            for window in windows(sentences, number, expectation.window):
                if matches := _accepted(expectation, window.text):
                    after = _after(sentences, number, window)
                    yield _judged(expectation, window, matches, after, why)
                    break
            else:
                if not why and (finding := self._of_subject(expectation, sentence)):
                    yield finding

    def subject(self, expectation: str, turn: int) -> str | None:
        """The words with which a turn's question named an expectation."""
        return self.asked[turn].get(expectation) if turn < len(self.asked) else None

    def _of_subject(self, expectation: Expectation, sentence: Sentence) -> Finding | None:
        """What is said of something that the question has named."""
        named = self.subject(expectation.id, sentence.turn)
        if named is None or sentence.is_question:
            return None
        spans = levels.explanation(expectation.explain, sentence.text)
        whole = f"{named} {sentence.text}"
        if not spans or any_span(expectation.refuse, whole) or guards.ignorant(sentence.text):
            return None
        level = min(levels.level(expectation, sentence.text, ""), Level.EXPLAINED)
        return Finding(expectation.id, max(level, Level.APPLIED), sentence)

    def _discounted(self, sentence: Sentence) -> Loss | None:
        if guards.about_the_scoring(sentence.text):
            return Loss.META
        return Loss.COPIED if self.sources.copied(sentence.text) else None


def windows(sentences: Sequence[Sentence], number: int, size: int) -> Iterator[Sentence]:
    """The sentence, then the sentence with those behind it, as long as they belong to one turn."""
    first = sentences[number]
    yield first
    text = first.text
    for pieces, following in enumerate(sentences[number + 1 : number + size], 2):
        if following.turn != first.turn:
            return
        text = f"{text} {following.text}"
        yield Sentence(text, first.start, following.end, first.turn, pieces)


def _accepted(expectation: Expectation, text: str) -> list[tuple[Span, ...]]:
    return [spans for pattern in expectation.accept if (spans := pattern.spans(text))]


def _after(sentences: Sequence[Sentence], number: int, window: Sentence) -> str:
    later = (s for s in sentences[number + 1 : number + 4] if s.start >= window.end)
    following = next(later, None)
    return following.text if following and following.turn == window.turn else ""


def _judged(
    expectation: Expectation,
    window: Sentence,
    matches: list[tuple[Span, ...]],
    after: str,
    why: Loss | None,
) -> Finding:
    losses = [_loss(expectation, window, match) for match in matches]
    loss = why or (None if None in losses else losses[0])
    if loss:
        return Finding(expectation.id, Level.ABSENT, window, loss)
    level = levels.level(expectation, window.text, after)
    if window.is_question and not expectation.asks:
        return Finding(expectation.id, Level.MENTION, window, Loss.QUESTION)
    return Finding(expectation.id, level, window, Loss.NAMED if level == Level.MENTION else None)


def _near(refused: tuple[Span, ...], match: tuple[Span, ...]) -> bool:
    """True when a refusal is about the same words, not about another idea in a long sentence."""
    start, end = min(a for a, _ in match), max(b for _, b in match)
    first, last = min(a for a, _ in refused), max(b for _, b in refused)
    return first < end + REACH and last > start - REACH


def _loss(expectation: Expectation, window: Sentence, match: tuple[Span, ...]) -> Loss | None:
    text = window.text
    if any(_near(spans, match) for p in expectation.refuse if (spans := p.spans(text))):
        return Loss.WRONG_WAY
    exempt = [*match, *levels.explanation(expectation.explain, text)]
    if not expectation.negative and guards.negated(text, match[0], exempt):
        return Loss.NEGATED
    if expectation.dimension == "stack" and guards.wrong_way(text, match[0]):
        return Loss.WRONG_WAY
    if expectation.dimension == "stack" and (guards.ignorant(text) or guards.topical(text)):
        return Loss.NEGATED
    if window.is_question and not expectation.asks and guards.asks_for_facts(text):
        return Loss.QUESTION
    return None
