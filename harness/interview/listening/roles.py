"""Roles: what a sentence says about a change, whether it plans, refuses, guards, prices or explains it.

A candidate names a remedy in many sentences that do not propose it: its check, its price, its effect, the
words for product. The role tells them apart. Its examples are in `content/roles/`, one file for each voice.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import nlargest
from pathlib import Path

from harness.interview.content_files import BadContentError, Text, read
from harness.interview.listening.examples import ROLES as FOLDER
from harness.interview.listening.said import ROLES, Said
from harness.interview.reading import Role

NAMES = tuple(str(role) for role in Role)
LEAD = 1.0  # by how much the log odds of the best role must be ahead


def role_sentences(folder: Path = FOLDER) -> Iterator[tuple[str, str, str]]:
    """Yield (sentence, role, voice) of all voices.

    Raises BadContentError if a file is broken or names a role that does not exist.
    """
    for path in sorted(folder.glob("*.yaml")):
        for role, sentences in read(path, dict[str, tuple[Text, ...]]).items():
            if role not in NAMES:
                raise BadContentError(f"{path.name}: there is no role {role}.")
            yield from ((sentence, role, path.stem) for sentence in sentences)


def role(said: Said) -> Role | None:
    """Return the role of a sentence; None if none is clear."""
    best, second = nlargest(2, said.odds[ROLES].items(), key=lambda found: found[1])
    return Role(best[0]) if best[1] - second[1] >= LEAD else None
