import pytest

from harness import semconv
from harness.measure.latency.trace import Span, Trace
from harness.show.rows import OUTSIDE, finding, numbers, rows, scope, what_it_is
from tests.unit.show.traces import CACHED, FAST, ON_SERVER, SLOW, trace


def test_a_row_per_stage_in_the_order_of_starts():
    assert [row.name for row in rows(SLOW)] == list(semconv.STAGES)
    assert [row.label for row in rows(SLOW)][:2] == ["network (SIM)", "preprocessing"]


def test_a_stage_in_two_stretches_is_one_row():
    network = rows(SLOW)[0]
    assert network.bars == ((0, 75), (3175, 25))
    assert (network.start_ms, network.total_ms) == (0, 100)
    assert network.share == pytest.approx(100 / 3200)
    assert network.simulated


def test_shares_and_what_is_outside_the_stages_add_up():
    found = rows(trace(gap=50))
    assert found[-1].name == OUTSIDE
    assert found[-1].total_ms == 200
    assert sum(row.share for row in found) == pytest.approx(1)
    assert numbers(found[-1]) == ("", "200 ms", "6 %")


def test_a_sliver_outside_the_stages_gets_no_row():
    assert OUTSIDE not in [row.name for row in rows(trace(gap=2))]


def test_stages_that_overlap_leave_no_gap_where_one_runs():
    both = Trace(
        (
            Span(semconv.REQUEST, 0, 100),
            Span(semconv.GENERATE, 0, 80, 1),
            Span(semconv.RETRIEVE, 10, 20, 1),
        )
    )
    assert rows(both)[-1].bars == ((80, 20),)


def test_an_answer_without_stages_lies_outside_them():
    (row,) = rows(CACHED)
    assert (row.name, row.total_ms, row.share) == (OUTSIDE, 6.3, 1)


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (SLOW, "The LLM takes 78 % of 3.2 s"),
        (FAST, "The LLM takes 88 % of 421 ms, under 500 ms"),
        (CACHED, "No stage ran in these 6.3 ms, under 500 ms"),
        (trace(generate=50, retrieve=950), "Vector search takes 68 % of 1.4 s"),
        (
            trace(generate=50, retrieve=25, network=(2000, 25)),
            "The network (SIM) takes 84 % of 2.4 s",
        ),
    ],
)
def test_the_finding_names_the_largest_stage(one, says):
    assert finding(one, 500) == says


def test_every_number_says_what_it_is():
    assert what_it_is(SLOW) == (
        "end-to-end, one request, measured; network SIM (emulated distance)"
    )
    assert what_it_is(ON_SERVER) == "on the server, one request, measured"
    assert scope(CACHED) == "end-to-end"
