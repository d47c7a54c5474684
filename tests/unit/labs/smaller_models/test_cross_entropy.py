"""Cross entropy of the reference answers, and the off-topic questions."""

import numpy as np
import pytest

from harness.labs.smaller_models.cross_entropy import cross_entropy
from harness.labs.smaller_models.off_topic import off_topic
from harness.measure.quality.facts import holds_fact

VOCABULARY = 256


class ByteModel:
    """Tokens are bytes; `logit` is the score of the right next one, all others have 0."""

    def __init__(self, logit):
        self.logit = logit

    def tokens(self, text):
        return [byte % VOCABULARY for byte in text.encode()]

    def every_score(self, tokens):
        scores = np.zeros((len(tokens), VOCABULARY), np.float32)
        for place, following in enumerate(tokens[1:]):
            scores[place, following] = self.logit
        return scores


def test_cross_entropy_is_the_log_of_the_vocabulary_without_and_zero_with_full_knowledge():
    items = off_topic()[:2]
    assert cross_entropy(ByteModel(0.0), items) == pytest.approx(np.log(VOCABULARY), rel=1e-4)
    assert cross_entropy(ByteModel(50.0), items) == pytest.approx(0, abs=1e-6)
    with pytest.raises(ValueError, match="at least one"):
        cross_entropy(ByteModel(0.0), [])


def test_every_off_topic_question_is_answered_by_its_passage():
    for item in off_topic():
        [chunk] = item.chunks
        assert item.case.gold == chunk.id
        assert item.case.fact in chunk.text or item.case.fact.split()[0] in chunk.text
        assert holds_fact(item.case.reference, item.case.fact), item.case.question.text
