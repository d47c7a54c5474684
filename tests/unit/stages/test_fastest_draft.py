"""The choice of a draft from made-up times of a step."""

import pytest

from harness.stages.fastest_draft import LENGTHS, SIZES, choose

# The answer repeats 18 tokens of the prompt after one that is new.
REPEATED = [(list(range(100, 130)), [7, *range(105, 123), 8])]
NEW = [(list(range(100, 130)), list(range(200, 212)))]
FREE = dict.fromkeys(SIZES, 5.0)  # a check costs what one token costs
DEAR = {size: 5.0 * size for size in SIZES}  # a check costs as much as one by one


def test_drafts_that_are_right_and_free_are_as_long_as_possible():
    assert choose(FREE, REPEATED).length == max(LENGTHS)


def test_a_check_as_dear_as_single_tokens_never_pays():
    choice = choose(DEAR, REPEATED)
    assert (choice.length, choice.draft) == (0, None)


def test_without_repetition_nothing_is_drafted():
    choice = choose(DEAR, NEW)
    assert choice.length == 0
    assert choice.answer_ms[4] == choice.answer_ms[0] == 11 * 5.0


def test_a_gain_within_the_error_is_none():
    assert choose({size: 5.0 if size == 1 else 27.7 for size in SIZES}, REPEATED).length == 0


def test_the_steps_are_counted_as_decoding_would_make_them():
    choice = choose(FREE, REPEATED)
    # After 105 and 106 come 107 to 113, 114 to 120, 121 to the end.
    assert choice.answer_ms[0] == pytest.approx(5.0 * 19)
    assert choice.answer_ms[6] == pytest.approx(5.0 * 5)
    assert choice.tokens_a_step[0] == 1 and choice.tokens_a_step[6] == pytest.approx(19 / 5)


def test_a_lookup_near_the_end_of_the_text_gives_a_shorter_draft():
    ends = [
        (list(range(100, 108)), [7, 102, 103, 104, 105, 106, 107, 7])
    ]  # five tokens after "102 103"
    assert choose(FREE, ends).length > 0


def test_the_draft_proposes_as_many_tokens_as_chosen():
    choice = choose(FREE, REPEATED)
    assert len(choice.draft([*range(100, 130), 7, 105, 106])) == choice.length


def test_it_says_what_it_chose_and_what_that_saves():
    assert str(choose(FREE, REPEATED)).startswith("lookup of 6: an answer takes 74% less")
    assert str(choose(DEAR, NEW)).startswith("none; with a lookup of 1 an answer takes 0% more")


@pytest.mark.parametrize(
    ("opening", "steps"),
    [
        ([], 19),
        ([7], 18),
        ([7, 105, 106], 16),
        ([7, 9], 18),  # the second token is wrong: the model's own is kept
        ([9], 19),
        ([7, *range(105, 122)], 1),
    ],
)
def test_an_opening_is_written_with_the_prompt(opening, steps):
    assert choose(FREE, REPEATED, opening).answer_ms[0] == pytest.approx(5.0 * steps)
