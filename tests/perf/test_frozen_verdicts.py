"""Verdicts on entries of a known ratio, frozen by a control group and by signals; waits in place of a model.

N gradings each (default 20), interleaved: `N=60 make perf` takes an hour for this file alone.
"""

from __future__ import annotations

import os
from collections import Counter
from itertools import product

import pytest
from tqdm import tqdm

from grader.remote import process_handle
from grader.sandbox.control_group import new_group
from grader.sandbox.jail import why_no_jail
from tests.submissions.test_scoring_time import graded

pytestmark = [
    pytest.mark.perf,
    pytest.mark.skipif(bool(why_no_jail()), reason=why_no_jail() or "jailed"),
]

N = int(os.environ.get("N", "20"))
YARDSTICK_S = 0.1  # what the yardstick of bar.yaml waits
RATIOS = (0.8, 1.0, 1.25)
# How many of N may pass, and how many may fail: an entry as fast as the yardstick passes by chance alone.
MOST_PASSED = {0.8: 1.0, 1.0: 0.1, 1.25: 0.0}
MOST_FAILED = {0.8: 0.0, 1.0: 1.0, 1.25: 1.0}


def entry(ratio: float) -> dict[str, str]:
    """Return a submission that waits `ratio` times as long as the yardstick."""
    wait = f"time.sleep({ratio * YARDSTICK_S})\n        yield from said(look_up(question.text))"
    return {"code": f"class Mine:\n    def stream(self, question):\n        {wait}"}


def kinds() -> list[tuple[bool, float]]:
    """Return the kinds of gradings: frozen by a group or by signals, and the ratio."""
    return list(product((True, False), RATIOS))


def gradings(monkeypatch: pytest.MonkeyPatch, found: Counter) -> None:
    """Grade N of each kind in turns, and count outcomes in `found`."""
    for _ in tqdm(range(N), "gradings of each kind"):
        for grouped, ratio in kinds():
            how = new_group if grouped else lambda limits: None
            monkeypatch.setattr(process_handle, "new_group", how)
            [mark] = graded(entry(ratio)).marks
            found[grouped, ratio, str(mark.outcome)] += 1


@pytest.mark.timeout(4 * 3600)
def test_the_way_of_freezing_changes_no_verdict(monkeypatch):
    found = Counter()
    try:
        gradings(monkeypatch, found)
    finally:  # an interrupt keeps what was found
        for (grouped, ratio, outcome), number in sorted(found.items()):
            print(f"{'group' if grouped else 'signals'}, ratio {ratio}: {outcome} {number}")
    assert not [kind for kind in found if kind[2] == "not graded"]
    for grouped in (True, False):  # most are decided
        assert found[grouped, 0.8, "passed"] >= N / 2
        assert found[grouped, 1.25, "failed"] >= N / 2
    for grouped, ratio in kinds():
        assert found[grouped, ratio, "passed"] <= MOST_PASSED[ratio] * N
        assert found[grouped, ratio, "failed"] <= MOST_FAILED[ratio] * N
