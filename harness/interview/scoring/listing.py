"""The list guard: naming everything there is is not knowing any of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from harness.interview.scoring.findings import Finding, Level, Loss
from harness.interview.scoring.reading import Sentence
from harness.interview.scoring.rubric import Rubric

LISTED = 4  # ideas of one dimension in a sentence: from here on it may be a list
NAME_WORDS = 3.5  # words a name, at most, in a list of names
PURPOSE_WORDS = 5.5  # words a name, at most, in a list of names with a purpose each
BARE_NAMES = 3  # one-name sentences that make a list written line by line
SPEECH = 0.12  # share of function words; a keyword list has less
FRAMED, FRAME_WORDS = 4, 14  # sentences that begin alike and are no longer than this are a mould


def without_lists(
    rubric: Rubric, found: Sequence[Finding], sentences: Sequence[Sentence]
) -> Iterator[Finding]:
    """The findings; what stands in a list is worth a mention where something is proposed, or nothing."""
    lists = _Lists(rubric, [finding for finding in found if finding.level], sentences)
    for finding in found:
        most = lists.most(finding.sentence)
        if finding.level <= most:
            yield finding
        else:
            crowded = lists.words_a_name(finding.sentence) <= NAME_WORDS
            yield replace(finding, level=most, loss=Loss.LIST, by_list=crowded and bool(most))


@dataclass(frozen=True)
class _Lists:
    rubric: Rubric
    credited: Sequence[Finding]
    sentences: Sequence[Sentence]

    def most(self, sentence: Sentence) -> Level:
        """The highest level that anything in a sentence may have."""
        share = self.words_a_name(sentence)
        names_alone = share <= NAME_WORDS or sentence in self._moulds
        if (
            self._is_keywords
            or (sentence in self._bare and len(self._bare) >= BARE_NAMES)
            or (names_alone and self.rubric.guards.recites(sentence.text))
        ):
            return Level.ABSENT
        return Level.MENTION if names_alone or share <= PURPOSE_WORDS else Level.EXPLAINED

    def words_a_name(self, sentence: Sentence) -> float:
        """Words for each idea of the dimension that has most in a sentence; endless below LISTED ideas."""
        names = self._names[sentence]
        return len(sentence.words) / names if names >= LISTED else float("inf")

    @cached_property
    def _names(self) -> dict[Sentence, int]:
        counts: defaultdict[Sentence, Counter[str]] = defaultdict(Counter)
        for finding in self.credited:
            counts[finding.sentence][self.rubric.by_id[finding.expectation].dimension] += 1
        most = {sentence: max(counter.values()) for sentence, counter in counts.items()}
        return defaultdict(int, most)

    @cached_property
    def _is_keywords(self) -> bool:
        several = len({finding.expectation for finding in self.credited}) >= LISTED
        return (
            several and self.rubric.guards.function_share([s.text for s in self.sentences]) < SPEECH
        )

    @cached_property
    def _bare(self) -> frozenset[Sentence]:
        return frozenset(
            f.sentence for f in self.credited if self.rubric.guards.bare(f.sentence.text)
        )

    @cached_property
    def _moulds(self) -> frozenset[Sentence]:
        """Short sentences that begin with the same three words."""
        short = {f.sentence for f in self.credited if len(f.sentence.words) <= FRAME_WORDS}
        frames = Counter(tuple(s.words[:3]) for s in short)
        return frozenset(s for s in short if frames[tuple(s.words[:3])] >= FRAMED)
