"""The list guard: limits the credit for keyword lists, because naming every technique shows no knowledge."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from harness.interview.scoring.findings import Finding, Level, Loss
from harness.interview.scoring.rubric import Rubric
from harness.interview.scoring.sentences import Place, Sentence

LISTED = 4  # a sentence with at least so many ideas of one dimension may be a list
NAME_WORDS = 3.5  # maximum words per name in a list of names
PURPOSE_WORDS = 5.5  # maximum words per name in a list of names with a purpose each
BARE_NAMES = 3  # one-name sentences that make a list written line by line
SPEECH = 0.12  # share of function words; a keyword list has less
# At least 4 sentences of at most 14 words that begin alike are a template.
TEMPLATED, TEMPLATE_WORDS = 4, 14


def without_lists(
    rubric: Rubric, findings: Sequence[Finding], sentences: Sequence[Sentence]
) -> Iterator[Finding]:
    """Yield the findings; those in a list become a mention if the list proposes something, else nothing."""
    lists = _Lists(rubric, [finding for finding in findings if finding.level], sentences)
    for finding in findings:
        highest = lists.highest(finding.sentence)
        if finding.level and highest < Level.EXPLAINED:
            level, by_list = min(finding.level, highest), lists.names_only(finding.sentence)
            yield replace(finding, level=level, loss=Loss.LIST, by_list=by_list)
        else:
            yield finding


@dataclass(frozen=True)
class _Lists:
    rubric: Rubric
    credited: Sequence[Finding]
    sentences: Sequence[Sentence]

    def highest(self, sentence: Sentence) -> Level:
        """Return the highest level that a finding in a sentence may have."""
        names_alone = self.names_only(sentence) or sentence.place in self._templated
        line_of_list = sentence.place in self._bare and len(self._bare) >= BARE_NAMES
        recited = names_alone and self.rubric.guards.recites(sentence.text)
        if self._is_keywords or line_of_list or recited:
            return Level.ABSENT
        with_purposes = self._words_per_name(sentence) <= PURPOSE_WORDS
        return Level.MENTION if names_alone or with_purposes else Level.EXPLAINED

    def names_only(self, sentence: Sentence) -> bool:
        """Return True if a sentence is names and hardly anything else."""
        return self._words_per_name(sentence) <= NAME_WORDS

    def _words_per_name(self, sentence: Sentence) -> float:
        """Return words per idea of the sentence's most frequent dimension; infinity below LISTED ideas."""
        names = self._names[sentence.place]
        return len(sentence.words) / names if names >= LISTED else float("inf")

    @cached_property
    def _names(self) -> defaultdict[Place, int]:
        """Return, by sentence, the number of credited ideas of its most frequent dimension."""
        counts: defaultdict[Place, Counter[str]] = defaultdict(Counter)
        for finding in self.credited:
            dimension = self.rubric.by_id[finding.expectation].dimension
            counts[finding.sentence.place][dimension] += 1
        return defaultdict(int, {place: max(counts[place].values()) for place in counts})

    @cached_property
    def _is_keywords(self) -> bool:
        """Return True if the whole text is a list of keywords."""
        several = len({finding.expectation for finding in self.credited}) >= LISTED
        share = self.rubric.guards.function_share([s.text for s in self.sentences])
        return several and share < SPEECH

    @cached_property
    def _bare(self) -> frozenset[Place]:
        """Return the places of credited sentences that are a single name."""
        credited = {f.sentence.place for f in self.credited}
        bare = (s for s in self.sentences if self.rubric.guards.bare(s.text))
        return frozenset(credited & {s.place for s in bare})

    @cached_property
    def _templated(self) -> frozenset[Place]:
        """Return the places of short sentences that begin with the same three words."""
        credited = {f.sentence.place for f in self.credited}
        short = [
            s for s in self.sentences if s.place in credited and len(s.words) <= TEMPLATE_WORDS
        ]
        openings = Counter(tuple(s.words[:3]) for s in short)
        return frozenset(s.place for s in short if openings[tuple(s.words[:3])] >= TEMPLATED)
