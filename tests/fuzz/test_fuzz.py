"""Random notebooks, frames and values: each is graded or refused with its own error, and none does harm.

`make fuzz` runs for MINUTES, the tests for SLICE_S seconds. A failure prints the smallest case that fails.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count

import nbformat
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from grader import checks
from grader.course.feedback import page
from grader.course.handed_in import HandedIn
from grader.course.merge_submission import merged, with_marks
from grader.exercise.exercise import CheckFailed, kind, plain
from grader.grading.notebook import NotebookError
from grader.grading.report import CellError, Mark, Outcome, Report
from grader.remote.codec import MalformedError, decode, encode
from grader.remote.connection import RpcConnection
from grader.remote.framing import Channel, Reply, Request, WorkerError
from tests.fuzz import strategies
from tests.unit.grader.course.small_course import LAB, released

SLICE_S = 20.0
SECONDS = 60 * float(os.environ.get("MINUTES") or 0) or SLICE_S
ROUND = 200  # cases between two looks at the clock
PROFILE = settings(
    max_examples=ROUND,
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
CHECKED = {  # cells that no learner can change
    cell.metadata.nbgrader.grade_id: cell
    for cell in released().cells
    if cell.metadata.get("nbgrader", {}).get("locked")
}


def grades_or_refuses(file: bytes) -> None:
    """Merge a file as a submission: locked cells are the lab's own, and the result is a notebook."""
    try:
        found = merged(released(), HandedIn("x.ipynb", file).notebook(), LAB)
    except NotebookError:
        return
    nbformat.validate(found)
    for cell in found.cells:
        data = cell.metadata.get("nbgrader", {})
        if data.get("grade_id") in CHECKED:
            assert cell == CHECKED[data["grade_id"]]
    marks = tuple(
        Mark(id_, Outcome.FAILED, 0.0, 1, "no") for id_ in CHECKED if id_.startswith("01-q")
    )
    errors = tuple(CellError(cell.id, cell.source) for cell in found.cells)
    text = page(with_marks(found, Report(LAB, marks, errors)))
    assert "<script" not in text


def decodes_or_refuses(value: object) -> None:
    """Decode what a process sent; the referee can then show it, send it back and judge it."""
    try:
        found = decode(value, lambda tag, body: object())
    except MalformedError:
        return
    assert isinstance(kind(plain(found)), str)
    encode(found, lambda one: None)
    with pytest.raises(CheckFailed):
        checks.breakdown(lambda trace: found)  # no value is right for a trace that it has not seen


def receives_or_refuses(data: bytes) -> None:
    """Receive bytes as the referee does: a frame, or an error of the process that sent them."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        channel = Channel(ours)
        channel.renew_limit()
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        with suppress(WorkerError):
            while True:
                assert isinstance(channel.receive(), Request | Reply)


def ends_with_a_verdict(data: bytes) -> None:
    """Ask a process that answers with these bytes: the referee has a reply or an error, and no wait."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = RpcConnection(Channel(ours), lambda request: None)
        connection.open()
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(WorkerError):
            list(connection.ask(Request(number="f" * 16, verb="call"), within_s=10.0))


TARGETS = [
    (grades_or_refuses, strategies.files),
    (decodes_or_refuses, strategies.values),
    (receives_or_refuses, strategies.frames),
    (ends_with_a_verdict, strategies.frames),
]


@pytest.mark.timeout(SECONDS + 300)
@pytest.mark.parametrize(("target", "cases"), TARGETS, ids=lambda one: getattr(one, "__name__", ""))
def test_fuzz(target: Callable[..., None], cases: SearchStrategy, capsys) -> None:
    until, tried = time.monotonic() + SECONDS / len(TARGETS), 0
    start = time.time_ns() if SECONDS > SLICE_S else 0  # the slice tries the same cases each time

    for number in count(start):

        def counted(case: object) -> None:
            nonlocal tried
            tried += 1
            target(case)

        seed(number)(PROFILE(given(cases)(counted)))()
        if time.monotonic() > until:
            break
    with capsys.disabled():
        print(f"\n{target.__name__}: {tried:,} cases")
