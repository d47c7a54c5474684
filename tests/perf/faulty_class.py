"""A class of thirty submissions with a fault in the middle, graded by a judge that takes 20 ms.

Nothing may be lost, entered twice or worth other points.
"""

import os
import random
from contextlib import contextmanager
from functools import partial

import dask
import pytest
from distributed.utils import get_mp_context

from grader.course import gradebook, records
from grader.course.course import load_course
from grader.course.grade_class import Batch
from grader.fleet.cluster import local
from grader.fleet.run import Fleet
from harness import store
from tests.unit.grader.course.small_course import LAB, handed_in, small_course, submit
from tests.unit.grader.fleet.fleet_judges import Noted, done

TRIALS = int(os.environ.get("TRIALS") or 20)
SIZE, JUDGE_S = 30, 0.02


def fleet(course, ledger, connect, say=lambda _: None):
    return Fleet(Batch(course), connect, Noted(str(ledger), JUDGE_S), say=say)


def grade(root, ledger):
    """Grade a course to the end on two workers, in a process of its own."""
    course = load_course(root)
    list(fleet(course, ledger, partial(local, 2)).run(course.submissions()))


class Trial:
    """A class with a fault at step `at`."""

    def __init__(self, folder, number):
        self.rng = random.Random(number)
        self.at = self.rng.randrange(1, SIZE - 8)
        folder.mkdir(parents=True, exist_ok=True)
        self.course = small_course(folder)
        self.ledger = folder.parent / f"{folder.name}.ledger"
        self.said = []
        for n in range(SIZE):
            submit(self.course, f"learner{n:02}", handed_in(str(n % 21), str(n % 16)))
        gradebook.register(self.course, LAB)

    def run(self, connect, breaks=lambda: None, elsewhere=0):
        """Grade to the end with a fault on the way; no submission is entered twice.

        Another grader holds `elsewhere` of them.
        """
        entered, skipped = set(), 0
        steps = fleet(self.course, self.ledger, connect, self.said.append)
        for number, step in enumerate(steps.run(self.course.submissions())):
            if number == self.at:
                breaks()
            if step.record is None:
                skipped += 1
                continue
            assert step.submission.student not in entered
            entered.add(step.submission.student)
        assert skipped == elsewhere

    def whole(self, lost=0):
        """Check that all marks are in the gradebook, and that at most `lost` submissions were judged twice.

        Those are submissions whose results were lost with their worker.
        """
        for n in range(SIZE):
            scores = gradebook.entries(self.course, f"learner{n:02}", LAB).scores
            assert scores == {"01-q1": n % 21, "01-q2": float(min(15, n % 16))}, n
            assert records.read(self.course.record(f"learner{n:02}", LAB)).entered
        assert SIZE <= len(done(self.ledger)) <= SIZE + lost


@contextmanager
def forked():
    """Make local workers forks of a process that has imported everything, which takes seconds."""
    with dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"}):
        get_mp_context().set_forkserver_preload(
            ["distributed", Noted.__module__, "grader.fleet.run"]
        )
        yield


@contextmanager
def trials(folder, number):
    """Yield a trial; results that a full disk keeps elsewhere are saved in `folder`."""
    home = str(folder / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nbgrader.api.get_alembic_version", lambda: "of a trial")
        patch.setenv(store.HOME_VARIABLE, home)
        with dask.config.set({f"distributed.nanny.environ.{store.HOME_VARIABLE}": home}):
            yield lambda: Trial(folder / "class", number)


every = pytest.mark.parametrize("number", range(TRIALS))
