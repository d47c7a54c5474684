"""A staleness probe: change an article on purpose, and ask until the answer follows.

The clock is set by hand, because waiting an hour would show nothing more. Ages are therefore simulated (SIM);
the answers are real.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from harness.assistant import Chunk
from harness.kb.articles import Article

# (seconds on the clock, version of the article) -> text of the answer
Answer = Callable[[float, int], str]


@dataclass(frozen=True, slots=True)
class EditedArticle:
    """An article that is edited: version i states facts[i]. chunk: version 0."""

    chunk: Chunk
    facts: tuple[str, ...]

    def version(self, number: int) -> Chunk:
        """Return the article as it is after `number` edits."""
        text = self.chunk.text.replace(self.facts[0], self.facts[number])
        return replace(self.chunk, text=text)


def edited(article: Article, *facts: str) -> EditedArticle:
    """Return `article` with one edit for each of `facts`, which replace what it states now."""
    return EditedArticle(article.chunk, (article.asked, *facts))


class AnswerStore(dict):
    """A store of answers in memory: key -> (answer, deadline in seconds)."""

    def put(self, key: str, answer: str, deadline: float) -> None:
        """Store an answer, replacing an earlier one."""
        self[key] = (answer, deadline)


@dataclass(frozen=True, slots=True)
class Observation:
    """The answer at one moment. right: it contains the fact that the article states at that moment."""

    at_s: float
    text: str
    right: bool


def probe(
    answer: Answer, facts: Sequence[str], edits_s: Sequence[float], requests_s: Sequence[float]
) -> list[Observation]:
    """Return an observation for each of `requests_s`.

    Version i of the article states facts[i], from edits_s[i - 1] on.
    """
    observations = []
    for at_s in requests_s:
        version = sum(edit_s <= at_s for edit_s in edits_s)
        text = answer(at_s, version)
        observations.append(Observation(at_s, text, facts[version] in text))
    return observations


def stale_s(observations: Sequence[Observation], edit_s: float) -> float:
    """Return the seconds from `edit_s` to the first right answer after it, or infinity if there is none."""
    right_s = (seen.at_s for seen in observations if seen.at_s >= edit_s and seen.right)
    return next(right_s, float("inf")) - edit_s
