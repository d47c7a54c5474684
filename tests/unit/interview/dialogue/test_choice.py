"""The choice among offered cards."""

import pytest

from harness.interview.dialogue.choice import named_card, picked_card
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.scenario import scenario

OFFERED = ("tokens", "model", "gpu")


@pytest.mark.parametrize(
    ("text", "card"),
    [
        ("a", "tokens"),
        ("B.", "model"),
        ("3", "gpu"),
        ("the first one", "tokens"),
        ("second please", "model"),
        ("the last", "gpu"),
        ("yes", "tokens"),
        ("I meant the gpu", "gpu"),
        ("what the GPU is doing", "gpu"),
        ("none of these", None),
        ("I would use a smaller thing, and then we will see what comes of it all", None),
        ("", None),
    ],
)
def test_an_offer_is_picked_by_letter_number_or_name(text, card):
    assert picked_card(text, OFFERED) == card


def test_a_place_that_was_not_offered_picks_nothing():
    assert picked_card("c", ("tokens", "model")) is None


@pytest.mark.parametrize(
    ("text", "card"),
    [
        ("users", "users"),
        ("The deploys, please.", "deploys"),
        ("Time per stage", "breakdown"),
        ("now show me the GPU", "gpu"),
        ("queue because of the load", None),
        ("the", None),
        ("", None),
    ],
)
def test_a_card_is_named_by_its_id_title_or_content_alone(text, card):
    assert named_card(text, Session(scenario("S07"), 5).cards) == card
