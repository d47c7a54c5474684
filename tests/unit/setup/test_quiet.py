import pytest

from harness.measure.machine import busy
from harness.measure.machine.busy import Busy
from harness.setup import quiet

QUIET, HOGGED = Busy(2, 0.0, 0.0, ()), Busy(2, 1.0, 0.0, (("hog", 1.0),))


@pytest.fixture
def machine(monkeypatch):
    """Set the loads that are seen one after another, a second apart; the last one stays."""

    def with_loads(*loads, patience_s=60.0):
        said, seconds, left = [], [0.0], list(loads)

        def look():
            seconds[0] += 1
            return left.pop(0) if len(left) > 1 else left[0]

        monkeypatch.setattr(busy, "busy", look)
        load = quiet.wait_for_quiet(said.append, patience_s, lambda: seconds[0])
        return load, said, seconds[0]

    return with_loads


def test_a_quiet_machine_is_not_waited_for(machine):
    assert machine(QUIET) == (QUIET, [], 1)


def test_it_waits_until_the_machine_is_quiet_and_says_so_once(machine):
    load, said, seconds = machine(HOGGED, HOGGED, HOGGED, QUIET)
    assert (load, seconds, len(said)) == (QUIET, 4, 1)
    assert "hog" in said[0]


def test_it_gives_up_when_patience_ends(machine):
    load, _, seconds = machine(HOGGED, patience_s=10.0)
    assert load == HOGGED and seconds == pytest.approx(11, abs=1)


def test_flushing_works_where_the_system_cannot(monkeypatch):
    monkeypatch.delattr(quiet.os, "sync", raising=False)
    quiet.flush()
