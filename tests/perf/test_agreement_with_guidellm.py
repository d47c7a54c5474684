"""The same served assistants, measured by us and by guidellm in turns: the medians agree.

guidellm needs another version of click than this project, so it has an environment of its own:

    python -m venv build/guidellm && build/guidellm/bin/pip install 'guidellm>=0.8,<0.9'
    GUIDELLM=build/guidellm/bin/python pytest -m perf -s tests/perf/test_agreement_with_guidellm.py

They take turns after each request, in the order A B B A: between two whole runs of guidellm, a machine that
others use changes by more than the two may differ. Both ask the same questions, but not one after the other,
because a model that has just read a prompt need not read it again. N=200 asks so many questions.
"""

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from harness.measure.service.own_questions import halden_questions
from harness.measure.service.service_report import inter_token_ms
from harness.measure.service.service_run import Plan, run_service
from harness.measure.service.targets import target
from harness.measure.stats import bootstrap_ratio
from tests.serving import serving

GUIDELLM = shutil.which(os.environ.get("GUIDELLM", ""))
CLIENT = Path(__file__).with_name("guidellm_client.py")
pytestmark = [
    pytest.mark.perf,
    pytest.mark.skipif(not GUIDELLM, reason="needs guidellm: see the top of this file"),
]
N = int(os.environ.get("N", "100"))  # questions to the reference
WARM_UP = 4
SHARE, MS = 0.03, 3.0  # what the medians may differ by, the larger of both


class Row(NamedTuple):
    """The times of one request in ms, as one of the two saw them."""

    ttft: float
    e2e: float
    between: float  # mean time between its tokens


def ours(url, model):
    """Return a function that asks as `under500 profile` does."""
    service = target(url, model)

    def ask(asked):
        [outcome] = run_service(service, [asked], Plan(1, rate=1.0))
        timing = outcome.result
        return Row(timing.ttft_ms, timing.e2e_ms, inter_token_ms(outcome))

    return ask


@contextmanager
def guidellm(url, model):
    """Yield a function that asks by guidellm, in a process of its own."""
    command = [GUIDELLM, CLIENT, url.removesuffix("/v1"), model]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as client:

        def ask(asked):
            print(json.dumps(asked.text), file=client.stdin, flush=True)
            return Row(*json.loads(client.stdout.readline()))

        yield ask
        client.stdin.close()


PUNCTUAL = """import time
from harness.assistant import Answer, Done, Token
from harness.serve.entry import Entry
from harness.serve.network import KEEP_ALIVE

class Punctual:
    def stream(self, question):
        due = time.perf_counter() + 0.06
        for number in range(20):
            time.sleep(max(0.0, due + 0.006 * number - time.perf_counter()))
            yield Token(f"{number} ")
        yield Done(Answer(" ".join(map(str, range(20)))))

def entry():
    return Entry("punctual", Punctual(), KEEP_ALIVE)
"""


def test_both_see_the_same_times_of_a_server_that_always_takes_the_same(tmp_path):
    notebook = tmp_path / "punctual.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(PUNCTUAL)]), notebook)
    compare(notebook, 40)


def test_both_see_the_same_times_of_the_reference():
    compare("reference", N)


def compare(name, n):
    """Serve the entry and fail unless the medians of both agree."""
    warm_up, asked = halden_questions(WARM_UP, seed=1), halden_questions(n, seed=2718)
    elsewhere = asked[n // 2 :] + asked[: n // 2]
    with serving(name) as (url, model), guidellm(url, model) as theirs:
        sides = {"ours": ours(url, model), "guidellm": theirs}
        rows = {side: {} for side in sides}
        for number, turn in enumerate(zip(warm_up + asked, warm_up + elsewhere, strict=True)):
            turns = dict(zip(sides, turn, strict=True))
            for side in sides if number % 2 else reversed(sides):
                rows[side][turns[side].text] = sides[side](turns[side])
    warm = [[side[each.text] for each in asked] for side in rows.values()]
    apart = {figure: difference(figure, *warm) for figure in Row._fields}
    assert all(ms <= most for ms, most in apart.values()), apart


def difference(figure, *rows):
    """Say what both measured; returns by how many ms their medians differ, and the most that they may."""
    a, b = ([getattr(row, figure) for row in side] for side in rows)
    ratio, p50 = bootstrap_ratio(a, b), (median(a), median(b))
    print(
        f"\n{figure}: ours {p50[0]:.2f} ms, guidellm {p50[1]:.2f} ms (p50, n = {len(a)} each); ours / "
        f"guidellm {p50[0] / p50[1]:.3f} [{ratio.low:.3f}, {ratio.high:.3f}]"
    )
    return abs(p50[0] - p50[1]), max(MS, SHARE * p50[1])
