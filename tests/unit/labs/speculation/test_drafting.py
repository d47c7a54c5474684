"""Speculative decoding: what is counted, what is timed, and that the text stays the same."""

import numpy as np
import pytest

from harness.labs.speculation.drafting import Tally, Trial, decode, run_trial

END = 0


class Counting:
    """A context whose model generates 1, 2, 3, … up to `last`, then the end; only `choices` takes time."""

    n_ctx, end = 500, END

    def __init__(self, last=9, cost=lambda n: None):
        self.last, self.cost, self.seen, self.reads = last, cost, [], 0

    def forget(self):
        self.seen = []

    def read(self, tokens):
        self.reads += 1
        self.seen = list(tokens)
        return 0

    def keep(self, count):
        del self.seen[count:]

    def after(self, token):
        return token + 1 if token < self.last else END

    def scores(self):
        return np.eye(self.last + 2)[self.after(self.seen[-1])]

    def choices(self, tokens):
        self.cost(len(tokens))
        self.seen += tokens
        return [self.after(token) for token in tokens]

    def greedy(self):
        token = self.after(self.seen[-1])
        while True:
            yield token
            token = self.after(token)


PROMPT = [7, 8, 9, 1]


def half_right(tokens):
    """Two right tokens and two wrong ones."""
    return [tokens[-1] + 1, tokens[-1] + 2, 99, 99]


def test_a_tally_counts_what_was_drafted_and_what_was_kept():
    context, tally = Counting(), Tally(half_right)
    text, ms = decode(context, PROMPT, tally)
    assert text == [2, 3, 4, 5, 6, 7, 8, 9]
    assert ms > 0
    assert tally.drafted == [4, 4]
    assert tally.kept == [2, 2]
    assert tally.acceptance == 0.5
    assert tally.tokens_a_step == 3
    assert tally.alpha == pytest.approx(4 / 6)  # four were right, two ended a step


def test_a_tally_goes_on_with_the_next_text_and_starts_with_nothing():
    tally = Tally(half_right)
    assert (tally.acceptance, tally.alpha, tally.tokens_a_step) == (0, 0, 1)
    for _ in range(3):
        decode(Counting(), PROMPT, tally)
    assert tally.kept == [2] * 6
    assert len(tally.drafted) == 6


def test_a_trial_decodes_each_prompt_both_ways_with_the_same_text():
    result = run_trial(Counting(), [PROMPT, [3], [5], [2], [6]], half_right)
    assert result.plain == result.drafted
    assert result.different == []
    assert len(result.plain_ms) == len(result.drafted_ms) == 5
    assert result.interval.low <= result.interval.high


def test_a_speed_up_is_plain_over_drafted_and_differences_are_named():
    result = Trial((30.0,) * 5, (20.0,) * 5, ((1,), (2,)), ((1,), (3,)))
    assert result.speedup == 1.5
    assert result.interval.low == pytest.approx(1.5)
    assert result.different == [1]


def test_a_text_ends_at_the_limit():
    assert decode(Counting(last=99), PROMPT, most=5)[0] == [2, 3, 4, 5, 6]
