"""The laws that bind the numbers on cards: each of them, broken on purpose, is found."""

from dataclasses import replace

import pytest
import yaml

from harness.interview.content_files import CONTENT
from harness.interview.lint.identities import broken_identities
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.scenario import Scenario, scenario, scenarios
from harness.interview.scenario.world import world

SEEDS = (None, 1, 2, 3)  # `under500 interview lint` checks a thousand


def spoiled(name, card, old, new):
    """Return a session of which one card has another text than its sample says."""
    session = Session(scenario(name), 1)
    shown = session.cards[card]
    assert old(world(session.sample)) in shown.note
    note = shown.note.replace(old(world(session.sample)), new, 1)
    vars(session)["cards"] = {**session.cards, card: replace(shown, note=note)}
    return session


@pytest.mark.parametrize("name", list(scenarios()))
def test_no_law_is_broken(name):
    assert [
        rule for seed in SEEDS for rule in broken_identities(Session(scenario(name), seed))
    ] == []


@pytest.mark.parametrize(
    ("card", "old", "new", "said"),
    [
        (
            "load",
            lambda w: f"{w.mean_rate:.0f} requests a minute",
            "90 requests a minute",
            "a minute, not 90",
        ),
        (
            "load",
            lambda w: f"{w.peak_rate} requests a minute",
            "3 requests a minute",
            "do not rise",
        ),
        ("load", lambda w: f"{w.in_flight:.1f} of them", "9 of them", "Little's law"),
        ("cost", lambda w: f"{w.bill:,.0f} a month", "99,000 a month", "for 1000"),
        ("goal", lambda w: "Today 0 %", "Today 97 %", "met at the start"),
        ("goal", lambda w: "500 ms", "800 ms", "opening question"),
        ("traffic", lambda w: "21 %", "95 %", "more than all"),
    ],
)
def test_a_number_that_breaks_a_law_is_found(card, old, new, said):
    assert any(said in rule for rule in broken_identities(spoiled("S01", card, old, new)))


def changed(name, **quantities):
    entries = yaml.safe_load((CONTENT / "scenarios" / f"{name}.yaml").read_text())
    entries["quantities"] |= quantities
    return Session(Scenario.model_validate(entries), 1)


@pytest.mark.parametrize(
    ("name", "quantities", "said"),
    [
        ("S10", {"goal_share": 90}, "met at the start"),
        ("S03", {"copies": 1, "slots": 1, "requests_a_day": 200000}, "no steady state"),
        ("S03", {"copies": 1, "slots": 1}, "and do not"),
        ("S08", {"timeout_s": 2}, "timeout"),
    ],
)
def test_a_service_that_cannot_be_is_found(name, quantities, said):
    assert any(said in rule for rule in broken_identities(changed(name, **quantities)))


def test_what_product_says_is_on_a_card():
    one = scenario("S08")
    premise = one.product.model_copy(update={"premise": "The average is 1,300 ms, as promised."})
    said = broken_identities(Session(one.model_copy(update={"product": premise}), 1))
    assert any("1300" in rule for rule in said)
