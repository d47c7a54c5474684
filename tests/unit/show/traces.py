"""Traces shaped like the product's table."""

from harness import semconv
from harness.measure.latency.trace import Span, Trace


def trace(network=(75, 25), preprocess=200, retrieve=300, generate=2500, postprocess=100, gap=0):
    """There, four stages on the server with `gap` ms before each, and back; all in ms."""
    there, back = network
    at, stages = there, []
    for name, length in (
        (semconv.PREPROCESS, preprocess),
        (semconv.RETRIEVE, retrieve),
        (semconv.GENERATE, generate),
        (semconv.POSTPROCESS, postprocess),
    ):
        stages.append(Span(name, at + gap, length, 2))
        at += gap + length
    simulated = {semconv.SIMULATED: True}
    return Trace(
        (
            Span(semconv.REQUEST, 0, at + back),
            Span(semconv.NETWORK, 0, there, 1, simulated),
            Span(semconv.SERVER, there, at - there, 1),
            *stages,
            Span(semconv.NETWORK, at, back, 1, simulated),
        )
    )


SLOW = trace()
FAST = trace((12, 12), 20, 4, 370, 3)
CACHED = Trace((Span(semconv.REQUEST, 0, 6.3),))
ON_SERVER = Trace((Span(semconv.SERVER, 0, 900), Span(semconv.GENERATE, 0, 900, 1)))
