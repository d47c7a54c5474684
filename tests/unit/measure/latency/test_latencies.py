import json

import pytest

from harness.measure.latency.latencies import latencies, supported


@pytest.mark.parametrize(
    ("n", "known"), [(0, ""), (4, ""), (5, "p50"), (44, "p50 p90"), (459, "p50 p90 p99")]
)
def test_a_percentile_is_given_when_there_are_samples_enough(n, known):
    found = latencies(range(n)).to_json()
    assert [q for q in ("p50", "p90", "p99") if found[q] is not None] == known.split()
    assert found["n"] == n and found["max"] == (n - 1 if n else None)
    json.dumps(found)


def test_a_supported_percentile_is_the_percentile():
    assert supported(range(101), 90) == pytest.approx(90)
    assert supported(range(43), 90) is None
