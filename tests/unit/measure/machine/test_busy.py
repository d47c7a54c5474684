from types import SimpleNamespace

import psutil
import pytest

from harness.measure.machine import busy as module
from harness.measure.machine import describe
from harness.measure.machine.busy import Busy, busy


def test_the_sentence_names_the_load_and_its_programs():
    seen = Busy(2, 1.6, 0.0, (("python", 0.85), ("node", 0.4)))
    sentence = seen.sentence()
    assert sentence.startswith("1.6 of 2 cores are ")
    assert sentence.endswith("(python 85 %, node 40 %).")
    assert Busy(1, 0.0, 0.0, ()).sentence().startswith("0.0 of 1 core is ")
    stolen = Busy(2, 0.1, 0.4, ()).sentence()
    assert "0.4" in stolen and "steal" in stolen and "(" in stolen


@pytest.mark.parametrize(
    ("cores", "others", "steal", "too_busy"),
    [
        (2, 0.2, 0.0, False),
        (2, 0.4, 0.0, True),
        (2, 0.2, 0.2, True),
        (16, 1.5, 0.0, False),
        (16, 1.7, 0.0, True),
    ],
)
def test_too_busy(cores, others, steal, too_busy):
    assert Busy(cores, others, steal, ()).too_busy == too_busy


def core(**seconds):
    """Return a core's clocks after a second in which it was in use unless told otherwise."""
    clocks = {"user": 0.0, "system": 0.0, "idle": 0.0} | seconds
    return SimpleNamespace(**clocks)


@pytest.fixture
def watched(monkeypatch):
    """Set what psutil sees: the cores' clocks after a second, CPU seconds of (pid, name) before and after."""

    def see(cores, before, after, own=(1,)):
        times, clock = iter([before, after]), iter([0.0, 1.0])
        zero = [SimpleNamespace(**dict.fromkeys(vars(core), 0.0)) for core in cores]
        clocks = iter([zero, cores])
        monkeypatch.setattr(psutil, "cpu_times", lambda percpu: next(clocks))
        monkeypatch.setattr(module, "_usable", lambda cores: cores)
        monkeypatch.setattr(module, "_cpu_seconds", lambda: next(times))
        monkeypatch.setattr(module, "_own_pids", lambda: set(own))
        monkeypatch.setattr(module.time, "perf_counter", lambda: next(clock))
        return busy(0.0)

    return see


def test_our_own_work_is_not_others(watched):
    before = {(1, "python"): 5.0, (2, "python"): 1.0, (3, "node"): 1.0}
    after = {(1, "python"): 5.9, (2, "python"): 1.6, (3, "node"): 1.2}
    seen = watched([core(user=0.9, idle=0.1), core(user=0.6, system=0.2, idle=0.2)], before, after)
    assert seen.others == pytest.approx(0.8)  # 1.7 in use, 0.9 of it ours
    assert seen.top == (("python", pytest.approx(0.6)), ("node", pytest.approx(0.2)))
    assert seen.cores == 2


def test_processes_of_one_name_are_added_up_and_new_ones_counted(watched):
    seen = watched([core(user=1.0)], {(2, "chrome"): 1.0}, {(2, "chrome"): 1.3, (3, "chrome"): 0.2})
    assert seen.top == (("chrome", pytest.approx(0.5)),)


def test_a_process_that_changes_its_name_has_not_used_more(watched):
    seen = watched(
        [core(user=1.0)], {(2, "kworker/0:1"): 900.0}, {(2, "kworker/0:1-events"): 900.3}
    )
    assert seen.top == (("kworker/0:1-events", pytest.approx(0.3)),)


def test_waiting_for_a_disk_is_not_work_and_steal_is_told_apart(watched):
    seen = watched([core(user=0.1, idle=0.4, iowait=0.2, steal=0.3)], {}, {})
    assert seen.others == pytest.approx(0.1)
    assert seen.steal == pytest.approx(0.3)


def test_rounding_never_makes_it_negative(watched):
    assert watched([core(idle=1.0)], {(1, "python"): 0.0}, {(1, "python"): 0.1}).others == 0.0


def test_a_clock_that_stands_still_is_no_use(watched):
    assert watched([core()], {}, {}).others == 0.0


def test_it_works_where_the_system_tells_little(monkeypatch):
    told = SimpleNamespace(user=1.0, system=2.0)
    processes = [
        SimpleNamespace(pid=0, info={"name": "System Idle Process", "cpu_times": told}),
        SimpleNamespace(pid=7, info={"name": None, "cpu_times": told}),
        SimpleNamespace(pid=8, info={"name": "secret", "cpu_times": None}),
    ]
    monkeypatch.setattr(psutil, "process_iter", lambda attributes: processes)
    assert module._cpu_seconds() == {(7, "?"): 3.0}
    monkeypatch.delattr(module.os, "sched_getaffinity", raising=False)
    assert module._usable([1, 2, 3]) == [1, 2, 3]


def test_it_looks_at_this_machine():
    seen = describe.busy(seconds=0.05)
    assert seen.cores >= 1 and seen.others >= 0 and seen.sentence().endswith(".")
