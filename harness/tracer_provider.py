"""The process's tracer provider: OpenTelemetry allows only one."""

from __future__ import annotations

import os

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

NAME = "OTEL_SERVICE_NAME"


def tracer_provider() -> TracerProvider:
    """Return the provider, which is set first unless the program around this one has done so."""
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        provider = TracerProvider(
            resource=Resource.create({"service.name": os.environ.get(NAME) or "under500"})
        )
        trace.set_tracer_provider(provider)
    return provider
