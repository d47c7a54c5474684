"""Suspects: what a sentence says the time goes into, and whether that is the cause of this case."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from pydantic import Field

from harness.interview.content_files import CONTENT, Pattern, Strict, Text, read
from harness.interview.listening.evidence import signs
from harness.interview.listening.examples import single, stored
from harness.interview.listening.similarity import Examples, Regression, regression
from harness.interview.meanings import Embed
from harness.interview.reading import Cause, Suspect
from harness.interview.scenario.scenario import Scenario

NONE = "none"
# Limits, set by hand on the authors' own turns.
PATTERN = 0.45  # what a matching pattern adds to a score that runs from about -1 to 1
BLAMED = -0.6  # the least score of a suspect
DOUBT = (
    0.2  # how far below "nothing is blamed" it may be: a claim is passed in, and most claims blame
)


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

    def __call__(self, sentence: str, meaning: np.ndarray, scenario: Scenario) -> Suspect | None:
        """Return the suspect of a claim; None if it blames nothing, or acquits what it names."""
        if ACQUITS.search(sentence):
            return None
        if quote := _named(scenario, sentence):
            return Suspect(scenario.cause.name, "right", quote, scenario.cause.stage)
        scores = self.regression.scores(sentence, meaning, signs(sentence))
        totals = {
            name: float(score) + PATTERN * bool(_quote(name, sentence))
            for name, score in zip((*suspects(), NONE), scores, strict=True)
            if name != NONE
        }
        best = max(totals, key=lambda name: totals[name])
        if totals[best] < max(BLAMED, float(scores[-1]) - DOUBT):
            return None
        quote = _quote(best, sentence) or sentence
        return Suspect(best, judged(best, scenario), quote, suspects()[best].stage)

    def examples(self) -> Examples:
        rows = [(text, name) for name, entry in suspects().items() for text in entry.examples]
        others = (*self.others(), *_content().none)
        return single([*rows, *((text, NONE) for text in others)], (*suspects(), NONE))

    @cached_property
    def regression(self) -> Regression:
        return regression(
            self.examples, self.embed, self.folder and stored("suspects", self.folder)
        )


def judged(suspect: str, scenario: Scenario) -> Cause | None:
    """Return whether a suspect is the cause of a scenario; None for a symptom of it."""
    entry = suspects()[suspect]
    if scenario.id in entry.right_in:
        return "right"
    return None if scenario.id in entry.part_in else "wrong"


ACQUITS = re.compile(
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
