"""Walkthroughs: a strong one for each scenario, three kinds for most, and scores that hold."""

import json
from collections import Counter

import pytest

from harness.errors import WrongUseError
from harness.interview.content_files import BadContentError
from harness.interview.practice.walkthrough import FOLDER, names, walkthrough
from harness.interview.scenario.scenario import scenarios
from tests.unit.interview.interviews import interviewer, played

KINDS = ("strong", "middling", "misguided")


def test_each_scenario_has_a_strong_one_and_at_least_four_have_all_kinds():
    kinds = Counter((walk.scenario, walk.kind) for walk in map(walkthrough, names()))
    assert set(kinds.values()) == {1}
    assert {scenario for scenario, kind in kinds if kind == "strong"} == set(scenarios())
    assert sum(all(kinds[scenario, kind] for kind in KINDS) for scenario in scenarios()) >= 4


@pytest.mark.parametrize("name", names())
def test_a_walkthrough_can_be_taught_with(name):
    walk = walkthrough(name)
    assert walk.steps[0].who == "interviewer" and len(walk.steps) >= 8
    times = [step.t for step in walk.steps]
    assert times == sorted(times)
    said = [step for step in walk.steps if step.who == "candidate" and step.text]
    assert sum(step.note is not None for step in said) >= len(said) * 0.7
    assert sum(step.predict is not None for step in walk.steps) >= 2
    for step in walk.steps:
        assert "{" not in walk.words(f"{step.text} {step.note} {step.predict}")
    assert set(walk.claims) == {"systematic", "stack", "tradeoffs", "stakeholders"}


@pytest.mark.parametrize("name", [name for name in names() if name.endswith("strong")])
def test_a_strong_candidate_opens_the_card_that_shows_the_cause(name):
    walk = walkthrough(name)
    assert set(walk.transcript().opened) >= set(walk.session.scenario.cause.cards)


@pytest.mark.parametrize("name", names())
def test_what_is_claimed_fits_the_kind(name):
    walk = walkthrough(name)
    low, high = {"strong": (3, 4), "middling": (1, 3), "misguided": (1, 2)}[walk.kind]
    scores = sorted(walk.claims.values())
    # Who is middling may still be excellent at one thing, such as looking before touching anything.
    assert low <= scores[0] and scores[-2 if walk.kind == "middling" else -1] <= high


@pytest.mark.models
@pytest.mark.parametrize("name", names())
def test_a_claimed_score_holds(name):
    from harness.interview.dialogue.gaps import scored

    walk = walkthrough(name)
    assert dict(scored(walk.session, walk.transcript()).scores) == walk.claims


def test_a_prefix_is_a_transcript_too():
    walk = walkthrough("S01-strong")
    assert walk.transcript(3).opened == ("goal",)
    assert [event.line for event in walk.transcript(3).events] == [2, 3, 4]


def test_a_recorded_interview_can_be_stepped_through(tmp_path):
    one = interviewer("S06", seed=8)
    state, _ = played(one, "The tokens?", "I think {mean.total} is odd.")
    file = tmp_path / "one.jsonl"
    header = {"scenario": "s06", "level": "staff", "mode": "exam", "seed": 8}
    events = [event.model_dump(exclude_none=True) for event in state.events]
    unknown = {"t": 99, "who": "candidate", "open_card": "nonsense"}
    file.write_text("\n".join(map(json.dumps, [header, *events, unknown])))
    walk = walkthrough(str(file))
    assert (walk.scenario, walk.level, walk.seed, walk.kind) == ("S06", "staff", 8, "recorded")
    assert [e.open_card for e in walk.events if e.open_card] == ["tokens"]
    assert "I think {mean.total} is odd." in [e.text for e in walk.events]


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(WrongUseError, match=r"S99-strong.*S01"):
        walkthrough("S99-strong")
    empty = tmp_path / "empty.jsonl"
    empty.write_text('{"scenario": "S01"}\n')
    with pytest.raises(WrongUseError, match="no turns"):
        walkthrough(str(empty))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("open_card: breakdown", "open_card: sauce", "'sauce'"),
        ("scenario: S01", "scenario: S99", "'S99'"),
        ("kind: strong", "kind: lucky", "kind"),
        ("t: 18", "t: -3", "steps"),
    ],
)
def test_a_broken_walkthrough_is_refused(tmp_path, old, new, said):
    path = tmp_path / "one.yaml"
    path.write_text((FOLDER / "S01-strong.yaml").read_text().replace(old, new))
    with pytest.raises((BadContentError, WrongUseError), match=said):
        walkthrough(str(path))
