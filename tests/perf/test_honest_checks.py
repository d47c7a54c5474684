"""Every check judges an excellent answer many times: its random inputs never fail a right answer."""

import time

import pytest

from tests.unit.grader.checks.golden_submissions import answer
from tests.unit.grader.checks.test_golden import OUT_OF, every

pytestmark = pytest.mark.perf

SOAK_S = 6.0  # per check: from 80 judgements of the slowest to 3,000 of the quickest
MOST = 3_000


@pytest.mark.parametrize("one", every("excellent"))
def test_an_excellent_answer_passes_every_time(one, capsys):
    until, judged = time.monotonic() + SOAK_S, 0
    while time.monotonic() < until and judged < MOST:
        points, said = answer(one, OUT_OF.get(one["check"]))
        assert points == one.get("points"), f"after {judged} times: {said}"
        judged += 1
        capsys.readouterr()
