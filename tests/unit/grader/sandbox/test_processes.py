"""Processes stand still, go on, and end, with all that they started."""

import subprocess
import sys
import time

import psutil
import pytest

from grader.sandbox.limits import MIB, Limits
from grader.sandbox.monitor import ResourceMonitor
from grader.sandbox.processes import Processes

FAMILY = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "print('there', flush=True)\\nwhile True: pass"])
while True: pass
"""


@pytest.fixture
def family():
    """Yield a process and its child, both busy."""
    first = subprocess.Popen([sys.executable, "-I", "-c", FAMILY], stdout=subprocess.PIPE)
    first.stdout.readline()
    processes = Processes(psutil.Process(first.pid))
    yield processes
    processes.end()
    first.wait()
    first.stdout.close()


def work(processes):
    return sum(sum(one.cpu_times()[:2]) for one in processes.all())


def test_frozen_they_do_no_work_and_thawed_they_go_on(family):
    family.freeze()
    assert {one.status() for one in family.all()} == {psutil.STATUS_STOPPED}
    before = work(family)
    time.sleep(0.2)
    assert work(family) == before
    family.thaw()
    until = time.monotonic() + 30
    while work(family) == before and time.monotonic() < until:
        time.sleep(0.05)
    assert work(family) > before


def test_the_end_is_the_end_of_all(family):
    every = family.all()
    assert len(every) == 2
    family.freeze()  # stopped ones, too
    family.end()
    _, alive = psutil.wait_procs(every, timeout=10)
    assert all(one.status() == psutil.STATUS_ZOMBIE for one in alive)


def test_what_is_gone_can_be_stopped_and_ended_without_harm(family):
    family.end()
    psutil.wait_procs(family.all(), timeout=10)
    for step in (family.freeze, family.thaw, family.end):
        step()
    assert family.excess(Limits()) == ""


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(processes=1), "It started more than 1 processes."),
        (Limits(threads=1), "It started more than 1 threads."),
        (Limits.model_construct(processes=9, memory=MIB), "GiB of memory."),
    ],
)
def test_the_watch_ends_what_has_too_much(family, limits, reason):
    watch = ResourceMonitor(family, limits)
    watch.start()
    every = family.all()
    watch.join(timeout=30)
    assert watch.reason.endswith(reason)
    psutil.wait_procs(every, timeout=10)
    assert work(family) == 0 or {one.status() for one in family.all()} == {psutil.STATUS_ZOMBIE}


def test_the_watch_leaves_others_alone(family):
    watch = ResourceMonitor(family, Limits())
    watch.start()
    watch.stop()
    watch.join(timeout=30)
    assert watch.reason == ""
    assert len(family.all()) == 2
