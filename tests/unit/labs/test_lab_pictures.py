"""The pictures of the streaming and the speculation lab: the finding in the title, all of it in words."""

import numpy as np
import pytest

from harness.labs.speculation.acceptance_picture import acceptance
from harness.labs.speculation.speedups_picture import Speedup, speedups
from harness.labs.speculation.verify_cost_picture import verify_cost
from harness.labs.streaming.timeline_picture import timeline
from harness.measure.stats import Interval
from tests.unit.show.figures import in_order, title, words

SHIPPED, STREAMED = (3190.0, [], 3201.0), (1120.0, [40.0] * 45, 3185.0)
P, Q = [0.5, 0.3, 0.2], [0.2, 0.2, 0.6]


def drawn_from(shares):
    return np.repeat(range(len(shares)), [round(1000 * share) for share in shares])


def test_a_timeline_compares_the_last_stream_with_the_first():
    figure = timeline([("as shipped", SHIPPED), ("streamed", STREAMED)], limit_ms=500)
    assert in_order(title(figure), "1.1 s instead of 3.2 s", "3.2 s instead of 3.2 s")
    assert {"TTFT", "end-to-end", "1,120 ms", "3,185 ms", "limit 500 ms"} <= words(figure)
    assert "streamed: TTFT 1,120 ms, pieces: 46, end-to-end 3,185 ms" in repr(figure)
    labels = [text for text in figure.axes[0].texts if text.get_text() == "TTFT"]
    dots = [label.xy for label in labels if label.xycoords == "data"]
    assert dots == [(3190.0, 0), (1120.0, 1)]


def test_a_timeline_of_one_stream_and_of_none():
    assert in_order(title(timeline([("mine", STREAMED)])), "1.1 s", "3.2 s")
    with pytest.raises(ValueError, match="at least 1"):
        timeline([])


@pytest.mark.parametrize(
    ("shares", "finding"),
    [(P, "distributed like p"), (Q, "Closer to the draft")],
)
def test_acceptance_names_the_distribution_that_the_output_resembles(shares, finding):
    figure = acceptance(P, Q, drawn_from(shares))
    assert finding in title(figure)
    assert "overlap by 60 %" in repr(figure)
    assert f"2: p 0.200, q 0.600, yours {shares[2]:.3f}" in repr(figure)


def test_the_cost_of_checking_is_named_at_the_end_of_each_curve():
    figure = verify_cost({"Q8_0": {1: 1.0, 2: 1.9, 5: 2.88}, "F32": {1: 1.0, 2: 1.27, 5: 1.62}})
    assert in_order(title(figure), "1.6", "F32", "2.9", "Q8_0")
    assert {"F32: 1.6", "Q8_0: 2.9", "free", "one by one"} <= words(figure)
    for wrong in ({}, {str(n): {1: 1.0} for n in range(5)}):
        with pytest.raises(ValueError, match="1 to 4 curves"):
            verify_cost(wrong)


def test_speed_ups_count_signs_only_where_there_is_one():
    gains = [
        Speedup("helps", 1.4, 1.3, Interval(1.2, 1.4), guessed=2.0),
        Speedup("hurts", 1.1, 0.7, Interval(0.6, 0.8)),
        Speedup("open", 1.2, 1.05, Interval(0.9, 1.2)),
    ]
    figure = speedups(gains)
    assert in_order(title(figure), "0.70", "hurts", "1.30", "helps", "1 of 2")
    assert {"right", "wrong", "open"} <= words(figure)
    assert "guessed 2.00" in repr(figure)
    with pytest.raises(ValueError, match="at least 1"):
        speedups([])
