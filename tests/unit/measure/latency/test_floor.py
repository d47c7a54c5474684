"""Floors of the stages, from invented requests."""

import json

import pytest

from harness import semconv
from harness.measure.latency import floor
from harness.measure.latency.floor import Parts, Pass, Request, Weights, floor_report
from harness.measure.latency.trace import Span, Trace
from harness.measure.model_files.peak import Peaks
from harness.show.floor_picture import finding

PEAKS = Peaks(10.0, 100_000_000, {"fp32": 100.0, "int8": 1000.0})
MODEL = Weights(100_000_000, 60_000_000, 40_000_000, "int8")  # 10 ms to read
EMBEDDER = Weights(20_000_000, 5_000_000)  # 2 ms to read, 0.1 ms of arithmetic a token in fp32
PARTS = Parts(25.0, EMBEDDER, 1000, MODEL)


def trace(stages, total=200.0):
    spans = [Span(name, 0.0, duration, 1) for name, duration in stages.items()]
    return Trace((Span(semconv.REQUEST, 0.0, total), *spans))


STAGES = {
    semconv.NETWORK: 27.0,
    semconv.PREPROCESS: 6.0,
    semconv.RETRIEVE: 1.5,
    semconv.GENERATE: 150.0,
    semconv.POSTPROCESS: 0.5,
}
PASSES = (Pass(200, 1, 90.0), Pass(1, 1, 20.0), Pass(5, 5, 30.0))
REQUEST = Request(trace(STAGES), PASSES, question_tokens=10, vectors=2000)


def by_stage(parts=PARTS, *requests):
    report = floor_report("it", parts, requests or [REQUEST], PEAKS, "A CPU")
    return {stage.stage: stage for stage in report.stages}


def test_the_network_needs_one_round_trip():
    row = by_stage()[semconv.NETWORK]
    assert (row.floor_ms, row.measured_ms, row.simulated) == (25.0, 27.0, True)


def test_few_tokens_are_limited_by_memory_and_many_by_arithmetic():
    assert by_stage()[semconv.PREPROCESS].floor_ms == pytest.approx(2.0)
    long = Request(trace(STAGES), question_tokens=40)
    row = by_stage(PARTS, long)[semconv.PREPROCESS]
    assert row.floor_ms == pytest.approx(2 * 5e6 * 40 / 100e9 * 1000)  # 4 ms
    assert "fp32" in row.counts


def test_a_prompt_multiplies_the_output_layer_only_for_its_last_token():
    row = by_stage()[floor.READ]
    assert row.measured_ms == 90.0
    assert row.floor_ms == pytest.approx(2 * (60e6 * 200 + 40e6) / 1000e9 * 1000)
    assert "int8" in row.counts


def test_each_pass_of_writing_reads_all_weights():
    row = by_stage()[floor.WRITE]
    assert (row.measured_ms, row.floor_ms) == (50.0, pytest.approx(20.0))
    assert "2 passes" in row.counts


def test_the_search_reads_the_vectors_that_it_compares():
    assert by_stage()[semconv.RETRIEVE].floor_ms == pytest.approx(0.2)


def test_the_time_of_the_model_outside_its_passes_is_a_row_of_its_own():
    row = by_stage()[floor.BETWEEN]
    assert (row.measured_ms, row.floor_ms, row.left_ms) == (10.0, 0.0, 10.0)


def test_the_rest_of_the_request_is_shown():
    assert by_stage()[floor.OUTSIDE].measured_ms == pytest.approx(200 - 185)


def test_medians_are_over_the_requests():
    slow = Request(trace(STAGES | {semconv.PREPROCESS: 60.0}), PASSES, 40, 4000)
    quick = Request(trace(STAGES | {semconv.PREPROCESS: 5.0}), PASSES, 10, 2000)
    row = by_stage(PARTS, slow, REQUEST, quick)[semconv.PREPROCESS]
    assert (row.measured_ms, row.floor_ms) == (6.0, pytest.approx(2.0))


def test_the_report_sums_the_floors_and_names_the_largest_remainder():
    report = floor_report("it", PARTS, [REQUEST], PEAKS, "A CPU")
    assert report.largest.stage == floor.READ
    assert report.floor_ms == pytest.approx(25 + 2 + 0.2 + 24.08 + 20)
    values = json.loads(json.dumps(report.to_json()))
    assert values["times"] == pytest.approx(200 / report.floor_ms)
    assert values["stages"][0]["left_ms"] == 2.0 and values["unknown"] == []


def test_what_is_not_known_has_no_floor():
    request = Request(trace(STAGES))
    report = floor_report("it", Parts(25.0), [request], PEAKS, "A CPU")
    assert report.unknown == (semconv.PREPROCESS, semconv.RETRIEVE, semconv.GENERATE)
    assert report.largest.stage == floor.OUTSIDE
    assert report.to_json()["times"] is None


def test_stages_that_did_not_run_are_left_out():
    cached = Request(trace({semconv.NETWORK: 26.0}, total=30.0))
    assert list(by_stage(PARTS, cached)) == [semconv.NETWORK, floor.OUTSIDE]


@pytest.mark.parametrize("rtt_ms", [0.0, 25.0])
def test_an_assistant_without_spans_has_no_known_floor(rtt_ms):
    request = Request(trace({semconv.NETWORK: rtt_ms + 1}))
    report = floor_report("it", Parts(rtt_ms), [request], PEAKS, "A CPU")
    assert report.unknown == (floor.OUTSIDE,)
    assert report.to_json()["times"] is None
    assert "No floor is known for" in finding(report)


def test_no_requests_have_no_floor():
    with pytest.raises(ValueError, match="at least one"):
        floor_report("it", PARTS, [], PEAKS, "A CPU")


def test_the_bandwidth_is_measured_over_the_bytes_of_the_model():
    assert PARTS.weight_bytes == MODEL.bytes
    assert Parts(25.0, EMBEDDER).weight_bytes == EMBEDDER.bytes
    assert Parts(25.0).weight_bytes > 0
