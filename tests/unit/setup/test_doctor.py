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
