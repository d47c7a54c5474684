import pytest

from harness.serve.network import AS_SHIPPED, EDGE, KEEP_ALIVE


@pytest.mark.parametrize(("network", "round_trips"), [(AS_SHIPPED, 4), (KEEP_ALIVE, 1), (EDGE, 1)])
def test_the_distance_costs_its_round_trips(network, round_trips):
    assert network.simulated_ms == round_trips * network.rtt_ms


def test_the_edge_is_nearer():
    assert EDGE.rtt_ms < KEEP_ALIVE.rtt_ms == AS_SHIPPED.rtt_ms
