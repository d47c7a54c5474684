"""The command's manners: JSON last, plain errors, exit codes."""

import json
from dataclasses import replace
from importlib.metadata import version

import pytest
from typer.testing import CliRunner

from harness import knobs, store
from harness.assistant import Answer
from harness.cli.demo import _show_answers, by_side
from harness.cli.main import app
from harness.cli.output import require_extra
from harness.errors import WrongUseError
from harness.kb.questions import draw
from harness.measure.latency.compare import Pair
from harness.measure.latency.timing import Timing
from harness.measure.latency.typical_trace import typical_trace
from harness.measure.machine import describe
from harness.setup import doctor, preparation, quiet, unit_costs
from harness.setup.preparation import BusyMachineError, Step
from harness.setup.stage_costs import within_contract
from tests.unit.setup.machines import COSTS
from tests.unit.test_knobs import RECORD

run = CliRunner().invoke
NAMES = ("For learners", " check ", " demo ", "For instructors", " board ", " grade ")
QUIET = describe.Busy(2, 0.0, 0.0, ())


def last_json(result):
    return json.loads(result.stdout.strip().splitlines()[-1])


@pytest.fixture
def steps(monkeypatch):
    """Two steps that note what was built, instead of minutes of work."""
    built = []

    def step(name):
        return Step(name, lambda: name in built, lambda say: built.append(name))

    monkeypatch.setattr(preparation, "steps", lambda **_: [step("one"), step("two")])
    monkeypatch.setattr(describe, "busy", lambda: QUIET)
    knobs.save(RECORD)
    return built


def test_prepare_builds_what_is_missing_and_then_nothing(steps):
    first = run(app, ["prepare", "--json"])
    assert (first.exit_code, steps) == (0, ["one", "two"])
    assert last_json(first)["baseline"]["e2e_ms"] == RECORD.e2e_ms
    second = run(app, ["prepare"])
    assert (second.exit_code, steps) == (0, ["one", "two"])
    assert "Everything is ready" in second.stdout


def test_an_interrupt_keeps_what_was_finished(steps, monkeypatch):
    def interrupted(say):
        raise KeyboardInterrupt

    one, two = preparation.steps()
    broken = [one, replace(two, build=interrupted)]
    monkeypatch.setattr(preparation, "steps", lambda **_: broken)
    result = run(app, ["prepare"])
    assert result.exit_code == 130
    assert "What was built is kept" in result.stderr
    assert steps == ["one"]


def test_only_one_prepare_runs_at_a_time(steps):
    with preparation.exclusive():
        result = run(app, ["prepare"])
    assert result.exit_code == 1
    assert "Another `under500 prepare` is running" in result.stderr


def test_a_home_that_cannot_be_written_to_is_named(steps):
    (store.home() / "prepare.lock").mkdir()  # as root, any other folder can be written to
    result = run(app, ["prepare"])
    assert result.exit_code == 1
    assert "cannot be written to" in result.stderr and "set UNDER500_HOME" in result.stderr


def test_a_plain_error_is_one_sentence_and_json(steps, monkeypatch):
    def busy(say):
        raise BusyMachineError("The machine is too busy: 2.0 of 2 cores.")

    monkeypatch.setattr(preparation, "steps", lambda **_: [Step("x", lambda: False, busy)])
    result = run(app, ["prepare", "--json"])
    assert result.exit_code == 1
    assert "too busy" in last_json(result)["error"]
    assert "Traceback" not in result.output


def test_a_refused_recalibration_keeps_the_old_one(monkeypatch):
    knobs.save(RECORD)
    monkeypatch.setattr(preparation, "calibrated", lambda: True)
    monkeypatch.setattr(quiet, "flush", lambda: None)
    monkeypatch.setattr(quiet, "wait_for_quiet", lambda say: describe.Busy(2, 1.6, 0.0, ()))
    *_, calibration = preparation.steps(strict=True, recalibrate=True)
    assert not calibration.ready()
    with pytest.raises(BusyMachineError):
        calibration.build(lambda line: None)
    assert knobs.load() == RECORD


def test_text_that_looks_like_markup_is_shown_unchanged(steps, monkeypatch, capsys):
    def odd(say):
        raise BusyMachineError("Odd file [/oops] in [bold].")

    monkeypatch.setattr(preparation, "steps", lambda **_: [Step("x", lambda: False, odd)])
    assert "[/oops] in [bold]." in run(app, ["prepare"]).stderr
    case = draw("dev", 1, seed=1, history_turns=0)[0]
    timing = Timing(1.0, 2.0, Answer("see [/1] and [bold]"))
    _show_answers(case, Pair(case.question, timing, timing, a_first=True))
    assert "see [/1] and [bold]" in capsys.readouterr().out


@pytest.fixture
def busy_machine(monkeypatch):
    """A machine that stays busy, with the costs of a laptop."""
    hogged = describe.Busy(2, 1.6, 0.0, (("python", 0.85),))
    monkeypatch.setattr(quiet, "wait_for_quiet", lambda say: hogged)
    monkeypatch.setattr(quiet, "flush", lambda: None)
    monkeypatch.setattr(unit_costs, "measure_unit_costs", lambda: COSTS)


def test_strict_refuses_a_busy_machine_and_says_what_it_saw(busy_machine):
    with pytest.raises(BusyMachineError, match=r"1\.6 of 2 cores .*python 85 %.*--strict"):
        preparation.calibrate_baseline(lambda line: None, strict=True)


def test_a_busy_machine_is_calibrated_all_the_same_and_the_record_says_so(busy_machine):
    said = []
    record = preparation.calibrate_baseline(said.append)
    assert knobs.load().knobs == record.knobs and preparation.calibrated()
    assert within_contract(record.stages_ms, record.e2e_ms)
    assert record.n == 0 and "python 85 %" in record.estimated
    assert len(said) == 1 and "--recalibrate" in said[0] and "estimate" in said[0]
    assert typical_trace() is None
    (finding,) = doctor._calibration()
    assert finding.state == "note" and "--recalibrate" in finding.detail
    assert "n=0" not in finding.detail


def test_an_estimate_does_not_replace_a_measured_calibration(busy_machine):
    before = RECORD.model_copy(update={"key": preparation.calibration_key(), "n": 9})
    knobs.save(before)
    said = []
    assert preparation.calibrate_baseline(said.append) == knobs.load() == before
    assert len(said) == 1 and "n=9" in said[0] and "python 85 %" in said[0]


def test_prepare_shows_no_trace_of_an_estimate(steps):
    knobs.save(RECORD.model_copy(update={"typical": [], "n": 0, "estimated": "1.0 of 2 cores."}))
    result = run(app, ["prepare"])
    assert result.exit_code == 0 and "end-to-end" not in result.stdout


def test_doctor_says_what_is_missing_and_fails(steps):
    result = run(app, ["doctor", "--json"])
    report = last_json(result)
    assert (result.exit_code, report["ready"]) == (1, False)
    assert report["home"] and report["machine"]["physical_cores"] >= 1
    missing = [f for f in report["findings"] if f["state"] == "missing"]
    assert missing[0]["detail"] == "run `under500 prepare`"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["demo", "-n", "0"], "greater than"),
        (["demo", "-n", "x"], "Invalid value"),
        (["demo", "--fast"], "No such option"),
        (["nothing"], "No such command"),
    ],
)
def test_wrong_use_is_exit_code_2(arguments, said):
    result = run(app, arguments)
    assert (result.exit_code, said in result.stderr) == (2, True)


def test_demo_before_prepare_says_what_to_run():
    result = run(app, ["demo"])
    assert result.exit_code == 1
    assert "run `under500 prepare`" in result.stderr


def test_traces_are_sorted_by_who_answered_in_the_order_a_b_b_a():
    question, timing = draw("dev", 1, seed=1)[0].question, Timing(1.0, 2.0, Answer("Yes."))
    pairs = [Pair(question, timing, timing, a_first) for a_first in (True, False)]
    assert by_side(["a1", "b1", "b2", "a2"], pairs) == {"a": ["a1", "a2"], "b": ["b1", "b2"]}


def test_the_version_is_that_of_the_distribution():
    assert run(app, ["--version"]).stdout.strip() == f"under500 {version('under500')}"


def test_the_command_alone_says_what_is_next(tmp_path, monkeypatch):
    monkeypatch.setenv("UNDER500_HOME", str(tmp_path))
    fresh = run(app, [])
    assert fresh.exit_code == 0
    assert "under500 prepare" in fresh.stdout
    knobs.save(RECORD)
    assert "under500 prepare" not in run(app, []).stdout


def test_help_has_a_panel_for_learners_and_one_for_instructors():
    lines = run(app, ["--help"]).stdout.splitlines()
    where = {name: next(n for n, line in enumerate(lines) if name in line) for name in NAMES}
    assert sorted(NAMES, key=where.get) == list(NAMES)


@pytest.mark.parametrize(
    "arguments", [[], ["check", "01"], ["grade"], ["interview"], ["workshop", "start"]]
)
def test_windows_gets_a_sentence_from_every_verb(arguments, monkeypatch):
    monkeypatch.setattr("sys.platform", "win32")
    result = run(app, arguments)
    assert result.exit_code == 2
    assert "WSL 2" in result.stderr
    assert not result.exception or isinstance(result.exception, SystemExit)


def test_a_missing_extra_is_named_with_its_command():
    with pytest.raises(WrongUseError, match=r"no_such_library.*\.\[class\]"):
        require_extra("no_such_library", "class")
    require_extra("json", "class")
