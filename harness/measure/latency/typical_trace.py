"""The request that the calibration of this machine took for its typical one."""

from __future__ import annotations

from harness import knobs
from harness.measure.latency.trace import Span, Trace


def typical_trace() -> Trace | None:
    """Return the trace of the calibrated baseline's median request, None if the record is an estimate.

    Raises StoreError if there is no record.
    """
    spans = knobs.load().typical
    return Trace(tuple(Span(**span) for span in spans)) if spans else None
