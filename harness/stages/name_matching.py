"""Matching of known names in a text: whole words, longest name first, ignoring case."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Names:
    """Known names and their spellings. spellings: spelling -> name it stands for."""

    spellings: Mapping[str, str]

    @classmethod
    def of(cls, names: Iterable[str]) -> Names:
        """Return names that are spelled as they are."""
        return cls({name: name for name in names})

    def found(self, text: str) -> frozenset[str]:
        """Return the names in `text`. "Kestrel X2000" does not contain the name Kestrel X200."""
        names = (self._by_spelling.get(_folded(match[0])) for match in self.matches(text))
        return frozenset(name for name in names if name)

    def rest(self, text: str) -> str:
        """Return `text` without the names."""
        return self._pattern.sub(" ", text)

    def matches(self, text: str) -> list[re.Match[str]]:
        """Return the matches of the names, from left to right."""
        return list(self._pattern.finditer(text))

    @cached_property
    def _by_spelling(self) -> dict[str, str]:
        return {_folded(spelling): name for spelling, name in self.spellings.items()}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # Alternatives are tried in order, so the longest comes first. "X200-Pro" and "X200.5" do not match
        # "X200"; "X200's" and "X200." do.
        longest_first = sorted(self.spellings, key=len, reverse=True)
        spelled = "|".join(r"\s+".join(map(re.escape, s.split())) for s in longest_first)
        return re.compile(rf"(?<![\w-])(?:{spelled or '(?!)'})(?![-.]?\w)", re.IGNORECASE)


def _folded(spelling: str) -> str:
    return " ".join(spelling.casefold().split())
