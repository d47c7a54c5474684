"""Comparison of the scorecards of the same answers, byte by byte, between two processes.

They differ in hash seed, number of threads and order of the answers.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence

from tests.interview import agreement

EACH = 20  # answers to the free question, and about a case
PROCESSES = 2
TWICE = 2  # scorecards of each answer in each process


def answers() -> list[Mapping[str, str]]:
    """Return EACH answers about all cases of the gold set, and EACH to the free question."""
    about_cases = agreement.scenario_answers()
    every = about_cases[:: len(about_cases) // EACH][:EACH]
    return [
        {name: item[name] for name in ("text", "scenario") if name in item}
        for item in (*every, *agreement.full_answers("held_out")[:EACH])
    ]


def differing(items: Sequence[Mapping[str, str]]) -> tuple[int, int]:
    """Return the number of scorecards, and how many differ from the first one of the same answer.

    items: answers with a text and, if any, a scenario.
    """
    seen: defaultdict[int, list[str]] = defaultdict(list)
    for number in range(PROCESSES):
        for line in _scored(_shuffled(items, number), number):
            card = json.loads(line)
            seen[card.pop("id")].append(json.dumps(card))
    by_answer = list(seen.values())
    differ = sum(card != cards[0] for cards in by_answer for card in cards)
    return sum(map(len, by_answer)), differ


def _shuffled(items: Sequence[Mapping[str, str]], seed: int) -> list[Mapping[str, object]]:
    """Return each answer TWICE, in an order of its own."""
    given = [{**item, "id": number} for number, item in enumerate(items)] * TWICE
    random.Random(seed).shuffle(given)
    return given


def _scored(items: Sequence[Mapping[str, object]], number: int) -> list[str]:
    """Return the scorecards of a process of its own, with its own hash seed and number of threads."""
    command = [sys.executable, "-c", "from harness.cli.main import app; app()"]
    done = subprocess.run(
        [*command, "interview", "score", "--answers", "-"],
        input="\n".join(map(json.dumps, items)),
        env={
            **os.environ,
            "PYTHONHASHSEED": str(number),
            "OMP_NUM_THREADS": str(number + 1),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip().split("\n")
