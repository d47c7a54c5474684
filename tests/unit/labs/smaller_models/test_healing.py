"""A model trained from outside: which tokens count, and gradients and weights arrive where they belong."""

import numpy as np
import pytest

from harness.labs.smaller_models.healing import Reading, Trainee, full_course, held_out
from harness.models.lora.packing import Branch, Lesson, pack
from tests.tiny import tiny_llama

LESSON = Lesson("abcd", (Branch("ef", "gh"), Branch("ij", "klm")))


def codes(text):
    return [ord(letter) % 64 for letter in text]


@pytest.fixture
def reading():
    return Reading.of(pack(LESSON, codes))


@pytest.fixture
def trainee():
    return Trainee(tiny_llama())


def gradient_of(logits, reading):
    """Softmax less one-hot in the rows before the answers' tokens."""
    places = np.flatnonzero(reading.answer)
    p = np.exp(logits[places - 1])
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(places)), reading.tokens[places]] -= 1
    gradient = np.zeros_like(logits)
    gradient[places - 1] = p / len(places)
    return gradient


def test_the_tokens_of_the_answers_are_marked_and_no_others(reading):
    assert reading.tokens[reading.answer].tolist() == codes("ghklm")
    assert reading.n_answers == 2


def test_steps_against_the_gradient_lower_the_loss(reading, trainee):
    before, _ = held_out(trainee, [reading])
    for _ in range(20):
        found = trainee.gradients(gradient_of(trainee.logits(reading), reading))
        for name, gradient in found.items():
            trainee.put(name, trainee.weights[name] - 3.0 * gradient)
    after, _ = held_out(trainee, [reading])
    assert after < before - 0.2


def test_only_the_weights_of_the_adapter_are_trained(trainee):
    assert all("lora_" in name for name in trainee.weights)
    assert all(weight.dtype == np.float32 for weight in trainee.weights.values())


def test_scores_are_the_logits_and_the_base_stays_as_it_was(reading):
    base = tiny_llama()
    trainee = Trainee(base)
    first = trainee.scores(reading)
    assert first.shape == (len(reading.tokens), 64)
    assert np.allclose(first, trainee.logits(reading))
    for name, weight in trainee.weights.items():
        trainee.put(name, weight + 1)
    assert not np.allclose(trainee.scores(reading), first)
    assert np.allclose(Trainee(base).scores(reading), first)


class Certain:
    """A model that knows the tokens, but for one in `wrong`."""

    def __init__(self, wrong=()):
        self.wrong = wrong

    def scores(self, reading):
        scores = 50.0 * np.eye(64)[np.roll(reading.tokens, -1)]
        for place in self.wrong:
            scores[place - 1] = 50.0 * np.eye(64)[0]
        return scores


def test_a_model_that_knows_everything_has_no_loss_and_all_tokens_right(reading):
    assert held_out(Certain(), [reading]) == (pytest.approx(0), 1)
    wrong = np.flatnonzero(reading.answer)[:1]
    loss, right = held_out(Certain(wrong), [reading, reading])
    assert right == pytest.approx(4 / 5)
    assert loss == pytest.approx(10)


def test_the_full_course_is_far_longer_than_a_lab():
    assert full_course() > 1000
