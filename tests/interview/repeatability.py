"""The same answers in two processes, each in orders of its own: is every scorecard the same, byte by byte?"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence

RUNS = 100  # of each process
ANSWERS = 10


def differing(texts: Sequence[str], runs: int = RUNS) -> tuple[int, int]:
    """(scorecards of both processes, how many of them differ from the first one of the same answer)."""
    seen: defaultdict[str, list[str]] = defaultdict(list)
    for seed in (1, 2):
        for line in _scored(_orders(texts[:ANSWERS], runs, seed), seed):
            card = json.loads(line)
            seen[str(card.pop("id"))].append(json.dumps(card))
    every = list(seen.values())
    return sum(map(len, every)), sum(one != cards[0] for cards in every for one in cards)


def _orders(texts: Sequence[str], runs: int, seed: int) -> list[dict]:
    """`runs` answers, each as often as any other, shuffled."""
    items = [{"id": n % len(texts), "text": texts[n % len(texts)]} for n in range(runs)]
    random.Random(seed).shuffle(items)
    return items


def _scored(items: Sequence[dict], seed: int) -> list[str]:
    command = [sys.executable, "-c", "from harness.cli.main import app; app()"]
    done = subprocess.run(
        [*command, "interview", "score", "--answers", "-"],
        input="\n".join(map(json.dumps, items)),
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip().split("\n")
