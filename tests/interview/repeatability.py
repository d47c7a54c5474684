"""Comparison of the scorecards of the same answers, byte by byte, between two processes and orders."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence

RUNS, PROCESSES = 50, 2  # scorecards of each process
ANSWERS = 25


def differing(texts: Sequence[str]) -> tuple[int, int]:
    """Return the number of scorecards, and how many differ from the first one of the same answer."""
    seen: defaultdict[str, list[str]] = defaultdict(list)
    for seed in range(PROCESSES):
        for line in _scored(_orders(texts[:ANSWERS], seed), seed):
            card = json.loads(line)
            seen[str(card.pop("id"))].append(json.dumps(card))
    by_answer = list(seen.values())
    differ = sum(card != cards[0] for cards in by_answer for card in cards)
    return sum(map(len, by_answer)), differ


def _orders(texts: Sequence[str], seed: int) -> list[dict]:
    """Return RUNS answers, each equally often, shuffled."""
    items = [{"id": n % len(texts), "text": texts[n % len(texts)]} for n in range(RUNS)]
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
