"""The time of a step on a fake clock."""

from contextlib import contextmanager

import pytest

from harness.errors import WrongUseError
from harness.models.engines.llama_context import Phase
from harness.models.engines.step_times import verify_ms
from tests.clock import FakeClock

PROMPT = [7, 8, 9, 1]


class Stepping:
    """A context whose step takes 10 ms and 2 for each token, and longer after a change of the phase.

    Its threads change after every step, and make it longer, unless they are steady.
    """

    def __init__(self, started_ms=0):
        self.clock, self.seen, self.started_ms, self.phase = FakeClock(), [], started_ms, None
        self.steady = False

    def read(self, tokens):
        self.seen = list(tokens)

    def choices(self, tokens):
        phase = Phase.of(len(tokens))
        self.clock.go_on(10 + 2 * len(tokens) + (self.started_ms if phase != self.phase else 0))
        self.clock.go_on(0 if self.steady else 50)
        self.phase = phase
        self.seen += tokens

    def keep(self, count):
        del self.seen[count:]

    @contextmanager
    def steady_threads(self):
        self.steady = True
        yield
        self.steady = False


@pytest.mark.parametrize("started_ms", [0, 100])
def test_the_time_is_that_of_a_later_step_with_steady_threads(started_ms):
    context = Stepping(started_ms)
    times = verify_ms(context, PROMPT, sizes=(1, 2, 4), rounds=3, now_ns=context.clock.now_ns)
    assert times == {1: 12, 2: 14, 4: 18}
    assert context.seen == PROMPT and not context.steady


def test_a_prompt_shorter_than_a_step_is_refused():
    with pytest.raises(WrongUseError, match="2 tokens"):
        verify_ms(Stepping(), [1, 2], sizes=(3,))
