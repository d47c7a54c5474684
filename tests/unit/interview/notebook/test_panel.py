"""The form, the panel around the conversation, and the presets in an address."""

from dataclasses import replace
from types import SimpleNamespace

import ipywidgets as widgets
import pytest

from harness.errors import PlainError, WrongUseError
from harness.interview.dialogue import opening
from harness.interview.dialogue.play import Play
from harness.interview.notebook import panel
from harness.interview.notebook.page import page, preset
from tests.unit.interview.interviews import interviewer


@pytest.fixture
def offline(monkeypatch):
    """No model and no scorer: routes by words, and a scorecard of one sentence."""

    def ready(session, file, clock, reword=None, style="friendly"):
        one = interviewer(session.scenario.id, minutes=session.minutes, mode=session.mode)
        return Play(replace(one, reword=reword), clock, file)

    monkeypatch.setattr(opening, "ready", ready)
    monkeypatch.setattr(panel.gaps, "scored", lambda *_: SimpleNamespace(scores={"stack": None}))
    monkeypatch.setattr(
        panel, "scorecard_page", lambda card, guess, learned: f"<p>{dict(guess)} {len(learned)}</p>"
    )


def buttons(widget):
    if isinstance(widget, widgets.Button):
        return {widget.description: widget}
    found = {}
    for child in getattr(widget, "children", ()):
        found |= buttons(child)
    return found


def test_from_the_form_to_the_scorecard_and_back(offline):
    box = panel.interview("S01", mode="coach", minutes=8, seed=1, guess={"stack": 3})
    buttons(box)["Start the interview"].click()
    assert {"Next part", "Hint", "Pause"} <= set(buttons(box))
    for _ in range(9):
        if "Next part" in buttons(box):
            buttons(box)["Next part"].click()
    assert "Next part" not in buttons(box)
    assert "'stack': 3" in box.children[1].value and ".jsonl" in box.children[1].value
    buttons(box)["Play another one"].click()
    assert not buttons(box)["Start the interview"].disabled


def test_a_chat_model_that_is_not_there_stops_nobody_and_is_said(offline):
    box = panel.interview("S01", minutes=8, llm="http://127.0.0.1:9/v1", llm_model="nobody")
    buttons(box)["Start the interview"].click()
    for _ in range(9):
        if "Next part" in buttons(box):
            buttons(box)["Next part"].click()
    assert "nobody at 127.0.0.1" in box.children[1].value


def test_an_exam_has_no_hint_and_no_pause(offline):
    box = panel.interview("S01")
    buttons(box)["Start the interview"].click()
    assert set(buttons(box)) == {"Next part", "Leave"}


def test_leaving_early_gives_the_scorecard_and_a_turn_can_be_tried_again(offline):
    box = panel.interview("S01", minutes=20, seed=1)
    buttons(box)["Start the interview"].click()
    talk = box.children[0]
    talk.act(lambda: talk.play.say("I would use a smaller model."))
    buttons(box)["Leave"].click()
    assert "1}" not in box.children[1].value and "Try again from turn 1" in buttons(box)
    buttons(box)["Try again from turn 1"].click()
    assert box.children[0] is not talk and not box.children[0].play.state.ended


def test_an_interrupted_interview_is_offered_again(offline):
    box = panel.interview("S01", minutes=20, seed=1)
    buttons(box)["Start the interview"].click()
    box.children[0].act(lambda: box.children[0].play.say("The breakdown?"))
    again = panel.interview("S01")
    buttons(again)["Go on where you left"].click()
    assert again.children[0].play.state.opened == ("breakdown",)


def test_a_coach_pauses_and_goes_on(offline):
    box = panel.interview("S01", mode="coach")
    buttons(box)["Start the interview"].click()
    talk = box.children[0]
    buttons(box)["Pause"].click()
    assert not talk.clock["running"]
    buttons(box)["Pause"].click()
    assert talk.clock["running"]


def test_what_is_missing_is_said_in_the_form(monkeypatch):
    def missing(*_):
        raise WrongUseError("MiniLM is <not> there: run `under500 prepare`.")

    monkeypatch.setattr(opening, "ready", missing)
    box = panel.interview("S01")
    buttons(box)["Start the interview"].click()
    assert "MiniLM is &lt;not&gt; there" in box.children[1].value
    assert not buttons(box)["Start the interview"].disabled


def test_while_a_class_is_graded_nobody_is_asked_anything(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert isinstance(panel.interview(), widgets.Label)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"scenario": "S99"}, "'S99'"),
        ({"level": "junior"}, "mid, senior, staff"),
        ({"mode": "fun"}, "exam, coach"),
        ({"minutes": 0}, "120 minutes"),
        ({"llm": "http://localhost/v1"}, "--llm-model"),
        ({"llm": "nowhere", "llm_model": "a"}, "'nowhere'"),
        ({"minutes": float("nan")}, "120 minutes"),
    ],
)
def test_wrong_use_is_one_sentence(options, said):
    with pytest.raises(PlainError, match=said):
        panel.interview(**options)


def test_an_address_presets_the_form(monkeypatch):
    assert preset("scenario=S03&seed=7&minutes=8&theme=dark") == {
        "scenario": "S03",
        "seed": 7,
        "minutes": 8.0,
    }
    monkeypatch.setenv("QUERY_STRING", "scenario=s03&minutes=8")
    fields = [
        child.value for child in page().children[1].children[0].children if hasattr(child, "value")
    ]
    assert fields[0] == "S03" and 8.0 in fields


def test_a_wrong_address_is_a_sentence(monkeypatch):
    monkeypatch.setenv("QUERY_STRING", "minutes=<b>soon</b>")
    assert "&lt;b&gt;soon&lt;/b&gt;" in page().value and "<b>" not in page().value
