import json

import pytest
from opentelemetry import trace as otel

from harness import semconv
from harness.measure.latency.trace import Span, Trace, chrome_trace, recording

TABLE = Trace(
    (
        Span("request", 0, 1000),
        Span("network", 0, 80, 1, {semconv.SIMULATED: True}),
        Span("server", 80, 900, 1),
        Span("retrieve", 80, 300, 2),
        Span("generate", 380, 590, 2),
        Span("network", 980, 20, 1, {semconv.SIMULATED: True}),
    )
)


def test_a_stage_in_two_spans_is_summed_and_the_server_is_no_stage():
    assert TABLE.stage_ms() == {"network": 100, "retrieve": 300, "generate": 590}
    assert list(TABLE.stage_ms()) == ["network", "retrieve", "generate"]


def test_coverage_is_the_share_inside_stages():
    assert TABLE.coverage == pytest.approx(0.99)


def test_only_what_happens_inside_the_block_is_recorded():
    tracer = otel.get_tracer("test")
    with recording() as first, tracer.start_as_current_span("request"):
        pass
    with recording() as second:
        with tracer.start_as_current_span("request"), tracer.start_as_current_span("retrieve"):
            pass
        with tracer.start_as_current_span("request"):
            pass
    assert len(first.traces()) == 3  # a recorder keeps seeing what comes later
    assert [len(t.spans) for t in second.traces()] == [2, 1]


def test_without_a_trace_last_raises():
    with recording() as recorder, pytest.raises(LookupError, match="run a request inside"):
        recorder.last()


def test_the_chrome_trace_is_json_with_one_thread_a_request():
    events = json.loads(json.dumps(chrome_trace([TABLE, TABLE])))["traceEvents"]
    assert len(events) == 12
    assert {e["tid"] for e in events} == {1, 2}
    assert events[3] | {"args": {}} == {
        "name": "retrieve",
        "ph": "X",
        "ts": 80_000,
        "dur": 300_000,
        "pid": 1,
        "tid": 1,
        "args": {},
    }
