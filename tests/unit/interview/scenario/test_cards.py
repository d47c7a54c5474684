"""Cards: enough of them, all from one sample, and a disagreement between two would be found."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from harness.interview.content_files import BadContentError
from harness.interview.lint.agreement import disagreements
from harness.interview.scenario.cards import abouts, card_ids, deck, filled
from harness.interview.scenario.cards_figures import Figure
from harness.interview.scenario.interview_session import Session, find_case
from harness.interview.scenario.sample import draw
from harness.interview.scenario.scenario import BEFORE_FIRST_TOKEN, scenario, scenarios
from harness.interview.scenario.transcript import Header

NAMES = list(scenarios())
DATA = Path(__file__).parents[1] / "data"
NAMED = yaml.safe_load((DATA / "named.yaml").read_text())
REFERENCE = yaml.safe_load((DATA / "reference.yaml").read_text())


def test_there_are_enough_cards_and_each_can_be_named():
    assert len(card_ids()) >= 16
    assert len(set(card_ids())) == len(card_ids()) == len(abouts())
    assert all(card.note and card.title for card in deck().cards)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [None, 1, 2, 3, 4, 5, 6, 7])
def test_all_cards_agree(name, seed):
    assert list(disagreements(Session(scenario(name), seed).cards)) == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_printed_is_what_the_sample_says(name):
    session = Session(scenario(name), 9)
    sample, shown = session.sample, session.cards
    p50, p75, p90, p95, mean, slowest = (
        float(cell.removesuffix(" ms").replace(",", "")) for cell in shown["percentiles"].rows[0]
    )
    expected = np.percentile(sample.total, [50, 75, 90, 95])
    assert [p50, p75, p90, p95] == pytest.approx(list(expected), abs=0.51)
    assert [mean, slowest] == pytest.approx([sample.total.mean(), sample.total.max()], abs=0.51)
    first = sum(sample.stages[stage] for stage in BEFORE_FIRST_TOKEN)
    assert f"{np.percentile(first, 50):,.0f} ms (p50)".removesuffix(" (p50)") in shown["ttft"].note


def spoiled(shown, name, old, new):
    """Return the same cards, with one cell or note of one of them changed."""
    card = shown[name]
    rows = tuple(tuple(new if cell == old else cell for cell in row) for row in card.rows)
    note = card.note.replace(old, new)
    assert (rows, note) != (card.rows, card.note)
    return {**shown, name: replace(card, rows=rows, note=note)}


@pytest.mark.parametrize(
    ("name", "card", "row", "column"),
    [
        ("S01", "breakdown", 5, 1),
        ("S01", "breakdown", 7, 2),
        ("S01", "slowest", 0, 1),
        ("S01", "percentiles", 0, 4),
        ("S01", "percentiles", 0, 0),
        ("S01", "network", 0, 1),
        ("S01", "network", 1, 1),
        ("S01", "load", 2, 4),
        ("S01", "deploys", 1, 1),
        ("S06", "replicas", 0, 2),
        ("S06", "replicas", 0, 1),
        ("S10", "cache", 1, 2),
    ],
)
def test_a_number_that_does_not_fit_is_found(name, card, row, column):
    shown = Session(scenario(name), 1).cards
    old = shown[card].rows[row][column]
    assert list(disagreements(spoiled(shown, card, old, "9,999 ms")))


def test_a_wait_that_does_not_fit_is_found():
    shown = Session(scenario("S12"), 1).cards
    wait = re.search(r"waits ([\d,]+ ms)", shown["queue"].note).group(1)
    assert list(disagreements(spoiled(shown, "queue", wait, "999 ms")))


@pytest.mark.parametrize("name", NAMES)
def test_the_fix_leaves_what_it_was_designed_to_leave(name):
    *_, total, ttft = REFERENCE[name]
    session = Session(scenario(name), None)
    found = [float(session.filled(f"{{after.{m}:.0f}}").split()[0]) for m in ("total", "ttft")]
    assert found == pytest.approx([total, ttft], rel=0.07, abs=12)


def test_numbers_are_written_as_people_write_them():
    shown = [
        Figure(2250.4, "ms"),
        Figure(8.44, "ms"),
        Figure(0.4, "%"),
        Figure(5200, "$ a month"),
        Figure(14.0, "pieces"),
        Figure(1.26, "million vectors"),
        Figure(0.05, ""),
    ]
    assert [f"{one}" for one in shown] == [
        "2,250 ms",
        "8.4 ms",
        "0.4 %",
        "$5,200 a month",
        "14 pieces",
        "1.3 million vectors",
        "0.05",
    ]


def test_an_unknown_number_is_an_error_for_people():
    sample = draw(scenario("S01"), 1)
    for name in (
        "mean.nothing",
        "p50",
        "fact.nothing",
        "nobody.mean.total",
        "base.nothing",
        "a.b.c.d",
    ):
        with pytest.raises(BadContentError, match=f"'{name}'"):
            filled(f"{{{name}}}", sample)


def test_the_case_has_every_card_and_the_numbers_on_it():
    case = Session(scenario("S02"), 4).case
    assert tuple(case.card_numbers) == card_ids()
    values = [value for value, unit in case.card_numbers["index"] if unit == "GB"]
    assert values == [pytest.approx(6 * 1536 * 4 / 1000, rel=0.11)]
    assert case.revealing_cards == {"index"} and case.remedies["STK-ANN"] == "fixes"
    assert set(case.breakdown_cards) <= set(card_ids())


@pytest.mark.parametrize("name", NAMES)
def test_who_names_the_cause_is_recognised_and_who_recites_is_not(name):
    def named(text):
        return any(re.search(term, text, re.IGNORECASE) for term in scenario(name).cause.named)

    assert [text for text in NAMED[name]["named"] if not named(text)] == []
    assert [text for text in NAMED[name]["other"] if named(text)] == []
    others = [text for other in NAMES for text in NAMED[other]["other"]]
    assert sum(map(named, others)) <= 2  # of 36; "the model dominates" is right for S01


def test_a_transcript_finds_its_case_with_its_own_numbers():
    case = find_case(Header(scenario="s03", seed=11))
    assert case.card_numbers == Session(scenario("S03"), 11).case.card_numbers
    assert case.card_numbers != Session(scenario("S03"), 12).case.card_numbers
    assert find_case(Header(scenario="S99")) is None
