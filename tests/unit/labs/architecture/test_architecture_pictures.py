"""The pictures of lab 09: each title states the finding, each description states the numbers."""

import pytest

from harness.labs.architecture.policies_picture import policies
from harness.labs.architecture.routing_policies import Gain, Policy
from harness.labs.architecture.tail_picture import tail
from harness.measure.stats import Interval, Proportion
from tests.unit.show.figures import in_order, title


def point(name, share_to_small, ms, right):
    return Policy(name, share_to_small, ms, Proportion(right, 40))


def test_policies_say_whether_routing_pays():
    alone = [point("always small", 1, 200, 28), point("always large", 0, 700, 36)]
    yours = point("your router", 0.6, 450, 36)
    gain = Gain("always large", 220.0, Interval(40.0, 400.0))
    figure = policies([*alone, point("oracle", 0.7, 350, 37), yours], [yours, *alone], 3000, gain)
    assert in_order(title(figure), "your router", "220 ms", "40 to 400", "always large")
    assert "oracle: 70 % to the small one, mean 350 ms" in repr(figure)
    with pytest.raises(ValueError, match="1 to 4"):
        policies([], [], 3000, gain)


def test_a_tail_compares_the_slow_ends_and_names_their_percentile():
    figure = tail({"alone": [100.0] * 19 + [2000.0], "hedged": [100.0] * 19 + [400.0]}, "measured")
    assert in_order(title(figure), "hedged", "max of 20", "400 ms", "2,000 ms", "p50 100 ms")
    assert "alone: p50 100 ms, max of 20 2,000 ms, n = 20" in repr(figure)
    assert in_order(
        title(tail({"alone": [1.0] * 9}, "")), "alone", "p50 1.0 ms", "max of 9: 1.0 ms"
    )
    with pytest.raises(ValueError, match="1 to 3"):
        tail({}, "")
