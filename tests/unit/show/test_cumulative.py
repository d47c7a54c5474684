import numpy as np
import pytest

from harness.show.cumulative import cumulative

NOTE = "end-to-end p50, measured"


def times(n):
    return 250 + np.random.default_rng(0).lognormal(5, 0.8, n)


def texts(figure):
    return [text.get_text() for text in (*figure.texts, *figure.axes[0].texts)]


def overlap(one, other):
    return one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1


@pytest.mark.parametrize("n", [1, 3, 30, 200, 900])
def test_names_are_in_the_picture_and_apart(n):
    figure = cumulative(times(n), "learners", NOTE, 500)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.width for box in boxes)
    assert not any(overlap(a, b) for k, a in enumerate(boxes) for b in boxes[:k])


def test_it_says_how_many_are_within_the_limit():
    figure = cumulative([400, 500, 501, 9000], "learners", NOTE, 500)
    assert texts(figure)[0].startswith("2 of 4 learners are within 500 ms")
    assert "limit 500 ms" in texts(figure)


@pytest.mark.parametrize(("n", "slow"), [(43, "max of 43"), (44, "p90")])
def test_a_p90_needs_44_results(n, slow):
    assert any(text.startswith(slow) for text in texts(cumulative(times(n), "learners", NOTE, 500)))


def test_no_times_are_refused():
    with pytest.raises(ValueError, match="times"):
        cumulative([], "learners", NOTE, 500)
