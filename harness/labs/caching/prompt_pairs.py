"""Pairs of prompts about the same passages, as the prefix cache of a busy service meets them.

The second request has another question, comes a day later, and gets the passages in another order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from harness.assistant import Question
from harness.models.engines.language_model import chat_prompt
from harness.stages.prompt import SYSTEM

Passages = list[tuple[str, str]]  # (id, text), best first
# instructions, passages, question, date -> prompt
Layout = Callable[[str, Passages, str, str], str]
# number of a round -> the earlier prompt, the one that is timed
Pair = Callable[[int], tuple[str, str]]

COLD, AGAIN = "cold", "the same prompt again"
SEED = 7


@dataclass(frozen=True)
class PromptPairs:
    """Pairs of prompts. passages: question -> its passages; rng: draws the order of the second prompt.

    Pair i is about the passages of questions[i]. Its second question is taken from the end of `questions`.
    """

    questions: Sequence[Question]
    passages: Callable[[Question], Passages]
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(SEED))

    def pair(self, layout: Layout, number: int) -> tuple[str, str]:
        """Return the prompts of pair `number`; each call draws another order."""
        given = self.passages(self.questions[number])
        shuffled = [given[place] for place in self.rng.permutation(len(given))]
        first, second = self.questions[number], self.questions[-1 - number]
        return _prompt(layout, given, first, 1), _prompt(layout, shuffled, second, 2)

    def cases(self, layouts: Mapping[str, Layout]) -> dict[str, Pair]:
        """Return what `measure_layouts` takes: the pairs in each layout, and two cases to compare with.

        These use the first layout: COLD, without an earlier prompt, and AGAIN, with the same one.
        """
        best = next(iter(layouts.values()))
        warm = {name: lambda n, one=one: self.pair(one, n) for name, one in layouts.items()}
        return {
            COLD: lambda n: ("", self.pair(best, n)[1]),
            **warm,
            AGAIN: lambda n: (self.pair(best, n)[0],) * 2,
        }


def _prompt(layout: Layout, passages: Passages, question: Question, day: int) -> str:
    return chat_prompt("Halden support.", layout(SYSTEM, passages, question.text, f"{day} May"))
