"""Roles: what a sentence says about a change, whether it plans, refuses, guards, prices or explains it.

A candidate names a remedy in many sentences that do not propose it: its check, its price, its effect, the
words for product. The role tells them apart. Its examples are in `content/roles/`, one file for each voice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from heapq import nlargest
from pathlib import Path

from harness.interview.content_files import BadContentError, Text, read
from harness.interview.listening.examples import (
    ROLES,
    examples,
    heard_turns,
    labelled_sentences,
    single,
    stored,
)
from harness.interview.listening.similarity import Examples, Regression, Said, regression
from harness.interview.listening.turns import parts
from harness.interview.meanings import Embed
from harness.interview.reading import ABOUT, REFUSED, Act, Role

NAMES = tuple(str(role) for role in Role)
OF_ACTS = {
    (str(Act.ASK),): str(Role.ASK),
    (str(Act.DONT_KNOW),): str(Role.ASIDE),
    (str(Act.OFF_TOPIC),): str(Role.ASIDE),
}
EACH = 3  # one sentence in three; all of them would make most roles questions
LEAD = 0.2  # by how much the best role must be ahead; chosen by cross-validation over voices


def role_sentences(folder: Path = ROLES) -> Iterator[tuple[str, str, str]]:
    """Yield (sentence, role, voice) of all voices.

    Raises BadContentError if a file is broken or names a role that does not exist.
    """
    for path in sorted(folder.glob("*.yaml")):
        for role, sentences in read(path, dict[str, tuple[Text, ...]]).items():
            if role not in NAMES:
                raise BadContentError(f"{path.name}: there is no role {role}.")
            yield from ((sentence, role, path.stem) for sentence in sentences)


@dataclass(frozen=True, slots=True)
class Found:
    """What is found about the role of a sentence.

    role: None if none is clear; score: the best one, from about -1 to 1. about: True if it rather speaks of
    a change than plans or refuses it.
    """

    role: Role | None
    score: float
    about: bool


@dataclass(frozen=True)
class RoleFinder:
    """Finds the role of a sentence."""

    embed: Embed
    folder: Path | None = None

    def __call__(self, said: Said) -> Found:
        """Return what is found about the role of a sentence."""
        scores = dict(zip(Role, map(float, self.regression.scores(said)), strict=True))
        best, second = nlargest(2, scores, key=lambda role: scores[role])
        clear = scores[best] - scores[second] >= LEAD
        about = max(scores[role] for role in ABOUT) > max(scores[Role.PLAN], scores[Role.REFUSE])
        return Found(best if clear else None, scores[best], about)

    def examples(self) -> Examples:
        """Return the example sentences; those of the acts and of whole turns add questions and plans."""
        rows = single((text, role) for text, role, _ in role_sentences())
        by_act = [(text, OF_ACTS.get(acts)) for text, acts, _ in labelled_sentences()]
        rows += single((text, role) for text, role in (*by_act[::EACH], *_of_turns()) if role)
        return examples(rows, NAMES)

    @cached_property
    def regression(self) -> Regression:
        return regression(self.examples, self.embed, self.folder and stored("roles", self.folder))


def _of_turns() -> Iterator[tuple[str, str | None]]:
    """Yield (turn, role) of the whole turns of one sentence that ask, propose or refuse, and nothing else."""
    for turn in heard_turns():
        if len(parts(turn.says)) == 1 and len(turn.acts) == 1:
            refused = any(remedy.startswith(REFUSED) for remedy in turn.remedies)
            planned = Role.REFUSE if refused else Role.PLAN
            offers = turn.acts[0] == Act.PROPOSE and turn.remedies
            yield turn.says, str(planned) if offers else OF_ACTS.get(turn.acts)
