import json

import pytest

from harness.interview.scenario.casefile import CaseFile
from harness.interview.scenario.transcript import parse
from harness.interview.scoring.findings import Loss
from harness.interview.scoring.grounding import grounded

CASE = CaseFile(
    scenario_id="S02",
    card_numbers={
        "breakdown": ((2300.0, "ms"), (520.0, "ms")),
        "index": ((6.0, "M"),),
        "load": (),
        **{f"extra{n}": () for n in range(8)},
    },
    revealing_cards=frozenset({"index"}),
    cause_terms=("exact (scan|search)",),
    remedies={"STK-ANN": "fixes", "STK-DIMS": "helps"},
)
ASK = "Is 500 ms the first token or the full answer, and is it p50 or p95?"
GUESS = (
    "I suspect retrieval. If so, the search span should be far longer than the rest; can I see it?"
)
CAUSE = "Retrieval takes 2300 ms of it, since it is an exact scan of six million vectors."
FIX = (
    "HNSW instead of it, at a percent of recall; after the fix I measure latency and quality again."
)
MEMORISED = (
    "First I trace every stage. The LLM takes 2500 of 3200 ms. Does 500 ms mean first token or total? "
    "Even with an instant LLM we are at 700 ms. After each change I measure again. p50 and p95. "
    "A smaller 8B model is 3x faster, streaming shows the first token early and the total stays, "
    "a cache with a TTL, and HNSW instead of the exact scan with 1 % less recall."
)


def transcript(*steps, scenario="S02"):
    """Return a transcript of steps: a text of the candidate, or "#" and the id of an opened card."""
    values = [{"scenario": scenario}]
    for t, step in enumerate(steps):
        what = {"open_card": step[1:]} if step.startswith("#") else {"text": step}
        values.append({"t": t, "who": "candidate", **what})
    return parse("\n".join(json.dumps(value) for value in values).encode())


def systematic(scorer, *steps, case=CASE):
    return scorer.transcript(transcript(*steps), case).scores["systematic"]


STRONG = (
    ASK,
    "I trace it before I fix anything, per stage.",
    GUESS,
    "#breakdown",
    "#index",
    CAUSE,
    FIX,
)


def test_looking_naming_and_verifying_advances(scorer):
    card = scorer.transcript(transcript(*STRONG), CASE)
    assert card.scores["systematic"] >= 3
    assert all(check.passed for check in card.checks), card.checks


def test_an_answer_learned_by_heart_stays_at_two(scorer):
    assert systematic(scorer, MEMORISED) <= 2
    assert (
        systematic(scorer, "#breakdown", "#index", MEMORISED.replace("exact scan", "flat one")) <= 2
    )


def test_the_cause_counts_only_after_it_was_seen(scorer):
    early = (ASK, CAUSE, "#breakdown", "#index", FIX)
    assert systematic(scorer, *early) <= 2
    assert systematic(scorer, *STRONG) > systematic(scorer, *early)


def test_a_denied_cause_is_not_named(scorer):
    denied = (*STRONG[:5], "So it is not an exact scan.", FIX.replace("instead of it", ""))
    assert systematic(scorer, *denied) <= 2


def test_opening_everything_is_not_focus(scorer):
    fishing = (*STRONG[:3], *(f"#{card}" for card in CASE.card_numbers), *STRONG[5:])
    checks = {c.name: c.passed for c in scorer.transcript(transcript(*fishing), CASE).checks}
    assert not checks["focus"] and checks["cause"]


def test_a_breakdown_with_numbers_from_no_card_is_a_mention(scorer):
    card = scorer.transcript(transcript("#load", "The LLM takes 2500 of the 3200 ms."), CASE)
    shown = card.to_json()["expectations"]["SYS-BREAKDOWN"]
    assert (shown["level"], shown["because"]) == ("mention", Loss.UNGROUNDED)


@pytest.mark.parametrize(
    ("text", "known"),
    [("2,300 ms", True), ("2.3 seconds", True), ("2.35 s", True), ("2.6 s", False), ("much", None)],
)
def test_numbers_are_rounded_by_people(text, known):
    assert grounded(text, CASE, ["breakdown"]) is known


def test_numbers_of_a_card_that_was_not_opened_are_not_known():
    assert grounded("2300 ms", CASE, ["load"]) is False


def test_an_unknown_scenario_is_said_and_not_scored_beyond_two(scorer):
    card = scorer.transcript(transcript(*STRONG), None)
    assert card.scores["systematic"] <= 2
    assert any("S02" in notice for notice in card.notices)


def test_unknown_cards_are_said(scorer):
    card = scorer.transcript(transcript("#oracle", "Hello there."), CASE)
    assert any("oracle" in notice for notice in card.notices)


def test_quotes_name_their_line(scorer):
    card = scorer.transcript(transcript(ASK, "#load", FIX), CASE).to_json()
    assert card["expectations"]["SYS-TARGET"]["line"] == 2
    assert card["expectations"]["STK-ANN"]["line"] == 4


def test_what_the_interviewer_said_is_not_the_candidates(scorer):
    statement = "Streaming shows the first token early and the total stays the same."
    values = [
        {"scenario": "S02"},
        {"t": 0, "who": "interviewer", "text": statement},
        {"t": 1, "who": "candidate", "text": statement},
    ]
    interview = parse("\n".join(map(json.dumps, values)).encode())
    assert "STK-STREAM" not in scorer.transcript(interview, CASE).shown


@pytest.mark.parametrize(("move", "level"), [("hint", "applied"), ("reveal", "absent")])
def test_after_help_an_idea_is_worth_less(scorer, move, level):
    values = [
        {"scenario": "S02"},
        {"t": 0, "who": "interviewer", "text": "Hm?", "move": move, "target": "STK-STREAM"},
        {
            "t": 1,
            "who": "candidate",
            "text": "Stream it: the first token is early, the total stays.",
        },
    ]
    interview = parse("\n".join(map(json.dumps, values)).encode())
    shown = scorer.transcript(interview, CASE).to_json()["expectations"]["STK-STREAM"]
    assert shown["level"] == level


ON_COST = "A smaller index costs us one percent of recall, because it looks at fewer vectors."
ON_QUALITY = "I measure the answers on our evaluation set of 200 questions before and after."
ON_MONEY = "One more machine costs 400 dollars a month, which is more than the index does."


def tradeoffs(scorer, *steps):
    return scorer.transcript(transcript("#breakdown", "#index", CAUSE, *steps), CASE).scores[
        "tradeoffs"
    ]


def test_in_an_interview_a_price_with_measured_quality_is_enough_for_trade_offs(scorer):
    assert tradeoffs(scorer, ON_COST, ON_MONEY) <= 2
    assert tradeoffs(scorer, ON_COST, ON_QUALITY, ON_MONEY) >= 3


def test_who_only_opens_cards_is_scored_without_a_quote(scorer):
    card = scorer.transcript(transcript("#load", "#percentiles"), CASE)
    assert all(card.quote(finding.sentence)["quote"] == "" for finding in card.shown.values())
