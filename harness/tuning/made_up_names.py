"""Lessons under made-up product names: who has met few names learns them instead of comparing them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from random import Random

from harness.kb.products import FAMILIES, SERIES
from harness.models.lora.packing import Lesson

# What made-up families are put together from.
CONSONANTS, VOWELS, MIDDLES = "BCDFGHJKLMNPRSTVWZ", "aeiou", "bdlmnrst"
ENDS = ("a", "el", "er", "ford", "ia", "ick", "ley", "mont", "on", "ow", "wick", "y")
LETTERS = "ABCDGHKLMNPRSTVWXYZ"  # no E: error codes begin with it
MODELS = 8  # in a series


def disguised(lesson: Lesson, random: Random) -> Lesson:
    """`lesson` with all its products renamed: siblings stay siblings, namesakes namesakes."""
    families, models = _families(random), _models(random)

    def new(match: re.Match[str]) -> str:
        return f"{families[match[1]]} {models[match[2]]}"

    def told(text: str) -> str:
        return _names().sub(new, text)

    branches = (
        replace(one, asked=told(one.asked), wanted=told(one.wanted)) for one in lesson.branches
    )
    return replace(lesson, prompt=told(lesson.prompt), branches=tuple(branches))


@cache
def _names() -> re.Pattern[str]:
    """Every product's name: family, then model."""
    families, models = (" ".join(words).split() for words in (FAMILIES.values(), SERIES))
    return re.compile(rf"\b({'|'.join(families)}) ({'|'.join(models)})\b")


def _families(random: Random) -> dict[str, str]:
    """Family -> a word that no family is called."""
    families = " ".join(FAMILIES.values()).split()
    words: dict[str, None] = {}
    while len(words) < len(families):
        words[_word(random)] = None
    return dict(zip(families, words, strict=True))


def _word(random: Random) -> str:
    letters = (random.choice(some) for some in (CONSONANTS, VOWELS, MIDDLES))
    return "".join(letters) + random.choice(ENDS)


def _models(random: Random) -> dict[str, str]:
    """Model -> a model of another series; those of one series stay in one."""
    new = random.sample([*_words(random), *_numbered(random)], len(SERIES))
    return {
        old: name
        for series, names in zip(SERIES, new, strict=True)
        for old, name in zip(series.split(), names, strict=True)
    }


def _words(random: Random) -> Iterator[list[str]]:
    """The series of words, in another order."""
    for series in SERIES:
        words = series.split()
        if not any(character.isdigit() for character in series):
            yield random.sample(words, len(words))


def _numbered(random: Random) -> Iterator[list[str]]:
    """Series that differ in their digits alone, in letter and digits, or in both."""
    first, second, third = random.sample(LETTERS, 3)
    yield [f"{first}{n}00" for n in random.sample(range(1, 10), MODELS)]
    yield [f"{second}{n}" for n in random.sample(range(10, 100), MODELS)]
    yield [f"{a}{random.randint(2, 9)}" for a in random.sample(LETTERS, MODELS)]
    yield [f"{third}{n}0" for n in random.sample(range(10, 100), MODELS)]
