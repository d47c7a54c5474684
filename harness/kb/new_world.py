"""A world that nobody has seen: made-up families of products, with facts and gaps of their own.

It has few products, because each of its articles has to be embedded before a graded run can begin: 675 took
15 s on two quiet cores, and these are two thirds of them. A run asks about 124 of 330 pairs of product and
kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from random import Random

from harness.kb.kinds import kinds
from harness.kb.products import CATEGORIES, FAMILIES, World

N_FAMILIES, SIBLINGS = 4, 2  # the fewest that give each product a sibling, and some variety

# The parts of made-up family names.
CONSONANTS, VOWELS, MIDDLES = "BCDFGHJKLMNPRSTVWZ", "aeiou", "bdlmnrst"
ENDS = ("a", "el", "er", "ford", "ia", "ick", "ley", "mont", "on", "ow", "wick", "y")


def new_world(seed: int) -> World:
    """Return the world that follows from `seed`; all its products are in the split `test`."""
    random = Random(seed)
    categories = random.sample(tuple(CATEGORIES), N_FAMILIES)
    names = islice(_new_names(random), N_FAMILIES)
    return World(seed, tuple(zip(categories, names, strict=True)), (SIBLINGS,), ("test",))


def made_up_word(random: Random) -> str:
    """Return a word that can be pronounced and seldom exists, such as "Nudmont"."""
    letters = (random.choice(group) for group in (CONSONANTS, VOWELS, MIDDLES))
    return "".join(letters) + random.choice(ENDS)


def _new_names(random: Random) -> Iterator[str]:
    used = set(_words())
    while True:
        name = made_up_word(random)
        if name.lower() not in used:
            used.add(name.lower())
            yield name


@cache
def _words() -> frozenset[str]:
    """Return all words of the articles and questions, and the shipped families, in lower case."""
    forms = (
        text
        for kind in kinds()
        for text in (*kind.articles, *kind.answers, *kind.questions.dev, *kind.questions.test)
    )
    return frozenset(re.findall(r"\w+", " ".join([*forms, *FAMILIES.values()]).lower()))
