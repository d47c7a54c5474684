"""A fake clock that is advanced by hand, and assistants that take time on it."""

from harness.assistant import Answer, Done, Token
from harness.measure.latency.timing import NS_PER_MS, NS_PER_S


class FakeClock:
    """A fake of `harness.measure.latency.timing.Clock`."""

    def __init__(self):
        self.ns = 0

    def now_ns(self):
        return self.ns

    def wait(self, seconds):
        self.ns += round(seconds * NS_PER_S)

    def go_on(self, ms):
        self.ns += round(ms * NS_PER_MS)


class Paced:
    """An assistant that yields each event `ms` after the previous: Paced(clock, (100, Token("a")), …)."""

    def __init__(self, clock, *steps):
        self.clock, self.steps = clock, steps

    def stream(self, question):
        for ms, event in self.steps:
            self.clock.go_on(ms)
            yield event


def taking(clock, ms, ttft_ms=None):
    """Return an assistant that answers "yes" after `ms`, its text after `ttft_ms` (default `ms`)."""
    first = ms if ttft_ms is None else ttft_ms
    return Paced(clock, (first, Token("yes")), (ms - first, Done(Answer("yes"))))
