"""The figures of played turns count what they say."""

from tests.interview.played import TURNS, Heard, remedies_f1, right_cards, wrong_cards


def heard(cards, heard_cards, remedies=(), heard_remedies=(), asks=True):
    return Heard(asks, *map(frozenset, (cards, remedies, heard_cards, heard_remedies)))


def test_only_requests_count_for_cards_and_every_turn_for_remedies():
    turns = [
        heard(["goal"], ["goal"], ["no:STK-ANN"], ["no:STK-ANN"]),
        heard(["goal"], ["goal", "gpu"], ["STK-ANN"], ["no:STK-ANN"]),
        heard(["goal", "gpu"], ["goal"]),
        heard([], ["gpu"], [], ["STK-ANN"], asks=False),
    ]
    assert (right_cards(turns).successes, right_cards(turns).n) == (1, 3)
    assert (wrong_cards(turns).successes, wrong_cards(turns).n) == (1, 3)
    assert remedies_f1(turns) == 2 * 1 / (2 + 3)


def test_each_played_turn_has_an_id_of_its_own():
    lines = TURNS.read_text(encoding="utf-8").splitlines()
    assert len({line.split('"')[3] for line in lines}) == len(lines)
