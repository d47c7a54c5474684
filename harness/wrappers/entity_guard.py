"""A guard for semantic caches: the names, numbers and negations that two questions must share.

An embedding hardly reflects the one word that matters: "12 months" and "24 months", "X200" and "X300", "on"
and "off" lie closer together than two wordings of one question. So these are compared as strings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from harness.stages.question_filter import PLACES

Signature = tuple[frozenset[str] | tuple[str, ...], ...]

WORDS = (
    "half two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred "
    "dozen twice first second third"
).replace(" ", "|")
WORDS += "|one(?= (?:year|month|week|day|hour|minute|time))"  # otherwise "one" is a pronoun
# "24 months", "24-month", "$39", "twelve years": the number and what it counts.
NUMBER = re.compile(rf"([$€£]?)(?<![\w.])(\d+(?:[.,]\d+)*|(?:{WORDS})\b)[\s-]*([^\W\d_]+|%|°)?")
CODE = re.compile(r"\b[^\W\d_]+\d\w*")  # X200, E07, b4
NEGATION = re.compile(
    r"\b(no|not|never|none|nor|neither|nobody|nothing|without|hardly)\b"
    r"|(cannot|\b(?:do|does|did|is|are|was|wo|ca|could|would|should|have|has|had)n['’]?t)\b"
)
OPPOSITES = re.compile(  # words whose counterpart means the opposite
    r"\b(off|before|after|enable|disable|min|max|least|most|increase|decrease|lock|unlock|except)"
    r"(?:imum)?\b"
)
MAKER = frozenset({"halden"})  # the maker of every product distinguishes none of them
CAPITAL = re.compile(r"(?<![.?!:\s])[\s,(]+([A-ZÀ-Þ][\w-]+)")  # not at the start of a sentence
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class EntityGuard:
    """A function from a question to its signature, or None if it names no known product.

    Two questions with different signatures must not share an answer.
    products: names of several words. The first word of a name counts as a product with any word after it.
    """

    products: Sequence[str]

    def __call__(self, text: str) -> Signature | None:
        lower = re.sub(r"['’]s\b", "", text.lower())
        products = self._products(lower)
        if not products:
            return None  # nothing distinguishes it from a question about something else
        others = _capitals(PLACES.rest(text)) - MAKER - frozenset(" ".join(products).split())
        return (products, PLACES.found(text), others, _numbers(lower), _negations(lower))

    def _products(self, lower: str) -> frozenset[str]:
        """Return the products named, including models that do not exist: a refusal can be cached, too."""
        words = WORD.findall(lower)
        following = zip(words, [*words[1:], ""], strict=True)
        return frozenset(
            f"{word} {after}" for word, after in following if word in self._first_words
        )

    @cached_property
    def _first_words(self) -> frozenset[str]:
        return frozenset(name.lower().split()[0] for name in self.products)


def _numbers(lower: str) -> frozenset[str]:
    numbers = (
        f"{sign}{number} {unit.removesuffix('s')}" for sign, number, unit in NUMBER.findall(lower)
    )
    return frozenset(numbers) | frozenset(CODE.findall(lower))


def _negations(lower: str) -> tuple[str, ...]:
    """Return every negation and opposite with repetitions, as two negations differ from one."""
    negations = ("not" if contracted else word for word, contracted in NEGATION.findall(lower))
    return tuple(sorted([*negations, *OPPOSITES.findall(lower)]))


def _capitals(text: str) -> frozenset[str]:
    """Return capitalised words, which may be unknown names: Germany is not France."""
    return frozenset(word.lower() for word in CAPITAL.findall(text))
