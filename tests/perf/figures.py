"""Measures the grader's figures: `python -m tests.perf.figures LOG [PART ...]`.

Parts: attacks honest regrades capstone verdicts class. Every measurement is a line in LOG; an interrupted
run continues after the last one. The table at the end is made from LOG. All parts take hours on two cores and
need a quiet machine, because they create their own noise.
"""

import argparse
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tqdm import tqdm

from tests.perf.ledger import Ledger

ROOT = Path(__file__).resolve().parents[2]

# honest work is graded five times, the last time beside two busy processes
ROUNDS, NOISY_ROUND = (5, 4)
REGRADES, CAPSTONES, SLOW, NEIGHBOUR, TYPED, SOLVED = 20, 20, 5, 5, 12, 3
VERDICTS = 60
RATIOS = ((8, 10), (12, 10), (15, 10))  # tokens decoded: 0.8, 1.2 and 1.5 times the other side's
BUSY = "while True: pass"
BURSTS = "import time, random\nwhile True:\n    t = time.time() + random.uniform(.2, 2)\n" + (
    "    while time.time() < t: pass\n    time.sleep(random.uniform(.2, 2))"
)
BASELINE = (
    "from harness.entries import entry_named\ndef entry():\n    return entry_named('baseline')"
)
# An entry at 1.25 times the yardstick, including the emulated distance.
OVER = """
import time
from dataclasses import replace
from harness.assistant import Done
from harness.entries import entry_named

class Slowed:
    def __init__(self, inner, distance_ms):
        self.inner, self.distance_s = inner, distance_ms / 1000

    def stream(self, question):
        began = time.perf_counter()
        for event in self.inner.stream(question):
            if isinstance(event, Done):
                time.sleep((time.perf_counter() - began + self.distance_s) / 4)
            yield event

def entry():
    bar = entry_named("yardstick")
    return replace(bar, assistant=Slowed(bar.assistant, bar.network.simulated_ms))
"""
MEMO = """
option = {"what": "half of the layers", "cost": "some answers get worse", "ttft_ms": 157, "e2e_ms": 243}
options = [
    option,
    option | {"what": "one passage only", "cost": "a wrong passage is a wrong answer", "e2e_ms": 310},
    option | {"what": "stream the slow one", "cost": "the end comes no sooner", "e2e_ms": 3200},
]
ask = "Do users need the whole answer in 500 ms, or the first words?"
rule = "If first words are enough, ship streaming; else the smaller model."
"""
NOISE = {"quiet": (), "two busy": (BUSY, BUSY), "bursty": (BURSTS,) * 3}


@contextmanager
def beside(sources):
    """Run other programs until the block ends."""
    with ExitStack() as stack:
        for source in sources:
            process = stack.enter_context(subprocess.Popen([sys.executable, "-c", source]))
            stack.callback(process.kill)
        yield


@contextmanager
def target():
    """Yield the targets of attacks on lab 01: a gradebook, a port and this repository."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        book = Path(folder) / "gradebook.db"
        with sqlite3.connect(book) as rows:
            rows.execute("CREATE TABLE grade (manual_score REAL)")
        yield {"GRADEBOOK": str(book), "PORT": server.getsockname()[1], "REPOSITORY": str(ROOT)}


def as_row(report):
    """Return a report as a line of the log."""
    marks = {mark.id: mark.points for mark in report.marks}
    why = {mark.id: mark.reason for mark in report.marks if mark.outcome not in ("passed",)}
    return {"points": report.points, "marks": marks, "why": why, "complete": report.complete}


def on_lab01(one, attack):
    import test_lab01

    from grader.grading.referee import Setting, grade
    from tests.submissions import notebooks

    if not attack:
        return as_row(grade(notebooks.lab01(), notebooks.submission(one, notebooks.solved())))
    setting = Setting(limits=test_lab01.SMALL, thresholds=test_lab01.impatient)
    with target() as known:
        notebook = notebooks.submission(one, notebooks.WRONG, **known)
        return as_row(grade(notebooks.lab01(), notebook, setting))


def on_the_clock(one):
    import test_scoring_time

    reports = [test_scoring_time.graded(one) for _ in range(1 + one.get("twice", False))]
    return as_row(max(reports, key=lambda report: report.points))


def submissions(kind):
    """Yield (name, points it may earn, function that grades it) of all attacks, or of all honest ones."""
    import test_lab01
    import test_scoring_time

    for one in test_lab01.ATTACKS if kind == "attacks" else test_lab01.HONEST:
        yield f"lab01/{one['name']}", one["earns"], lambda one=one: on_lab01(one, kind == "attacks")
    for one in test_scoring_time.DATA[kind]:
        yield f"clock/{one['name']}", one["earns"], lambda one=one: on_the_clock(one)


def worth(graded, points):
    return graded() | {"worth": points}


def attacks(ledger):
    for name, may, graded in tqdm(list(submissions("attacks")), "attacks"):
        ledger.once(f"attacks/{name}", worth, graded, may)


def honest(ledger):
    for number in range(ROUNDS):
        with beside(NOISE["two busy"] if number == NOISY_ROUND else ()):
            for name, wanted, graded in tqdm(
                list(submissions("honest")), f"honest, round {number + 1}"
            ):
                ledger.once(f"honest/{number}/{name}", worth, graded, wanted)


def regrades(ledger):
    """Grade lab 01 with a partly right answer repeatedly; `capstone` repeats the capstone."""
    half = "def percentile(samples_ms, p):\n    return np.percentile(samples_ms, p)"
    for number in tqdm(range(REGRADES), "regrades"):
        ledger.once(
            f"regrades/{number}", lambda: on_lab01({"cells": {"q2-gap": half}}, attack=False)
        )


def with_entry(notebook, source):
    """Return the notebook with another cell before the speed gate, which redefines `entry`."""
    from nbformat.v4 import new_code_cell

    at = next(
        number
        for number, cell in enumerate(notebook.cells)
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "l10-q5-bar"
    )
    notebook.cells.insert(at, new_code_cell(source))
    return notebook


def typed(notebook):
    """Return the notebook with a memo whose numbers are typed in, as the hint suggests."""
    memo = next(cell for cell in notebook.cells if cell.id == "q7-gap")
    memo.source = MEMO
    return notebook


def capstone(ledger):
    from grader.grading.lab import lab
    from grader.grading.referee import grade
    from tests.notebooks.course import released, solved

    def graded(notebook):
        return as_row(grade(wanted, notebook))

    wanted = lab("10-capstone", released("10-capstone"))
    for kind, notebook, noise, number in (
        ("neighbour", typed(solved("10-capstone")), (BUSY,), NEIGHBOUR),
        ("typed", typed(solved("10-capstone")), (), TYPED),
        ("over", with_entry(released("10-capstone"), OVER), (), CAPSTONES),
        ("slow", with_entry(released("10-capstone"), BASELINE), (), SLOW),
        ("solved", solved("10-capstone"), (), SOLVED),
    ):
        with beside(noise):
            for one in tqdm(range(number), f"capstone, {kind}"):
                ledger.once(f"capstone/{kind}/{one}", graded, notebook)


def verdicts(ledger):
    from harness.measure.latency.compare import blocks
    from harness.measure.latency.sequential_test import decide
    from harness.models.offline import STUDENT
    from harness.models.served import model_file
    from tests.perf.test_verdicts import QUESTIONS, Decoding

    def decided(sides):
        return str(decide(blocks(*sides, QUESTIONS))[1].state)

    model = model_file(f"{STUDENT.name}-Q8_0").load()
    for noise, sources in NOISE.items():
        for a, b in RATIOS:
            sides = Decoding(model, a), Decoding(model, b)
            with beside(sources):
                for number in tqdm(range(VERDICTS), f"{noise}, {a / b:g}"):
                    ledger.once(
                        f"verdicts/{noise}/{a / b:g}/{number}",
                        decided,
                        sides,
                    )


def class_(ledger):
    from tests.perf.class_of_twelve import compared

    with tempfile.TemporaryDirectory() as folder:
        for number in range(3):
            ledger.once(f"class/{number}", compared, Path(folder) / "class")


PARTS = {
    "attacks": attacks,
    "honest": honest,
    "regrades": regrades,
    "capstone": capstone,
    "verdicts": verdicts,
    "class": class_,
}


def table(ledger):
    """Yield (name, result) of everything in the log."""
    rows = [row["value"] for row in ledger.under("attacks/")]
    if rows:
        above = [
            row["key"]
            for row in ledger.under("attacks/")
            if row["value"]["points"] > row["value"]["worth"]
        ]
        yield (
            "attacks that earn more than they are worth",
            f"{len(above)} of {len(rows)} {above or ''}",
        )
    rows = ledger.under("honest/")
    if rows:
        lost = [row["key"] for row in rows if row["value"]["points"] < row["value"]["worth"]]
        yield "honest gradings that lose a point", f"{len(lost)} of {len(rows)} {lost or ''}"
    for part, keep in (
        ("regrades/", lambda id_: True),
        ("capstone/typed/", lambda id_: "bar" not in id_),
    ):
        marks = [
            {id_: points for id_, points in row["value"]["marks"].items() if keep(id_)}
            for row in ledger.under(part)
        ]
        if marks:
            kinds = len({str(sorted(mark.items())) for mark in marks})
            yield f"different results, {part[:-1]}, timing aside", f"{kinds} in {len(marks)}"
    for part in ("capstone/typed/", "capstone/solved/", "capstone/neighbour/", "capstone/over/"):
        bars = [row["value"]["marks"]["l10-q5-bar"] for row in ledger.under(part)]
        if bars:
            yield f"passed the bar, {part.split('/')[1]}", f"{sum(map(bool, bars))} of {len(bars)}"
    for part in ("capstone/typed/", "capstone/solved/", "capstone/slow/", "capstone/neighbour/"):
        seconds = sorted(row["s"] for row in ledger.under(part))
        if seconds:
            most = f"p50 {statistics.median(seconds):.0f} s, slowest {seconds[-1]:.0f} s"
            yield f"grading a {part.split('/')[1]} capstone", f"{most} (n={len(seconds)})"
    yield from _verdicts(ledger)
    ratios = [row["value"]["ratio"] for row in ledger.under("class/")]
    if ratios:
        yield "class of 12, plain nbgrader / ours", ", ".join(f"{ratio:.1f}" for ratio in ratios)


def _verdicts(ledger):
    for noise in NOISE:
        for a, b in RATIOS:
            rows = ledger.under(f"verdicts/{noise}/{a / b:g}/")
            if rows:
                found = Counter(row["value"] for row in rows)
                yield f"verdicts, {noise}, true ratio {a / b:g}", f"{dict(found)} of {len(rows)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", type=Path)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=list(PARTS))
    chosen = parser.parse_args()
    ledger, began = Ledger(chosen.log), time.monotonic()
    try:
        for part in chosen.parts:
            PARTS[part](ledger)
    except KeyboardInterrupt:
        print("\nStopped: run the same command to continue.")
    for name, result in table(ledger):
        print(f"{name:<58} {result}")
    print(f"{time.monotonic() - began:.0f} s in this run; every measurement is in {chosen.log}")


if __name__ == "__main__":
    main()
