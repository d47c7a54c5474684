"""What the interviewer hears in many turns, as JSON lines."""

import json

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.interview.listening import listener
from tests.unit.interview.interviews import by_words

run = CliRunner().invoke


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setattr(listener, "heard", lambda turn, before, scenario: by_words(turn, before))


def read(tmp_path, *lines):
    path = tmp_path / "turns.jsonl"
    path.write_text("\n".join(lines))
    return run(app, ["interview", "read", "--turns", str(path), "--json"])


def test_each_line_becomes_one_object_in_order(tmp_path):
    turns = [
        {"id": "a", "scenario": "S01", "before": "", "text": "The breakdown?"},
        {"id": 2, "scenario": "s01", "before": ["x", "y"], "text": "I would use a smaller model."},
        {"id": 3, "scenario": "S01", "text": "The network dominates."},
    ]
    result = read(tmp_path, *map(json.dumps, turns))
    assert result.exit_code == 0, result.output
    first, second, third = map(json.loads, result.stdout.strip().splitlines())
    assert first == {
        "id": "a", "acts": ["ask"], "cards": ["breakdown"], "remedies": [], "cause": None,
    }  # fmt: skip
    assert second["remedies"] == ["STK-SMALLER"] and second["acts"] == ["propose"]
    assert third["cause"] == "wrong"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("what?", "Line 1"),
        ('{"id": 1, "text": "hm"}', "Line 1"),
        ('{"id": 1, "scenario": "S99", "text": "hm"}', "'S99'"),
        ("", "no turns"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path, line, said):
    result = read(tmp_path, line)
    assert result.exit_code in (1, 2)
    assert said in " ".join(result.stderr.split()) and "Traceback" not in result.output
