import json

import pytest
import typer
from typer.testing import CliRunner

from harness.cli.interview import json_lines, lint, score
from harness.cli.output import plain_errors
from harness.interview.content_files import CONTENT
from harness.interview.scoring.rubric import rubric
from harness.interview.scoring.score import Scorer

GOOD = "Stream it: the first words come early, the total stays the same."


@pytest.fixture
def app(monkeypatch):
    monkeypatch.setattr(score, "_scorer", lambda model=None: Scorer(rubric()))
    app = typer.Typer()
    app.command("score")(plain_errors(score.score))
    app.command("lint")(plain_errors(lint.lint))
    return app


def run(app, *arguments, stdin=None):
    return CliRunner().invoke(app, ["score", *map(str, arguments)], input=stdin)


def last(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.strip().split("\n")[-1])


def test_an_answer_from_a_file_and_from_standard_input(app, tmp_path):
    path = tmp_path / "answer.txt"
    path.write_text(GOOD)
    card = last(run(app, "--answer", path, "--json"))
    assert card["expectations"]["STK-STREAM"]["quote"] == GOOD
    assert last(run(app, "--answer", "-", "--json", stdin=GOOD)) == card


def test_a_prompt_makes_it_a_follow_up(app):
    card = last(
        run(app, "--answer", "-", "--prompt", "What does streaming buy?", "--json", stdin=GOOD)
    )
    assert card["scores"]["systematic"] is None and card["scores"]["stack"] >= 3


def test_many_answers_are_one_object_a_line_in_their_order(app, tmp_path):
    path = tmp_path / "many.jsonl"
    items = [{"id": 2, "text": GOOD}, {"id": "b", "text": "fine", "prompt": "Why HNSW?"}]
    path.write_text("\n".join(map(json.dumps, items)) + "\n\n")
    cards = [json.loads(line) for line in run(app, "--answers", path).stdout.strip().split("\n")]
    assert [card["id"] for card in cards] == [2, "b"]
    assert cards[0]["expectations"]["STK-STREAM"]["level"] == "explained"
    assert cards[1]["scores"]["stack"] == 1 and cards[1]["scores"]["tradeoffs"] is None


def test_a_transcript_of_an_unknown_scenario_says_so(app, tmp_path):
    path = tmp_path / "t.jsonl"
    turns = [{"scenario": "S99"}, {"t": 1, "who": "candidate", "text": GOOD}]
    path.write_text("\n".join(map(json.dumps, turns)))
    card = last(run(app, path, "--json"))
    assert card["scores"]["systematic"] <= 2
    assert "no scenario S99 here" in card["notices"][0]


def test_for_people_there_are_tables_and_no_json(app):
    result = run(app, "--answer", "-", stdin=GOOD)
    assert "Inference stack" in result.stdout and "{" not in result.stdout


def test_nothing_is_praised(app):
    shown = run(app, "--answer", "-", stdin="fine").stdout.lower()
    assert "scores" in shown
    assert not any(
        word in shown for word in ("great", "good", "well done", "nice", "what you showed")
    )


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        ([], "", "exactly one input"),
        (["--answer", "-", "--answers", "-"], "", "exactly one input"),
        (["t.jsonl", "--prompt", "Why?"], "", "--prompt needs --answer"),
        (["t.jsonl", "--scenario", "S07"], "", "--scenario needs --answer"),
        (["--answer", "/no/such/file"], "", "cannot be read"),
        (["--answer", "-"], b"\xff\xfe", "not UTF-8"),
        (["--answers", "-"], "{", "Line 1 of the answers is not JSON"),
        (["--answers", "-"], '{"id": 1}', 'needs "id" and "text"'),
        (["--answers", "-"], '{"id": {}, "text": "a"}', '"id"'),
        (["--answers", "-"], "[" * 100_000, "Line 1 of the answers is not JSON"),
        (["--answers", "-"], "\n \n", "has no answers"),
        (["--answer", "/"], "", "cannot be read"),
        (["-"], '{"scenario": "S01"}\n{"t": NaN, "who": "candidate", "text": "a"}', "Line 2"),
        (["-"], '{"scenario": "S01"}\n{"t": 1, "who": "somebody", "text": "a"}', "Line 2"),
        (["--answers", "-"], '{"id": 1, "text": "a", "prompt": 3}', '"prompt"'),
        (["--answers", "-"], '{"id": 1, "text": "a", "scenario": 3}', '"scenario"'),
        (["-"], "", "transcript is empty"),
    ],
)
def test_wrong_use_is_one_sentence(app, arguments, stdin, said):
    result = run(app, *arguments, stdin=stdin)
    assert result.exit_code == 2
    assert said in result.stderr and "Traceback" not in result.output


def test_half_a_character_is_scored_and_can_be_printed(app):
    item = '{"id": "\\ud800", "text": "' + GOOD + ' \\udfff"}'
    result = run(app, "--answers", "-", stdin=item)
    card = last(result)
    assert card["id"] == "?" and card["expectations"]["STK-STREAM"]["level"] == "explained"


def test_an_answer_that_is_far_too_large_is_refused(app, monkeypatch):
    monkeypatch.setattr(json_lines, "MAX_BYTES", 10)
    assert "is it the right file" in run(app, "--answer", "-", stdin="a" * 11).stderr


def test_lint_shows_every_entry_and_fails_when_one_is_wrong(app, monkeypatch):
    result = CliRunner().invoke(app, ["lint", "--seeds", "2", "--json"])
    report = json.loads(result.stdout.strip().split("\n")[-1])
    assert result.exit_code == 0 and report["clean"] and len(report["entries"]) == 42
    assert set(report["scenarios"]) == {f"S{n:02d}" for n in range(1, 19)}
    wrong = interview_lint_with(monkeypatch, "not credited: a sentence")
    result = CliRunner().invoke(app, ["lint", "--seeds", "2"])
    assert result.exit_code == 1 and wrong in result.stdout


def test_a_scenario_is_checked_before_it_is_installed(app, tmp_path):
    text = (CONTENT / "scenarios" / "S02.yaml").read_text()
    path = tmp_path / "S19.yaml"
    path.write_text(text.replace("id: S02", "id: S19"))
    result = CliRunner().invoke(app, ["lint", str(path), "--seeds", "2", "--json"])
    assert result.exit_code == 0 and "S19.yaml breaks no rule" in result.stdout
    path.write_text(text.replace("fixes", "helps"))
    result = CliRunner().invoke(app, ["lint", str(path), "--seeds", "2"])
    assert result.exit_code == 1 and "nothing fixes it" in result.stdout
    path.write_text("stages: [")
    result = CliRunner().invoke(app, ["lint", str(path), "--seeds", "2"])
    assert result.exit_code == 1 and "is not valid YAML" in result.stderr


def interview_lint_with(monkeypatch, sentence):
    from harness.interview.lint import rubric_rules

    one = rubric_rules.Confusion("STK-X", 1, 0, 0, 0, (sentence,))
    monkeypatch.setattr(rubric_rules, "lint", lambda scorer: iter([one]))
    return sentence
