"""Sentences to findings: patterns say what is there, guards say whether it counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.interview.scoring.copying import Sources
from harness.interview.scoring.findings import Finding, Level, Loss
from harness.interview.scoring.follow_up import Subjects
from harness.interview.scoring.judging import judged
from harness.interview.scoring.keyword_lists import without_lists
from harness.interview.scoring.levels import explanation, level
from harness.interview.scoring.patterns import Span, any_span
from harness.interview.scoring.rubric import Expectation, Rubric
from harness.interview.scoring.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Reader:
    """A rubric, what does not count as the candidate's own words, and what questions have named.

    asked: by turn of the candidate, what the question before it has named.
    """

    rubric: Rubric
    sources: Sources
    asked: Sequence[Subjects] = ()

    def findings(self, sentences: Sequence[Sentence]) -> list[Finding]:
        """All that the patterns find, near misses included, in the order of the text."""
        losses = [self.discounted(sentence) for sentence in sentences]
        found = [
            finding
            for number, why in enumerate(losses)
            for finding in self._in_sentence(
                _up_to_the_next(sentences, losses, number), number, why
            )
        ]
        return list(without_lists(self.rubric, found, sentences))

    def subject(self, expectation: str, turn: int) -> str | None:
        """The words with which a turn's question has named an expectation."""
        return self.asked[turn].get(expectation) if turn < len(self.asked) else None

    def discounted(self, sentence: Sentence) -> Loss | None:
        """Why nothing in a sentence counts: it is about the scoring, or somebody else's."""
        if self.rubric.guards.says("about_the_scoring", sentence.text):
            return Loss.META
        return Loss.COPIED if self.sources.copied(sentence.text) else None

    def _in_sentence(
        self, sentences: Sequence[Sentence], number: int, why: Loss | None
    ) -> Iterator[Finding]:
        """What the sentence `number` says, with those behind it; `why` nothing in it counts, if so."""
        for expectation in self.rubric.expectations:
            window, matches = _accepted(expectation, sentences, number)
            if matches and why:
                yield Finding(expectation.id, Level.ABSENT, window, why)
            elif matches:
                after = _after(sentences, number, window)
                yield judged(self.rubric.guards, expectation, window, matches, after)
            elif not why:
                yield from self._of_subject(expectation, sentences[number])

    def _of_subject(self, expectation: Expectation, sentence: Sentence) -> Iterator[Finding]:
        """What is said of something that the question has named."""
        named, guards = self.subject(expectation.id, sentence.turn), self.rubric.guards
        if named is None or sentence.is_question or guards.says("ignorant", sentence.text):
            return
        contrary = any_span(expectation.refuse, f"{named} {sentence.text}")
        if explanation(expectation.explain, sentence.text) and not contrary:
            found = level(guards, expectation, sentence.text, "")
            yield Finding(expectation.id, max(found, Level.APPLIED), sentence)


def _up_to_the_next(
    sentences: Sequence[Sentence], losses: Sequence[Loss | None], number: int
) -> Sequence[Sentence]:
    """`sentences` before the first one behind `number` in which nothing counts: no window reads it."""
    ahead = range(number + 1, len(sentences))
    return sentences[: next((at for at in ahead if losses[at]), len(sentences))]


def _accepted(
    expectation: Expectation, sentences: Sequence[Sentence], number: int
) -> tuple[Sentence, list[tuple[Span, ...]]]:
    """The fewest sentences from `number` on that match, and the spans of every pattern that does."""
    for window in _windows(sentences, number, expectation.window):
        matches = [spans for p in expectation.accept if (spans := p.spans(window.text))]
        if matches:
            return window, matches
    return sentences[number], []


def _windows(sentences: Sequence[Sentence], number: int, size: int) -> Iterator[Sentence]:
    """The sentence, then the sentence with those behind it, as long as they belong to one turn."""
    first = sentences[number]
    yield first
    text = first.text
    for pieces, following in enumerate(sentences[number + 1 : number + size], 2):
        if following.turn != first.turn:
            return
        text = f"{text} {following.text}"
        yield Sentence(text, first.start, following.end, first.turn, pieces)


def _after(sentences: Sequence[Sentence], number: int, window: Sentence) -> str:
    following = sentences[number + window.pieces : number + window.pieces + 1]
    return following[0].text if following and following[0].turn == window.turn else ""
