"""Verdicts on real decoding of a known ratio, on a quiet machine and beside two busy processes."""

from collections import Counter

import pytest

from harness.assistant import Answer, Done, Question, Token
from harness.labs.quantization.cpu_hog import cpu_hog
from harness.measure.latency.compare import blocks
from harness.measure.latency.sequential_test import MOST, State, decide
from harness.models.offline import STUDENT
from harness.models.served import model_file

pytestmark = pytest.mark.perf

VERDICTS = 60
PROMPT = "<|im_start|>user\nTell me about lamps.<|im_end|>\n<|im_start|>assistant\n"
QUESTIONS = [Question(f"{number}?") for number in range(MOST)]
UNDECIDED = {"quiet": 0.02, "two hogs": 0.40}  # share that may stay open


class Decoding:
    """An assistant that decodes `tokens` tokens after a cached prompt; its time is proportional to them."""

    def __init__(self, model, tokens):
        self.model, self.tokens = model, tokens

    def stream(self, question):
        pieces = self.model.stream(PROMPT, self.tokens, stop_at_end=False)
        text = "".join(piece for piece in pieces)
        yield Token(text)
        yield Done(Answer(text))


@pytest.fixture(scope="module")
def model():
    return model_file(f"{STUDENT.name}-Q8_0").load()


@pytest.mark.timeout(3600)  # beside two others a step takes four times as long
@pytest.mark.parametrize("regime", ["quiet", "two hogs"])
@pytest.mark.parametrize(("a", "b"), [(8, 10), (10, 8)])
def test_real_verdicts_are_right_or_undecided(regime, a, b, model):
    sides = Decoding(model, a), Decoding(model, b)
    right = State.FASTER if a < b else State.SLOWER
    with cpu_hog(0 if regime == "quiet" else 2):
        found = Counter(decide(blocks(*sides, QUESTIONS))[1].state for _ in range(VERDICTS))
    print(f"\n{regime}, true ratio {a / b:g}: {dict(found)}")
    assert found[right] + found[State.UNDECIDED] == VERDICTS
    assert found[State.UNDECIDED] <= UNDECIDED[regime] * VERDICTS
