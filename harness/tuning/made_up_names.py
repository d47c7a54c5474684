"""Lessons under made-up product names, so that a model compares names instead of memorising a few."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from random import Random

from harness.kb.new_world import made_up_word
from harness.kb.products import FAMILIES, SERIES
from harness.models.lora.packing import Lesson

LETTERS = "ABCDGHKLMNPRSTVWXYZ"  # no E, because error codes begin with it
MODELS = 8  # in a series


def disguised(lesson: Lesson, random: Random) -> Lesson:
    """Return `lesson` with all products renamed; siblings stay siblings, and namesakes stay namesakes."""
    families, models = _families(random), _models(random)

    def new(match: re.Match[str]) -> str:
        return f"{families[match[1]]} {models[match[2]]}"

    def renamed(text: str) -> str:
        return _names().sub(new, text)

    branches = tuple(
        replace(branch, asked=renamed(branch.asked), wanted=renamed(branch.wanted))
        for branch in lesson.branches
    )
    return replace(lesson, prompt=renamed(lesson.prompt), branches=branches)


@cache
def _names() -> re.Pattern[str]:
    """Return a pattern for every product's name, with family and model as groups."""
    families, models = (" ".join(words).split() for words in (FAMILIES.values(), SERIES))
    return re.compile(rf"\b({'|'.join(families)}) ({'|'.join(models)})\b")


def _families(random: Random) -> dict[str, str]:
    """Return a made-up name for each family."""
    families = " ".join(FAMILIES.values()).split()
    words: dict[str, None] = {}
    while len(words) < len(families):
        words[made_up_word(random)] = None
    return dict(zip(families, words, strict=True))


def _models(random: Random) -> dict[str, str]:
    """Return a new name for each model; the models of one series get names of one series."""
    new = random.sample([*_words(random), *_numbered(random)], len(SERIES))
    return {
        old: name
        for series, names in zip(SERIES, new, strict=True)
        for old, name in zip(series.split(), names, strict=True)
    }


def _words(random: Random) -> Iterator[list[str]]:
    """Yield the series of words, each in random order."""
    for series in SERIES:
        words = series.split()
        if not any(character.isdigit() for character in series):
            yield random.sample(words, len(words))


def _numbered(random: Random) -> Iterator[list[str]]:
    """Yield series whose models differ only in digits, or in letter and digit."""
    first, second, third = random.sample(LETTERS, 3)
    yield [f"{first}{n}00" for n in random.sample(range(1, 10), MODELS)]
    yield [f"{second}{n}" for n in random.sample(range(10, 100), MODELS)]
    yield [f"{a}{random.randint(2, 9)}" for a in random.sample(LETTERS, MODELS)]
    yield [f"{third}{n}0" for n in random.sample(range(10, 100), MODELS)]
