"""Suspects: what a sentence says the time goes into, and whether that is the cause of this case."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from pydantic import Field

from harness.interview.content_files import CONTENT, Pattern, Strict, Text, read
from harness.interview.listening.examples import Row, examples, heard_turns, single, stored
from harness.interview.listening.similarity import Examples, Regression, Said, regression
from harness.interview.meanings import Embed
from harness.interview.reading import Act, Cause, Suspect
from harness.interview.scenario.scenario import Scenario

NONE = "none"
SAYING = frozenset(Act) - {Act.DONT_KNOW, Act.HINT, Act.REPEAT, Act.OFF_TOPIC, Act.DONE}
# What is added to a score that runs from about -1 to 1: for a matching pattern, for the case's own cause, and
# for a pattern of that cause. Chosen, like the limit, by cross-validation over voices.
PATTERN, CAUSE, OWN_PATTERN = 0.2, 0.2, 0.5
AHEAD = 0.05  # by how much more it must blame something than nothing


class Entry(Strict):
    """One suspect. says: how the interviewer names it; stage: where it would show.

    right_in: the scenarios whose cause it is; part_in: those in which it is a symptom of the cause.
    """

    says: Text
    stage: str | None
    right_in: tuple[str, ...] = ()
    part_in: tuple[str, ...] = ()
    patterns: tuple[Pattern, ...]
    examples: tuple[Text, ...] = Field(min_length=3)


class Suspects(Strict):
    """The content file. none: claims that blame nothing."""

    suspects: dict[str, Entry]
    none: tuple[Text, ...]


def suspects() -> Mapping[str, Entry]:
    """Return all suspects by id."""
    return _content().suspects


@cache
def _content() -> Suspects:
    return read(CONTENT / "suspects.yaml", Suspects)


@dataclass(frozen=True)
class SuspectFinder:
    """Finds what a claim blames. others: returns sentences that blame nothing."""

    embed: Embed
    others: Callable[[], tuple[str, ...]]
    folder: Path | None = None

    def __call__(self, said: Said, scenario: Scenario) -> Suspect | None:
        """Return the suspect of a claim; None if it blames nothing, or acquits what it names."""
        sentence = said.text
        if ACQUITS.search(sentence):
            return None
        own = _named(scenario, sentence)
        *scores, nothing = self.regression.scores(said)
        totals = {
            name: float(score) + PATTERN * bool(_quote(name, sentence))
            for name, score in zip(suspects(), scores, strict=True)
        }
        for name in totals:
            if judged(name, scenario) == "right":
                totals[name] += CAUSE + OWN_PATTERN * bool(own)
        best = max(totals, key=lambda name: totals[name])
        if totals[best] < nothing + AHEAD:
            return None
        cause = judged(best, scenario)
        quote = (own if cause == "right" else None) or _quote(best, sentence) or sentence
        return Suspect(best, cause, quote, suspects()[best].stage)

    def examples(self) -> Examples:
        rows = [(text, name) for name, entry in suspects().items() for text in entry.examples]
        rows += [(text, NONE) for text in (*self.others(), *_content().none)]
        return examples([*single(rows), *_heard_blaming()], (*suspects(), NONE))

    @cached_property
    def regression(self) -> Regression:
        return regression(
            self.examples, self.embed, self.folder and stored("suspects", self.folder)
        )


def _heard_blaming() -> Iterator[Row]:
    """Yield the whole turns that say something, with what they blame."""
    return (turn.row((turn.blames or NONE,)) for turn in heard_turns() if SAYING & set(turn.acts))


def judged(suspect: str, scenario: Scenario) -> Cause | None:
    """Return whether a suspect is the cause of a scenario; None for a symptom of it."""
    entry = suspects()[suspect]
    if scenario.id in entry.right_in:
        return "right"
    return None if scenario.id in entry.part_in else "wrong"


ACQUITS = re.compile(
    r"^\W*(?:(?:and|but|so)\W+)?not (the|their|our|its|your|a)\b|"
    r"\b(it|that)(.?s| is) not (the|their|our|its|your)\b(?!.*\b(it.?s|but|rather)\b)|"
    r"\b(not (it|that|the (problem|cause|issue|bottleneck))|(?<!, )isn.?t (it|that|the)|can.?t be|cannot be|"
    r"innocent|red herring|negligible|noise|not (to blame|responsible|guilty)|no longer|excluded?|ruled? out|"
    r"could vanish|is tiny|is fine|are fine|refutes?|not (the|a) (search|model|network|queue|cache)|"
    r"only \d+ ?(%|percent|ms)|just \d+ ?(%|percent|ms))",
    re.IGNORECASE,
)


def _named(scenario: Scenario, sentence: str) -> str | None:
    """Return the words that name the scenario's own cause, by its patterns."""
    found = (pattern.search(sentence) for pattern in _compiled(scenario.cause.named))
    return next((match[0] for match in found if match), None)


def _quote(name: str, sentence: str) -> str | None:
    found = (pattern.search(sentence) for pattern in _compiled(suspects()[name].patterns))
    return next((match[0] for match in found if match), None)


@cache
def _compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)
