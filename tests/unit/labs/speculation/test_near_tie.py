"""A difference between greedy texts is a near tie or a bug, decided by the margin and the noise."""

import numpy as np
import pytest

from harness.labs.speculation.near_tie import Tie, first_difference, measure_tie


class Noisy:
    """A context whose scores change by `noise` if the text is read in one batch."""

    def __init__(self, scores, noise):
        self.one_by_one, self.noise, self.fed = np.array(scores), noise, []

    def every_score(self, tokens):
        return np.tile(self.one_by_one + self.noise * np.array([1, -1, 0]), (len(tokens), 1))

    def forget(self):
        self.fed = []

    def read(self, tokens):
        self.fed = list(tokens)
        return 0

    def feed(self, tokens):
        self.fed += tokens

    def scores(self):
        return self.one_by_one


@pytest.mark.parametrize(
    ("scores", "noise", "near"),
    [([5.0, 4.9, 1.0], 0.1, True), ([5.0, 4.9, 1.0], 0.04, False), ([9.0, 2.0, 1.0], 0.5, False)],
)
def test_a_margin_within_twice_the_noise_is_a_near_tie(scores, noise, near):
    context = Noisy(scores, noise)
    tie = measure_tie(context, [1, 2], [3, 4])
    assert tie.margin == pytest.approx(scores[0] - scores[1])
    assert tie.noise == pytest.approx(noise)
    assert tie.near is near
    assert context.fed == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("a", "b", "place"),
    [([1, 2, 3], [1, 5, 3], 1), ([1, 2], [1, 2], None), ([1, 2], [1, 2, 3], 2), ([], [4], 0)],
)
def test_first_difference_of_two_texts(a, b, place):
    assert first_difference(a, b) == place


def test_without_noise_no_margin_is_a_near_tie():
    assert not Tie(margin=0.001, noise=0.0).near
