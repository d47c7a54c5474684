"""Names in a text: whole words, the longest one, however they are capitalised."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Names:
    """What may be named, and how it is spelled. spellings: spelling -> what it stands for."""

    spellings: Mapping[str, str]

    @classmethod
    def of(cls, names: Iterable[str]) -> Names:
        """Names that stand for themselves."""
        return cls({name: name for name in names})

    def found(self, text: str) -> frozenset[str]:
        """What `text` names: "Kestrel X2000" does not name the Kestrel X200."""
        meant = (self._meant.get(_folded(match[0])) for match in self.matches(text))
        return frozenset(name for name in meant if name)

    def rest(self, text: str) -> str:
        """`text` without the names."""
        return self._pattern.sub(" ", text)

    def matches(self, text: str) -> list[re.Match[str]]:
        """Where the names stand, from left to right."""
        return list(self._pattern.finditer(text))

    @cached_property
    def _meant(self) -> dict[str, str]:
        return {_folded(spelling): name for spelling, name in self.spellings.items()}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # Alternatives are tried in order, so the longest stands first. "X200-Pro" is another word than
        # "X200", and so is "X200.5"; "X200's" and "X200." are not.
        longest_first = sorted(self.spellings, key=len, reverse=True)
        spelled = "|".join(r"\s+".join(map(re.escape, s.split())) for s in longest_first)
        return re.compile(rf"(?<![\w-])(?:{spelled or '(?!)'})(?![-.]?\w)", re.IGNORECASE)


def _folded(spelling: str) -> str:
    return " ".join(spelling.casefold().split())
