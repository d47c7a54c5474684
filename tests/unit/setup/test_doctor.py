import sys

import pytest

from harness.setup import doctor
from harness.setup.doctor import Finding, Report


def report(*states):
    return Report(tuple(Finding(f"part {n}", s, "detail") for n, s in enumerate(states)), {})


def test_a_note_does_not_make_a_machine_unready():
    assert report("ok", "note").ready
    assert not report("ok", "missing").ready


def test_a_notebook_gets_html_and_a_terminal_text():
    shown = report("ok", "missing")._repr_mimebundle_()
    assert "missing" in shown["text/html"] and "missing" in shown["text/plain"]


def test_without_a_compiler_the_doctor_only_notes_it(monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    assert doctor._compiler().state == "note"


@pytest.mark.parametrize(
    "free_gb, state, words",
    [(8, "ok", "every lab"), (3, "note", "lab 10 needs"), (1, "note", "lab 08 needs")],
)
def test_memory_says_which_labs_do_not_fit(free_gb, state, words):
    found = doctor.memory(int(free_gb * 1e9))
    assert found.state == state
    assert words in found.detail


def test_a_small_disk_matters_only_before_everything_is_built():
    assert doctor.disk(10**9, built=False).state == "note"
    assert doctor.disk(10**9, built=True).state == "ok"


def test_windows_is_sent_to_wsl(monkeypatch):
    monkeypatch.setattr(doctor.sys, "platform", "win32")
    found = doctor._system()
    assert found.state == "missing"
    assert "WSL 2" in found.detail


@pytest.mark.parametrize("reason, state", [("", "ok"), ("bubblewrap is not installed.", "note")])
def test_the_jail_is_reported(monkeypatch, reason, state):
    monkeypatch.setattr("grader.sandbox.jail.why_no_jail", lambda: reason)
    [found] = doctor._others()
    assert (found.name, found.state) == ("jail", state)
    assert reason in found.detail


def test_without_the_grader_the_jail_is_left_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "grader.sandbox.jail", None)
    assert doctor._others() == []
