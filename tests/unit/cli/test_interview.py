"""The interview in the terminal: played from typed lines, stored on disk, replayed."""

import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from harness.cli import interview
from harness.cli.main import app
from harness.interview.dialogue import gaps
from harness.interview.dialogue.play import Play
from harness.interview.report import scorecard_text
from tests.unit.interview.interviews import by_words

run = CliRunner().invoke


@pytest.fixture
def offline(monkeypatch):
    """No models: intents by keyword, every gap open, a clock that advances 5 s at each reading."""
    from harness.interview.dialogue.interviewer import Interviewer

    def play(session, file, model, style):
        seconds = iter(range(0, 100_000, 5))
        return Play(Interviewer(session, by_words, lambda transcript: {}), seconds.__next__, file)

    monkeypatch.setattr(interview, "_play", play)


@pytest.fixture
def unscored(monkeypatch):
    """Return a scorer with the same scores for everything."""

    card = SimpleNamespace(scores={"systematic": 3, "stack": None})
    monkeypatch.setattr(gaps, "scored", lambda session, transcript, second=None: card)
    monkeypatch.setattr(
        scorecard_text, "scorecard", lambda card, learned=(): f"Scored: {card.scores}"
    )
    monkeypatch.setattr(interview, "_record", lambda play, card: None)


def typed(*lines, options=()):
    return run(app, ["interview", *options], input="\n".join(lines) + "\n")


def last_json(result):
    return json.loads(result.stdout.strip().splitlines()[-1])


def test_a_whole_interview_is_played_told_and_scored(offline, unscored, tmp_path):
    file = tmp_path / "one.jsonl"
    result = typed(
        "The goal?",
        "The breakdown?",
        "I would use a smaller \\",
        "model.",
        *["That's all"] * 2,
        "It will feel fast.",
        "No.",
        *["done"] * 6,
        options=["--scenario", "S01", "--seed", "1", "--save", str(file), "--json"],
    )
    assert result.exit_code == 0, result.output
    assert "wants it under 500 ms" in result.stdout and "Time per stage" in result.stdout
    assert "decode-bound" in result.stdout
    found = last_json(result)
    assert (found["ended"], found["opened"]) == ("finished", ["goal", "breakdown"])
    assert found["scores"] == {"systematic": 3, "stack": None} and "Scored:" in result.stdout
    texts = [json.loads(line).get("text") for line in file.read_text().splitlines()]
    assert "I would use a smaller \nmodel." in texts


def test_leaving_loses_nothing_and_gives_debrief_and_score(offline, unscored, tmp_path):
    file = tmp_path / "one.jsonl"
    options = ["--scenario", "s02", "--save", str(file), "--json"]
    for last in ("/quit", "Is there a cache?"):  # the second ends with the input itself
        result = typed("The tokens?", last, options=options)
        assert (result.exit_code, last_json(result)["ended"]) == (0, "left")
        assert "left early" in result.stdout and "Scored:" in result.stdout
        assert "The cause was" in result.stdout
        assert json.loads(file.read_text().splitlines()[4])["open_card"] == "tokens"
        file.unlink()


def test_an_interrupted_interview_goes_on_and_a_turn_can_be_tried_again(
    offline, unscored, tmp_path
):
    first, second = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    play = ["--scenario", "S01", "--seed", "1", "--save", str(first)]
    typed("The goal?", "The breakdown?", "The tokens?", options=play)
    lines = first.read_text().splitlines()
    ended = typed(options=["--resume", str(first)])
    assert ended.exit_code == 2 and "--from-turn" in " ".join(ended.stderr.split())
    again = ["--resume", str(first), "--from-turn", "3", "--save", str(second), "--json"]
    tried = typed("The gpu?", options=again[:-1])
    assert tried.exit_code == 0 and "systematic 3 → 3" in " ".join(tried.stdout.split())
    opened = [json.loads(line).get("open_card") for line in second.read_text().splitlines()]
    assert [card for card in opened if card] == ["goal", "breakdown", "gpu"]
    interrupted = tmp_path / "three.jsonl"
    interrupted.write_text("\n".join(lines[:6]) + "\n")
    go_on = ["--resume", str(interrupted), "--save", str(tmp_path / "four.jsonl"), "--json"]
    found = last_json(typed("The gpu?", options=go_on))
    assert found["opened"][-1] == "gpu" and found["opened"][0] == "goal"


def test_commands_are_no_answers(offline, unscored, tmp_path):
    result = typed(
        "/cards", "/open index", "/open nonsense", "/time", "/pause", "/hint", "/what", "/quit"
    )
    assert result.exit_code == 0, result.output
    assert "how the vector search works" in result.stdout
    assert "There is no such card" in result.stdout and "the search for the cause" in result.stdout
    assert "exam cannot be paused" in result.stdout and "Ask in your own words" in result.stdout


def test_a_coach_hints_and_a_pause_takes_no_piped_turn(offline, unscored):
    result = typed("/pause", "hint", "/quit", options=["--mode", "coach", "--scenario", "S03"])
    said = " ".join(result.stdout.split())
    assert "need no pause" in said and "several clocks" in said


def test_a_card_is_opened_by_its_title_and_without_a_name_the_list_is_shown(offline, unscored):
    result = typed("/open", "/open The vector index", "/quit", options=["--scenario", "S01"])
    said = " ".join(result.stdout.split())
    assert "how the vector search works" in said
    assert "It is an exact scan" in said and "no such card" not in said


def test_markup_and_control_characters_are_shown_as_text(offline, unscored):
    result = typed("[bold]the cause?[/oops]", "/quit")
    assert result.exit_code == 0 and not result.exception


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scenario", "S99"], "'S99'"),
        (["--level", "junior"], "mid, senior, staff"),
        (["--mode", "fun"], "exam, coach"),
        (["--minutes", "0"], "Invalid value"),
        (["--replay", "S99-strong"], "'S99-strong'"),
    ],
)
def test_wrong_use_is_one_sentence(options, said):
    result = run(app, ["interview", *options])
    assert result.exit_code in (1, 2)
    assert said in " ".join(result.stderr.split()) and "Traceback" not in result.output


def test_an_existing_transcript_is_not_written_over(tmp_path):
    file = tmp_path / "one.jsonl"
    file.write_text("mine")
    result = run(app, ["interview", "--scenario", "S01", "--save", str(file)])
    assert result.exit_code == 2 and "exists already" in " ".join(result.stderr.split())
    assert file.read_text() == "mine"


def test_a_walkthrough_is_replayed_as_a_whole_where_nobody_types(unscored):
    result = run(app, ["interview", "--replay", "S01-strong"])
    assert result.exit_code == 0, result.output
    assert "The goal first." in result.stdout and "What to learn from it" in result.stdout
    assert "systematic 3 · stack –" in result.stdout


def test_a_class_predicts_before_it_sees(unscored, monkeypatch):
    from harness.cli.interview import replay

    keys = iter(["", "s", "", "b", "", "99", "", "q"])
    shown = []
    monkeypatch.setattr(replay, "_answer", lambda: next(keys))
    monkeypatch.setattr(replay, "_step", lambda walk, number: shown.append(number))
    from harness.interview.practice.walkthrough import walkthrough

    replay._interactive(walkthrough("S03-misguided"))
    assert shown[0] == 0 and shown[1] == 1


def test_the_parts_are_verbs_of_their_own():
    result = run(app, ["interview", "--help"])
    assert "score" in result.stdout and "--replay" in result.stdout


def test_history_says_what_was_played_and_what_is_due():
    result = run(app, ["interview", "history"])
    assert result.exit_code == 0 and "No interview yet" in result.stdout
    result = run(app, ["interview", "history", "--interview-on", "2099-01-31", "--json"])
    assert last_json(result) == {"interviews": [], "due": [], "next_day": None, "scenario": None}
    result = run(app, ["interview", "history", "--interview-on", "soon"])
    assert result.exit_code == 2 and "'soon'" in result.stderr


def test_the_page_is_for_this_machine_alone_and_asks_nobody_else():
    from harness.cli.interview.page import NOTEBOOK, arguments

    assert NOTEBOOK.is_file()
    command = arguments(8866, browser=False)
    assert "--Voila.ip=localhost" in command and "--Voila.open_browser=False" in command
    assert any("style-src 'self'" in argument for argument in command)
