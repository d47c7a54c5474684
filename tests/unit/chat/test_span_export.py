"""When spans are exported, as OpenTelemetry's environment variables say."""

import pytest
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from harness.chat import span_export
from harness.chat.span_export import WarnOnceExporter, export_spans, wanted
from harness.errors import WrongUseError

AT = "http://collector:4318"
CASES = [
    ({}, False),
    ({"OTEL_EXPORTER_OTLP_ENDPOINT": AT}, True),
    ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{AT}/v1/traces"}, True),
    ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
    ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": AT}, False),
    ({"OTEL_SDK_DISABLED": "TRUE", "OTEL_EXPORTER_OTLP_ENDPOINT": AT}, False),
    ({"OTEL_EXPORTER_OTLP_ENDPOINT": AT, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, True),
    ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, False),
]


@pytest.mark.parametrize(("environment", "expected"), CASES)
def test_an_endpoint_or_an_exporter_asks_for_spans(environment, expected):
    assert wanted(environment) is expected


BAD = [
    {"OTEL_TRACES_EXPORTER": "zipkin"},
    {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
    {"OTEL_EXPORTER_OTLP_ENDPOINT": AT, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json"},
]


@pytest.mark.parametrize("environment", BAD)
def test_what_cannot_be_done_is_said(environment):
    with pytest.raises(WrongUseError, match="OTEL_"):
        wanted(environment)


def test_a_missing_library_is_named_only_if_it_is_needed(monkeypatch):
    monkeypatch.setattr(span_export, "LIBRARY", "no_such_package.otlp")
    for name in ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    assert export_spans() is False
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", AT)
    with pytest.raises(WrongUseError, match="extra `spans`"):
        export_spans()


def test_a_missing_collector_is_said_once(caplog):
    inner = InMemorySpanExporter()
    exporter = WarnOnceExporter(inner)
    assert exporter.export([]) is SpanExportResult.SUCCESS and not caplog.records
    exporter.shutdown()  # from here on the inner one fails
    assert [exporter.export([]) for _ in range(3)] == [SpanExportResult.FAILURE] * 3
    assert len(caplog.records) == 1
