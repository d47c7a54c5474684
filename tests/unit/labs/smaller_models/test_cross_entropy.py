"""How surprised a model is by the right answer, and questions that no help centre answers."""

import numpy as np
import pytest

from harness.labs.smaller_models.off_topic import off_topic
from harness.measure.quality.facts import holds_fact
from harness.labs.smaller_models.cross_entropy import cross_entropy

VOCABULARY = 256


class Letters:
    """Tokens are bytes; `sure` gives the next one all but a little of the probability."""

    def __init__(self, sure):
        self.sure = sure

    def tokens(self, text):
        return [byte % VOCABULARY for byte in text.encode()]

    def every_score(self, tokens):
        scores = np.zeros((len(tokens), VOCABULARY), np.float32)
        for place, following in enumerate(tokens[1:]):
            scores[place, following] = self.sure
        return scores


def test_a_model_that_knows_nothing_is_surprised_by_the_size_of_its_vocabulary():
    assert cross_entropy(Letters(0.0), off_topic()[:2]) == pytest.approx(np.log(VOCABULARY), rel=1e-4)
    assert cross_entropy(Letters(50.0), off_topic()[:2]) == pytest.approx(0, abs=1e-6)
    with pytest.raises(ValueError, match="at least one"):
        cross_entropy(Letters(0.0), [])


def test_every_question_from_elsewhere_is_answered_by_its_passage():
    for item in off_topic():
        [chunk] = item.chunks
        assert item.case.gold == chunk.id
        assert item.case.fact in chunk.text or item.case.fact.split()[0] in chunk.text
        assert holds_fact(item.case.reference, item.case.fact), item.case.question.text
