"""Pattern matching: from sentences to findings. Patterns match; guards decide whether a match counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from harness.interview.scoring.copying import Sources
from harness.interview.scoring.findings import Finding, Level, Loss
from harness.interview.scoring.follow_up import Subjects
from harness.interview.scoring.keyword_lists import without_lists
from harness.interview.scoring.levels import explanation, graded, level
from harness.interview.scoring.patterns import Span, any_span
from harness.interview.scoring.rubric import Expectation, Rubric
from harness.interview.scoring.sentences import Sentence

# Texts times expectations of a long interview: it is scored anew after each turn, and patterns are slow.
REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Matcher:
    """A rubric with the texts that do not count as the candidate's own words.

    subjects: for each of the candidate's turns, what the question before it names.
    """

    rubric: Rubric
    sources: Sources
    subjects: Sequence[Subjects] = ()

    def findings(self, sentences: Sequence[Sentence]) -> list[Finding]:
        """Return all findings of the patterns, near misses included, in the order of the text."""
        losses = [self.discounted(sentence) for sentence in sentences]
        findings = [
            finding
            for number, loss in enumerate(losses)
            for finding in self._in_sentence(_before_loss(sentences, losses, number), number, loss)
        ]
        return list(without_lists(self.rubric, findings, sentences))

    def subject(self, expectation: str, turn: int) -> str | None:
        """Return the words with which the question before a turn names an expectation."""
        return self.subjects[turn].get(expectation) if turn < len(self.subjects) else None

    def discounted(self, sentence: Sentence) -> Loss | None:
        """Return why nothing in a sentence counts: it is about the scoring, or copied; None if it counts."""
        if self.rubric.guards.says("about_the_scoring", sentence.text):
            return Loss.META
        return Loss.COPIED if self.sources.copied(sentence.text) else None

    def _in_sentence(
        self, sentences: Sequence[Sentence], number: int, loss: Loss | None
    ) -> Iterator[Finding]:
        """Yield the findings that begin in sentence `number`; `loss` is the reason if none of them counts."""
        for expectation in self.rubric.expectations:
            window, matches = _accepted(expectation, sentences, number)
            if matches and loss:
                yield Finding(expectation.id, Level.ABSENT, window, loss)
            elif matches:
                after = _after(sentences, number, window)
                yield graded(self.rubric.guards, expectation, window, matches, after)
            elif not loss:
                yield from self._about_subject(expectation, sentences[number])

    def _about_subject(self, expectation: Expectation, sentence: Sentence) -> Iterator[Finding]:
        """Yield the finding of a sentence that explains what the question named."""
        named, guards = self.subject(expectation.id, sentence.turn), self.rubric.guards
        if named is None or sentence.is_question or guards.says("ignorant", sentence.text):
            return
        contrary = any_span(expectation.refuse, f"{named} {sentence.text}")
        if explanation(expectation.explain, sentence.text) and not contrary:
            earned = level(guards, expectation, sentence.text, "")
            yield Finding(expectation.id, max(earned, Level.APPLIED), sentence)


def _before_loss(
    sentences: Sequence[Sentence], losses: Sequence[Loss | None], number: int
) -> Sequence[Sentence]:
    """Return the sentences before the first one after `number` that does not count.

    A window never extends into a sentence that does not count.
    """
    following = range(number + 1, len(sentences))
    return sentences[: next((index for index in following if losses[index]), len(sentences))]


def _accepted(
    expectation: Expectation, sentences: Sequence[Sentence], number: int
) -> tuple[Sentence, Sequence[tuple[Span, ...]]]:
    """Return the smallest window from `number` on that matches, and the spans of each matching pattern."""
    for window in _windows(sentences, number, expectation.window):
        if matches := _matches(expectation, window.text):
            return window, matches
    return sentences[number], ()


@lru_cache(REMEMBERED)
def _matches(expectation: Expectation, text: str) -> tuple[tuple[Span, ...], ...]:
    """Return the spans of each pattern that accepts a text."""
    return tuple(spans for pattern in expectation.accept if (spans := pattern.spans(text)))


def _windows(sentences: Sequence[Sentence], number: int, size: int) -> Iterator[Sentence]:
    """Yield the sentence alone, then joined with up to size - 1 following ones of the same turn."""
    first = sentences[number]
    yield first
    text = first.text
    for count, following in enumerate(sentences[number + 1 : number + size], 2):
        if following.turn != first.turn:
            return
        text = f"{text} {following.text}"
        yield Sentence(text, first.start, following.end, first.turn, count)


def _after(sentences: Sequence[Sentence], number: int, window: Sentence) -> str:
    following = sentences[number + window.n_sentences : number + window.n_sentences + 1]
    return following[0].text if following and following[0].turn == window.turn else ""
