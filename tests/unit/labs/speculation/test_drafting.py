"""Speculative decoding: what is counted, what is timed, and that the text stays the same."""

import pytest

from harness.labs.speculation.drafting import Race, Tally, decode, plain, race
from tests.unit.labs.speculation.counting_model import PROMPT, Counting, half_right, loop


def test_a_tally_counts_what_was_drafted_and_what_was_kept():
    context, tally = Counting(), Tally(half_right)
    text, ms = decode(context, PROMPT, loop, tally)
    assert text == [2, 3, 4, 5, 6, 7, 8, 9]
    assert ms > 0
    assert tally.drafted == [4, 4]
    assert tally.kept == [2, 2]
    assert tally.tokens_a_step == 3


def test_a_tally_goes_on_with_the_next_text_and_starts_with_nothing():
    tally = Tally(half_right)
    assert tally.tokens_a_step == 1
    for _ in range(3):
        decode(Counting(), PROMPT, loop, tally)
    assert tally.kept == [2] * 6
    assert len(tally.drafted) == 6


def test_a_race_decodes_each_prompt_in_every_way_with_the_same_text():
    small = Counting()
    drafts = {"half": half_right, "none": lambda tokens: []}
    result = race(loop, Counting(), [PROMPT, [3], [5], [2], [6]], drafts, small)
    assert set(result.texts) == set(result.ms) == {"plain", "half", "none"}
    assert result.texts["plain"] == result.texts["half"] == result.texts["none"]
    assert result.different("half") == []
    assert {len(ms) for ms in result.ms.values()} == {5}
    assert small.reads == 18  # each prompt and the one to warm up, in three ways, outside the clock
    interval = result.interval("half", over="none")
    assert interval.low <= interval.high


def test_every_way_has_each_place_in_the_order_equally_often():
    order = []

    def noting(context, draft, token, most):
        order.append(draft([]))
        return [token]

    prompts = [[1]] * 6
    race(noting, Counting(), prompts, {"a": lambda tokens: "a", "b": lambda tokens: "b"})
    pairs = [tuple(order[place : place + 2]) for place in range(2, len(order), 2)]
    assert pairs.count(("a", "b")) == pairs.count(("b", "a")) == 3


def test_a_speed_up_is_plain_over_drafted_and_differences_are_named():
    ms = {"plain": (30.0,) * 5, "draft": (20.0,) * 5, "other": (40.0,) * 5}
    texts = {"plain": ((1,), (2,)), "draft": ((1,), (3,))}
    result = Race(ms, texts)
    assert result.speedup("draft") == 1.5
    assert result.speedup("draft", over="other") == 2
    assert result.interval("draft").low == pytest.approx(1.5)
    assert result.different("draft") == [1]


@pytest.mark.parametrize(
    ("last", "most", "text"), [(99, 5, [2, 3, 4, 5, 6]), (4, 9, [2, 3, 4]), (1, 9, [])]
)
def test_a_plain_text_stops_at_its_end_or_at_the_limit(last, most, text):
    assert decode(Counting(last=last), PROMPT, most=most)[0] == text


def test_no_step_is_made_for_a_token_that_nobody_asks_for():
    context = Counting()
    context.read(PROMPT)
    assert plain(context, 2, 3) == [2, 3, 4]
    assert context.seen == [*PROMPT, 2, 3]
