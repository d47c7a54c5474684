"""The list guard: naming everything there is is not knowing any of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from harness.interview.scoring.findings import Finding, Level, Loss
from harness.interview.scoring.rubric import Rubric
from harness.interview.scoring.sentences import Sentence

LISTED = 4  # ideas of one dimension in a sentence: from here on it may be a list
NAME_WORDS = 3.5  # words a name, at most, in a list of names
PURPOSE_WORDS = 5.5  # words a name, at most, in a list of names with a purpose each
BARE_NAMES = 3  # one-name sentences that make a list written line by line
SPEECH = 0.12  # share of function words; a keyword list has less
FRAMED, FRAME_WORDS = 4, 14  # sentences that begin alike and are no longer than this are a mould

Place = tuple[int, int]  # turn and start: where a sentence, or several from it on, begins


def without_lists(
    rubric: Rubric, found: Sequence[Finding], sentences: Sequence[Sentence]
) -> Iterator[Finding]:
    """The findings; what stands in a list is worth a mention where something is proposed, or nothing."""
    lists = _Lists(rubric, [finding for finding in found if finding.level], sentences)
    for finding in found:
        most = lists.most(finding.sentence)
        if finding.level and most < Level.EXPLAINED:
            level = min(finding.level, most)
            yield replace(finding, level=level, loss=Loss.LIST, by_list=lists.bare_list(finding))
        else:
            yield finding


@dataclass(frozen=True)
class _Lists:
    rubric: Rubric
    credited: Sequence[Finding]
    sentences: Sequence[Sentence]

    def most(self, sentence: Sentence) -> Level:
        """The highest level that anything in a sentence may have."""
        share = self._words_a_name(sentence)
        names_alone = share <= NAME_WORDS or _place(sentence) in self._moulds
        line_of_list = _place(sentence) in self._bare and len(self._bare) >= BARE_NAMES
        recited = names_alone and self.rubric.guards.recites(sentence.text)
        if self._is_keywords or line_of_list or recited:
            return Level.ABSENT
        return Level.MENTION if names_alone or share <= PURPOSE_WORDS else Level.EXPLAINED

    def bare_list(self, finding: Finding) -> bool:
        """True in a sentence that is names and hardly anything else."""
        return self._words_a_name(finding.sentence) <= NAME_WORDS

    def _words_a_name(self, sentence: Sentence) -> float:
        """Words for each idea of the dimension that has most in a sentence; endless below LISTED ideas."""
        names = self._names[_place(sentence)]
        return len(sentence.words) / names if names >= LISTED else float("inf")

    @cached_property
    def _names(self) -> defaultdict[Place, int]:
        counts: defaultdict[Place, Counter[str]] = defaultdict(Counter)
        for finding in self.credited:
            dimension = self.rubric.by_id[finding.expectation].dimension
            counts[_place(finding.sentence)][dimension] += 1
        return defaultdict(int, {place: max(counts[place].values()) for place in counts})

    @cached_property
    def _is_keywords(self) -> bool:
        several = len({finding.expectation for finding in self.credited}) >= LISTED
        share = self.rubric.guards.function_share([s.text for s in self.sentences])
        return several and share < SPEECH

    @cached_property
    def _bare(self) -> frozenset[Place]:
        credited = {_place(f.sentence) for f in self.credited}
        bare = (s for s in self.sentences if self.rubric.guards.bare(s.text))
        return frozenset(credited & {_place(s) for s in bare})

    @cached_property
    def _moulds(self) -> frozenset[Place]:
        """Short sentences that begin with the same three words."""
        credited = {_place(f.sentence) for f in self.credited}
        short = [s for s in self.sentences if _place(s) in credited and len(s.words) <= FRAME_WORDS]
        frames = Counter(tuple(s.words[:3]) for s in short)
        return frozenset(_place(s) for s in short if frames[tuple(s.words[:3])] >= FRAMED)


def _place(sentence: Sentence) -> Place:
    return sentence.turn, sentence.start
