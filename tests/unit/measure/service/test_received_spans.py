"""Spans that a service sends: received, bounded, and made into the parts of a request."""

import gzip
import time

import httpx
import pytest
from opentelemetry import propagate
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context
from typer.testing import CliRunner

from harness.cli.main import app
from harness.measure.latency.trace import NS_PER_MS
from harness.measure.machine import describe
from harness.measure.service import span_receiver
from harness.measure.service.received_trace import own_ms, received_trace, shift_ms
from harness.measure.service.span_receiver import PROTOBUF, ReceivedSpan, receiving
from tests.unit.chat.fake_service import EVENTS, GOOD, service
from tests.unit.cli.fake_entries import QUIET, last_json

exporter = pytest.importorskip("opentelemetry.exporter.otlp.proto.http.trace_exporter")
CLIENT = b"c" * 8
SENT_NS = 1_000_000_000_000


def span(name, start_ms, end_ms, number, parent=CLIENT, offset_ms=0.0):
    times = (SENT_NS + round((ms + offset_ms) * NS_PER_MS) for ms in (start_ms, end_ms))
    return ReceivedSpan(bytes([number]) * 8, parent, name, *times)


def spans(offset_ms=0.0):
    top = bytes([1]) * 8
    return [
        span("POST /chat", 10, 90, 1, offset_ms=offset_ms),
        span("retrieve", 20, 50, 2, top, offset_ms),
        span("embed", 25, 35, 3, bytes([2]) * 8, offset_ms),
        span("log", 40, 60, 4, top, offset_ms),  # beside `retrieve`
    ]


PARTS = {"network": 20, "POST /chat": 40, "retrieve": 10, "embed": 10, "log": 20}


def test_each_moment_belongs_to_one_part():
    found = own_ms(received_trace(spans(), SENT_NS, 100.0), "network", 100.0)
    assert found == pytest.approx(PARTS)


@pytest.mark.parametrize("offset_ms", [-3_600_000, -15, 3_600_000])
def test_spans_of_another_clock_are_moved_to_the_middle(offset_ms):
    found = own_ms(received_trace(spans(offset_ms), SENT_NS, 100.0), "network", 100.0)
    assert found == pytest.approx(PARTS)
    assert shift_ms(spans(offset_ms), SENT_NS, 100.0) == pytest.approx(-offset_ms)


@pytest.mark.parametrize("end_ms", [101, 5000])
def test_work_after_the_answer_is_cut_off_and_moves_nothing(end_ms):
    late = [*spans(), span("save", 95, end_ms, 5), span("mail", end_ms, end_ms + 1, 6)]
    found = own_ms(received_trace(late, SENT_NS, 100.0), "network", 100.0)
    assert found == pytest.approx(PARTS | {"network": 15, "save": 5})
    assert shift_ms(late, SENT_NS, 100.0) == shift_ms([], SENT_NS, 100.0) == 0


def test_the_outermost_span_is_kept_though_it_comes_after_many(monkeypatch):
    monkeypatch.setattr(span_receiver, "MOST_SPANS", 2)
    with receiving(0) as (received, address):
        received.expect(sent := SpanContext(7, 7, is_remote=False, trace_flags=TraceFlags(1)))
        provider = TracerProvider()
        sender = exporter.OTLPSpanExporter(f"{address}/v1/traces")
        provider.add_span_processor(SimpleSpanProcessor(sender))
        tracer, parent = provider.get_tracer("theirs"), set_span_in_context(NonRecordingSpan(sent))
        for name in ("outermost", "another"):
            with tracer.start_as_current_span(name, parent):
                for inner in "abc":
                    tracer.start_span(inner).end()
        assert [each.name for each in received.of(7)] == ["a", "b", "outermost"]


def test_names_of_spans_hold_no_key():
    named = [span("ask sk-secret", 1, 9, 1)]
    trace = received_trace(named, SENT_NS, 10.0, lambda text: text.replace("sk-secret", "…"))
    assert trace.spans[1].name == "ask …"


def test_spans_longer_than_the_request_are_cut_and_names_are_made_printable():
    odd = [span("\x1b[2J" + "x" * 100, -50, 900, 1), span("never", 3, 3, 2)]
    trace = received_trace(odd, SENT_NS, 100.0)
    _, one = trace.spans
    assert (one.start_ms, one.duration_ms) == (0, 100) and "\x1b" not in one.name
    assert received_trace([], SENT_NS, 100.0) is None


def test_parents_in_a_circle_end():
    circle = [span("a", 1, 9, 1, bytes([2]) * 8), span("b", 2, 8, 2, bytes([1]) * 8)]
    assert sum(
        own_ms(received_trace(circle, SENT_NS, 10.0), "network", 10.0).values()
    ) == pytest.approx(10)


def test_what_is_no_message_is_refused_and_the_receiver_goes_on(monkeypatch):
    monkeypatch.setattr(span_receiver, "MOST_BYTES", 1000)
    bomb, kind = gzip.compress(bytes(100_000)), {"Content-Type": PROTOBUF}
    packed = kind | {"Content-Encoding": "gzip"}
    sent = [
        (kind, b"\xff\xff", 400),
        ({"Content-Type": "application/json"}, b"{}", 415),
        (kind, bytes(1001), 413),
        (packed, bomb, 413),
        (packed, b"no gzip", 400),
        (kind | {"Content-Encoding": "br"}, b"", 415),
        (packed, gzip.compress(b""), 200),
        (kind, b"", 200),
    ]
    with receiving(0) as (_, address):
        for headers, content, status in sent:
            reply = httpx.post(
                f"{address}/v1/traces", content=content, headers=headers, trust_env=False
            )
            assert reply.status_code == status


def test_spans_of_other_requests_are_dropped():
    with receiving(0) as (received, address):
        provider = TracerProvider()
        provider.add_span_processor(
            SimpleSpanProcessor(exporter.OTLPSpanExporter(f"{address}/v1/traces"))
        )
        provider.get_tracer("theirs").start_span("secret").end()
        received.wait(0.1)
        assert received.of(0) == []
        received.expect(SpanContext(7, 7, is_remote=False))
        received.wait(0.01)  # it does not come: the wait ends
        assert received.of(7) == []


def test_a_service_with_spans_of_its_own_is_profiled(monkeypatch):
    monkeypatch.setattr(describe, "busy", lambda: QUIET)
    with receiving(0) as (_, free):
        port = free.rpartition(":")[2]
    provider = TracerProvider()
    sender = exporter.OTLPSpanExporter(f"http://127.0.0.1:{port}/v1/traces")
    provider.add_span_processor(SimpleSpanProcessor(sender))
    tracer = provider.get_tracer("theirs")

    def reply(handler):
        parent = propagate.extract(dict(handler.headers))
        with (
            tracer.start_as_current_span("their route", parent),
            tracer.start_as_current_span("their search"),
        ):
            pass
        time.sleep(0.01)  # the way back: a part below 1 ms is not shown
        handler.send(200, EVENTS, *GOOD)

    options = ["-n", "6", "--rate", "100", "--seed", "1", "--otlp", port, "--json"]
    with service(reply) as server:
        result = CliRunner().invoke(app, ["profile", server.url, *options])
    assert result.exit_code == 0, result.output
    assert "their route" in result.stdout and "their search" in result.stdout
    assert "network" in {row["part"] for row in last_json(result)["ceilings"]}


def test_only_a_service_at_an_address_sends_spans():
    result = CliRunner().invoke(app, ["profile", "json:dumps", "--otlp", "0", "--json"])
    assert result.exit_code == 2 and "--otlp" in last_json(result)["error"]
