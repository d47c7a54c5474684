"""Scores about a case: its own remedies, what was left alone, deeds, recited speeches, and the reasons."""

import json

import pytest

from harness.interview.reading import Reading, Remedy, Suspect
from harness.interview.scenario.casefile import CaseFile
from harness.interview.scenario.transcript import parse

CASE = CaseFile(
    scenario_id="S07",
    card_numbers={
        "breakdown": ((2480.0, "ms"), (140.0, "ms")),
        "queue": ((620.0, "ms"),),
        "goal": (),
    },
    revealing_cards=frozenset({"queue"}),
    cause_terms=("queueing",),
    remedies={
        "replicas": "fixes",
        "STK-BATCH": "helps",
        "STK-ANN": "neutral",
        "STK-STREAM": "neutral",
        "STK-SPEC": "harmful",
    },
)
REPLICA = "A second replica takes the wait from 2480 ms to about 120 ms."
BATCH = "Batching raises the throughput when many requests come at once; a lone one gains nothing."
CLASSIC = (
    "A smaller 8B model is three times faster and loses a little accuracy. Streaming shows the first words "
    "early and the total stays the same. A cache with a TTL helps repeated questions. HNSW instead of the "
    "exact scan costs a percent of recall."
)


def said(*remedies, cause=None):
    suspect = Suspect("queue", cause, "the queue") if cause else None
    return Reading(remedies=tuple(remedies), suspect=suspect)


def about(scorer, text, *remedies, cause=None):
    return scorer.answer(text, None, CASE, (said(*remedies, cause=cause),))


def interview(scorer, *turns):
    """Return the scorecard of turns: a text, "#" and a card, or (text, reading)."""
    lines, readings = [{"scenario": "S07"}], []
    for t, turn in enumerate(turns):
        text, reading = turn if isinstance(turn, tuple) else (turn, Reading())
        what = {"open_card": text[1:]} if text.startswith("#") else {"text": text}
        lines.append({"t": t, "who": "candidate", **what})
        readings += [] if text.startswith("#") else [reading]
    return scorer.transcript(parse("\n".join(map(json.dumps, lines)).encode()), CASE, readings)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("A second machine costs twice as much. I'd like your okay by Monday.", 2),
        ("With a larger plan that's solved. Can I have your okay until Wednesday?", 2),
        ("Answers may be a bit older. Is that acceptable for you?", 2),
        ("It will be a lot faster. We will update you when it is done.", 1),
        ("The cache is fine for the readers.", 1),
    ],
)
def test_who_asks_product_to_agree_to_a_price_gives_a_choice(scorer, text, score):
    assert about(scorer, text).scores["stakeholders"] == score


def test_no_need_after_a_mistake_takes_nothing_back(scorer):
    wrong = "Streaming makes the full answer arrive sooner. No need to change anything else."
    (mistake,) = about(scorer, wrong).mistakes
    assert not mistake.repaired


def test_a_remedy_that_would_hurt_here_is_not_proposed(scorer):
    card = about(scorer, "Batching would hurt here, as each request waits for the others.")
    assert "STK-BATCH" not in card.shown and "STK-BATCH" in {
        f.expectation for f in card.near_misses
    }


def test_the_cases_own_remedies_are_its_core(scorer):
    fix = Remedy("replicas", False, "A second replica")
    assert about(scorer, f"{REPLICA} {BATCH}", fix).scores["stack"] >= 3
    assert about(scorer, CLASSIC).scores["stack"] <= 2
    assert scorer.answer(f"{REPLICA} {BATCH}").scores["stack"] <= 2


def test_leaving_alone_what_does_nothing_is_worth_as_much_as_what_helps(scorer):
    fix = Remedy("replicas", False, "A second replica")
    left = [Remedy(name, True, "leave") for name in ("STK-ANN", "STK-STREAM")]
    text = "A second replica, I'd say. The search and the way of showing words I leave alone."
    assert about(scorer, text, fix, *left).scores["stack"] >= 3
    assert about(scorer, text, fix).scores["stack"] == 2


def test_a_fix_needs_what_it_brings_for_a_three(scorer):
    fix = Remedy("replicas", False, "A second replica")
    assert about(scorer, REPLICA, fix).scores["stack"] == 3
    assert about(scorer, "A second replica, because they queue up.", fix).scores["stack"] == 2


def test_two_remedies_with_what_they_bring_are_options(scorer):
    both = Remedy("replicas", False, "A second replica"), Remedy("STK-BATCH", False, "Batching")
    right = ("It waits 2480 ms in a queue.", said(cause="right"))
    plan = interview(scorer, "#queue", right, (f"{REPLICA} {BATCH}", said(*both)))
    assert "TRD-OPTIONS" in plan.shown
    bare = interview(scorer, "#queue", right, ("A second replica. Batching.", said(*both)))
    assert "TRD-OPTIONS" not in bare.shown


def test_an_answer_that_names_the_cause_with_its_number_needs_no_talk_about_measuring(scorer):
    text = "Most of it is queueing, 2480 ms of it. Afterwards I time the same requests again."
    assert about(scorer, text, cause="right").scores["systematic"] == 3
    assert about(scorer, text.replace("queueing", "decode")).scores["systematic"] <= 2


def test_a_harmful_remedy_holds_the_stack_at_two(scorer):
    fix = Remedy("replicas", False, "A second replica")
    harm = Remedy("STK-SPEC", False, "A small draft model")
    drafting = "A small draft model proposes tokens, and the large one verifies them at once."
    assert about(scorer, f"{REPLICA} {BATCH} {drafting}", fix, harm).scores["stack"] == 2
    # What the listener alone heard accuses nobody.
    assert about(scorer, f"{REPLICA} {BATCH}", fix, harm).scores["stack"] > 2


@pytest.mark.parametrize(
    "opening", [("#breakdown",), (("How is it split up?", Reading(cards=("breakdown",))),)]
)
def test_opening_the_card_before_a_remedy_is_measuring(scorer, opening):
    card = interview(scorer, *opening, "Hm, I see.")
    assert {"SYS-MEASURE", "SYS-BREAKDOWN"} <= set(card.shown)
    late = interview(scorer, (REPLICA, said(Remedy("replicas", False, "replica"))), *opening)
    assert "SYS-MEASURE" not in late.shown


def test_opening_the_goal_is_no_measurement(scorer):
    assert "SYS-MEASURE" not in interview(scorer, "#goal", "Hm, I see.").shown


def test_a_deed_by_command_has_no_quote_and_says_what_it_was(scorer):
    shown = interview(scorer, "#breakdown", "Hm.").to_json()["expectations"]["SYS-BREAKDOWN"]
    assert shown["quote"] == "" and "breakdown" in shown["because"]


def test_a_right_diagnosis_with_its_number_is_a_hypothesis(scorer):
    right = ("It waits 2480 ms in a queue.", said(cause="right"))
    shown = interview(scorer, "#breakdown", "#queue", right).shown
    assert {"SYS-HYPOTHESIS", "SYS-RANK"} <= set(shown)
    wrong = ("It waits 2480 ms in a queue.", said(cause="wrong"))
    assert "SYS-RANK" not in interview(scorer, "#breakdown", "#queue", wrong).shown


def test_a_recited_speech_is_at_most_two_and_says_so(scorer):
    speech = (
        "Is the target the first token or the full answer, and at which percentile? I trace it all first, "
        "one span per stage. The LLM takes 2500 of 3200 ms. p50 and p95 apart. After each change I measure "
        f"again, speed and quality. {CLASSIC} Option one is 500 ms and 3 % worse answers, option two 800 ms "
        "at the same quality for one more GPU at 2,000 dollars a month, checked on the evaluation set."
    )
    free, here = scorer.answer(speech), about(scorer, speech)
    assert max(here.scores["systematic"], here.scores["tradeoffs"]) <= 2
    assert "nothing in it comes from this case" in here.to_json()["reasons"]["systematic"]["text"]
    assert free.scores["tradeoffs"] >= 3


def test_a_long_talk_about_something_else_is_at_most_one(scorer):
    talk = (
        "Trucks lose hours at the border. A firm that traces each trip sees which leg dominates before it "
        "changes anything, and after each change it checks again. Some roads cost tolls, some cost fuel, and "
        "the owner has to choose what matters more to him. I would offer two routes and let him decide by "
        "Friday, because nobody can have both, and a trial with half of the drivers settles it anyway."
    )
    assert set(scorer.answer(talk).scores.values()) == {1}


def test_a_reason_names_what_would_have_made_it_one_more(scorer):
    text = "I would trace real requests first, one span per stage. p50 next to p95."
    reason = next(r for r in scorer.answer(text).reasons if r.dimension == "systematic")
    assert reason.score == 2 and "SYS-TARGET" in [advice.id for advice in reason.missing]
    assert reason.missing[0].say in reason.text


def test_what_is_missing_would_indeed_raise_the_score(scorer):
    text = "I would trace real requests first, one span per stage. p50 next to p95."
    card = scorer.answer(text)
    for reason in card.reasons:
        more = " ".join([text, *(advice.say for advice in reason.missing)])
        assert scorer.answer(more).scores[reason.dimension] > reason.score, reason


def test_drills_begin_with_what_raises_a_score_alone(scorer):
    card = scorer.answer("I would trace real requests first, one span per stage. p50 next to p95.")
    fewest = min((r for r in card.reasons if r.missing), key=lambda r: (len(r.missing), r.score))
    assert card.drills[0] == fewest.missing[0]
