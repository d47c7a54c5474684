"""The export of a server's spans by OTLP, as OpenTelemetry's own environment variables ask for it."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from harness.errors import WrongUseError
from harness.tracer_provider import tracer_provider

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES_ENDPOINT = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
# The exporter reads the other variables itself: headers, timeout, compression, certificates.
EXPORTER, DISABLED = "OTEL_TRACES_EXPORTER", "OTEL_SDK_DISABLED"
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
HTTP = "http/protobuf"
NO_COLLECTOR = (
    "Spans reach no collector: start one at the address in OTEL_EXPORTER_OTLP_ENDPOINT, or unset the "
    "variable. Questions are answered all the same, and this is said once."
)
LIBRARY = "opentelemetry.exporter.otlp.proto.http"

log = logging.getLogger(__name__)


class WarnOnceExporter(SpanExporter):
    """An exporter around another that warns of the first batch that cannot be sent, and of no other one."""

    def __init__(self, inner: SpanExporter) -> None:
        self.inner, self.said = inner, False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send the spans."""
        result = self.inner.export(spans)
        if result is SpanExportResult.FAILURE and not self.said:
            self.said = True
            log.warning(NO_COLLECTOR)
        return result

    def shutdown(self) -> None:
        """End the work of the other exporter."""
        self.inner.shutdown()


def wanted(environment: Mapping[str, str]) -> bool:
    """Return whether spans are to be exported. Raises WrongUseError for what this project cannot do."""
    exporter = environment.get(EXPORTER, "").strip()
    if environment.get(DISABLED, "").strip().lower() == "true" or exporter == "none":
        return False
    if exporter not in ("", "otlp"):
        raise WrongUseError(f"{EXPORTER} is `{exporter}`: only `otlp` and `none` are known.")
    if not (exporter or environment.get(ENDPOINT) or environment.get(TRACES_ENDPOINT)):
        return False
    protocol = next((found for name in PROTOCOLS if (found := environment.get(name))), HTTP)
    if protocol != HTTP:
        raise WrongUseError(f"{PROTOCOLS[1]} is `{protocol}`: set it to `{HTTP}`, or unset it.")
    return True


def export_spans() -> bool:
    """Send all further spans to the collector that the environment names; returns whether there is one.

    Raises WrongUseError if the extra `spans` is not installed.
    """
    if not wanted(os.environ):
        return False
    require_otlp()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    # The library repeats its error for each batch and each try; `WarnOnceExporter` replaces that.
    logging.getLogger("opentelemetry.exporter").setLevel(logging.CRITICAL)
    tracer_provider().add_span_processor(BatchSpanProcessor(WarnOnceExporter(OTLPSpanExporter())))
    return True


def require_otlp() -> None:
    """Raise WrongUseError unless the library for OTLP is installed."""
    try:
        found = find_spec(LIBRARY)
    except ModuleNotFoundError:  # one of the packages above it
        found = None
    if found is None:
        raise WrongUseError(
            "OTLP needs the extra `spans`: pip install opentelemetry-exporter-otlp-proto-http"
        )
