"""A different greedy text is a near tie or a mistake; which of them is a question of margins."""

import numpy as np
import pytest

from harness.labs.speculation.near_tie import Tie, parting, tie


class Noisy:
    """Scores that move by `noise` when the text is read at once."""

    def __init__(self, scores, noise):
        self.alone, self.noise, self.fed = np.array(scores), noise, []

    def every_score(self, tokens):
        return np.tile(self.alone + self.noise * np.array([1, -1, 0]), (len(tokens), 1))

    def forget(self):
        self.fed = []

    def read(self, tokens):
        self.fed = list(tokens)
        return 0

    def feed(self, tokens):
        self.fed += tokens

    def scores(self):
        return self.alone


@pytest.mark.parametrize(
    ("scores", "noise", "near"),
    [([5.0, 4.9, 1.0], 0.1, True), ([5.0, 4.9, 1.0], 0.04, False), ([9.0, 2.0, 1.0], 0.5, False)],
)
def test_a_margin_within_twice_the_noise_is_a_near_tie(scores, noise, near):
    context = Noisy(scores, noise)
    found = tie(context, [1, 2], [3, 4])
    assert found.margin == pytest.approx(scores[0] - scores[1])
    assert found.noise == pytest.approx(noise)
    assert found.near is near
    assert context.fed == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("a", "b", "place"),
    [([1, 2, 3], [1, 5, 3], 1), ([1, 2], [1, 2], None), ([1, 2], [1, 2, 3], 2), ([], [4], 0)],
)
def test_where_two_texts_part(a, b, place):
    assert parting(a, b) == place


def test_no_noise_excuses_nothing():
    assert not Tie(margin=0.001, noise=0.0).near
