"""The time of a step on a fake clock."""

import pytest

from harness.errors import WrongUseError
from harness.models.engines.llama_context import Phase
from harness.models.engines.step_times import verify_ms
from tests.clock import FakeClock

PROMPT = [7, 8, 9, 1]


class Stepping:
    """A context whose step takes 10 ms and 2 for each token, and longer after a change of the phase."""

    def __init__(self, started_ms=0):
        self.clock, self.seen, self.started_ms, self.phase = FakeClock(), [], started_ms, None

    def read(self, tokens):
        self.seen = list(tokens)

    def choices(self, tokens):
        phase = Phase.of(len(tokens))
        self.clock.go_on(10 + 2 * len(tokens) + (self.started_ms if phase != self.phase else 0))
        self.phase = phase
        self.seen += tokens

    def keep(self, count):
        del self.seen[count:]


@pytest.mark.parametrize("started_ms", [0, 100])
def test_the_time_is_that_of_a_step_whose_threads_have_started(started_ms):
    context = Stepping(started_ms)
    times = verify_ms(context, PROMPT, sizes=(1, 2, 4), rounds=3, now_ns=context.clock.now_ns)
    assert times == {1: 12, 2: 14, 4: 18}
    assert context.seen == PROMPT


def test_a_prompt_shorter_than_a_step_is_refused():
    with pytest.raises(WrongUseError, match="2 tokens"):
        verify_ms(Stepping(), [1, 2], sizes=(3,))
