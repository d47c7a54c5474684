import numpy as np
import pytest

from harness.measure.model_files.divergence import divergence, held_out
from harness.measure.quality.exam import ExamItem
from tests.fakes import chunk
from tests.unit.measure.quality.test_quality import case


class Scores:
    """A model whose scores are given."""

    def __init__(self, rows):
        self.rows = np.asarray(rows, np.float32)

    def every_score(self, text):
        return self.rows


FAIR = Scores([[0.0, 0.0], [1.0, 0.0]])


def test_equal_scores_do_not_diverge_whatever_their_offset():
    moved = Scores(FAIR.rows + 7)
    found = divergence(moved, FAIR, ["a", "b"])
    assert found.kl == pytest.approx(0, abs=1e-6)
    assert (found.top1, found.n) == (1.0, 4)


def test_the_divergence_is_that_of_the_textbook():
    found = divergence(Scores(np.log([[0.25, 0.75]])), Scores(np.log([[0.5, 0.5]])), ["a"])
    assert found.kl == pytest.approx(0.5 * np.log(2) + 0.5 * np.log(2 / 3), rel=1e-5)


def test_another_first_choice_is_no_agreement():
    other = Scores([[0.0, 0.1], [0.0, 1.0]])
    assert divergence(other, FAIR, ["a"]).top1 == 0.0


def test_no_text_is_an_error():
    with pytest.raises(ValueError):
        divergence(FAIR, FAIR, [])


def test_held_out_texts_end_with_the_reference_and_its_passage():
    known, unknown = (
        ExamItem(case(), (chunk(4), chunk(1))),
        ExamItem(case(1, answerable=False), (chunk(4),)),
    )
    first, second = held_out([known, unknown])
    assert first.endswith("[2] The Kestrel X200 is covered for 24 months.<|im_end|>")
    assert second.endswith("I could not find that in the help centre.<|im_end|>")
