"""Cleaning of a candidate's text, and splitting into sentences that keep their place in the original.

What a human reader does not see (tags, zero-width characters) is hidden from the scorer too. Quotes are
always taken from the original, so every clean character records its place there.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice

MAX_WORDS = 1_200  # eight minutes of talking; the rest is not read, and a notice says so
MAX_CHARACTERS = 60_000  # 1,200 words of 50 characters, more than any language needs
# Of signs and spaces in a row; more say nothing, and patterns that look for words after them would take
# a time that grows with their square.
MAX_SIGNS = 40
MAX_SENTENCE_WORDS = 80  # a longer sentence is cut, because patterns match within a sentence

INVISIBLE = re.compile(
    r"(?is)<(script|style)\b.{0,5000}?</\1\s*>"
    r"|<!--(?:(?!<!--).)*?-->"  # not over a second opening: the time would grow with the square of the length
    r"|</?[a-z][^<>]{0,300}>"
)
ENTITY = re.compile(r"&(#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});")
SAME = str.maketrans("’‘ʼ`“”–—‑−→⇒…", "''''\"\"----⟶⟶.")  # variants of a sign become one
WORD = re.compile(r"\w+(?:'\w+)*")
ABBREVIATION = re.compile(r"(?i)\b(e\.g|i\.e|vs|etc|approx|ca|incl|resp|no|fig|cf)\.$")
BULLET = re.compile(r"\s*(?:[-*•·]|\(?\d{1,2}[.)]|[a-z]\))\s+")
BREAK = re.compile(r"[.!?]+[\"')\]]*(?=\s)|;|\n")
REMEMBERED = 200  # turns: a long interview and the one before it
WRAPPED = 50  # characters of a line that may continue in the next; a shorter one is a list item

Place = tuple[int, int]  # turn and start of a sentence, or of the first of several


@dataclass(frozen=True, slots=True)
class Sentence:
    """A piece of clean text that stands for the characters [start, end) of the original.

    turn: index among the candidate's turns. n_sentences: number of sentences joined in this one.
    """

    text: str
    start: int
    end: int
    turn: int = 0
    n_sentences: int = 1

    @property
    def place(self) -> Place:
        """Return turn and start."""
        return self.turn, self.start

    @property
    def words(self) -> list[str]:
        """Return the words in lower case."""
        return WORD.findall(self.text.lower())

    @property
    def is_question(self) -> bool:
        """Return True if the sentence ends in a question mark."""
        return self.text.rstrip("\"') ").endswith("?")


@dataclass(frozen=True)
class Passage:
    """One turn of a candidate: the original, and its clean characters with their indices in the original."""

    original: str
    clean: str
    places: tuple[int, ...]
    words_left_out: int = 0
    turn: int = 0

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """Return the sentences in order; each has at least one word."""
        return tuple(self._sentence(a, b) for a, b in _spans(self.clean))

    def quote(self, start: int, end: int) -> str:
        """Return the characters [start, end) of the original."""
        return self.original[start:end]

    def _sentence(self, start: int, end: int) -> Sentence:
        return Sentence(
            self.clean[start:end], self.places[start], self.places[end - 1] + 1, self.turn
        )


@lru_cache(REMEMBERED)
def read(original: str, turn: int = 0) -> Passage:
    """Return the passage of a text, cut after MAX_WORDS words.

    The last ones are remembered: a running interview is scored anew after each turn.
    """
    characters = list(islice(_few_signs(_visible(original[:MAX_CHARACTERS])), MAX_CHARACTERS))
    clean = "".join(character for character, _ in characters)
    words = list(WORD.finditer(clean))
    end = words[MAX_WORDS - 1].end() if len(words) > MAX_WORDS else len(clean)
    places = tuple(place for _, place in characters[:end])
    left_out = max(0, len(words) - MAX_WORDS) + len(WORD.findall(original[MAX_CHARACTERS:]))
    return Passage(original, clean[:end], places, left_out, turn)


def together(sentences: Iterable[Sentence], most: int) -> Iterator[list[Sentence]]:
    """Yield consecutive sentences of at most `most` words in all; a longer sentence is alone."""
    group: list[Sentence] = []
    for sentence in sentences:
        if group and sum(len(s.words) for s in (*group, sentence)) > most:
            yield group
            group = []
        group.append(sentence)
    if group:
        yield group


def _few_signs(visible: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Yield the characters, but at most MAX_SIGNS in a row that are no letters or digits."""
    signs = 0
    for character, place in visible:
        signs = 0 if character.isalnum() else signs + 1
        if signs <= MAX_SIGNS:
            yield character, place


def _visible(original: str) -> Iterator[tuple[str, int]]:
    """Yield each visible character, normalised, with its index in the original."""
    position = 0
    for hidden in INVISIBLE.finditer(original):
        yield from _characters(original, position, hidden.start())
        yield " ", hidden.start()
        position = hidden.end()
    yield from _characters(original, position, len(original))


def _characters(original: str, start: int, end: int) -> Iterator[tuple[str, int]]:
    position = start
    while position < end:
        entity = ENTITY.match(original, position, end) if original[position] == "&" else None
        raw = html.unescape(entity[0]) if entity else original[position]
        for character in unicodedata.normalize("NFKC", raw):
            category = unicodedata.category(character)
            if category == "Cf":  # zero-width and direction marks, soft hyphens
                continue
            shown = character if character == "\n" or category[0] != "C" else " "
            yield (" " if category == "Zs" else shown.translate(SAME)), position
        position = entity.end() if entity else position + 1


def _spans(clean: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each sentence."""
    start = 0
    for end in [*_breaks(clean), len(clean)]:
        yield from _trimmed(clean, start, end)
        start = end


def _breaks(clean: str) -> Iterator[int]:
    for match in BREAK.finditer(clean):
        sign, place = clean[match.start()], match.start()
        abbreviated = sign == "." and ABBREVIATION.search(clean[max(0, place - 8) : place + 1])
        if not abbreviated and not (sign == "\n" and _continues(clean, place)):
            yield match.end()


def _continues(clean: str, newline: int) -> bool:
    """Return True if a text was wrapped here: the line is long and the next begins in lower case."""
    length = newline - (clean.rfind("\n", 0, newline) + 1)
    return length >= WRAPPED and clean[newline + 1 : newline + 2].islower()


def _trimmed(clean: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the span without bullet and surrounding space, cut if too long; nothing if it has no word."""
    if bullet := BULLET.match(clean, start, end):
        start = bullet.end()
    words = list(WORD.finditer(clean, start, end))
    for first in range(0, len(words), MAX_SENTENCE_WORDS):
        piece = words[first : first + MAX_SENTENCE_WORDS]
        last = first + MAX_SENTENCE_WORDS >= len(words)
        stop = len(clean[:end].rstrip()) if last else piece[-1].end()
        yield piece[0].start(), stop
