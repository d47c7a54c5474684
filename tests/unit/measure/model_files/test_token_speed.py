import pytest

from harness.measure.model_files import token_speed as speed
from tests.fakes import FakeModel


class Clock:
    """Seconds that pass when a model works: 1 for the prompt, 0.5 for each further piece."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        return self.now


class Slow(FakeModel):
    """Needs a second for a prompt and half a second for each piece after the first."""

    def __init__(self, clock):
        super().__init__()
        self.clock = clock

    def stream(self, prompt, max_tokens, stop_at_end=True):
        assert not stop_at_end, "a speed is that of a fixed number of tokens"
        self.calls.append(prompt)
        self.clock.now += 1.0
        yield "first"
        for _ in range(max_tokens - 1):
            self.clock.now += 0.5
            yield "next"


@pytest.fixture
def slow(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(speed.time, "perf_counter", clock.perf_counter)
    return Slow(clock)


def test_prefill_decode_and_ttft_are_told_apart(slow):
    found = speed.token_speed(slow, ["a b c d", "e f g h"], samples=4)
    assert found.ttft_ms == pytest.approx(1000)
    assert found.prefill_tok_s == pytest.approx(4)
    assert found.decode_tok_s == pytest.approx(2)
    assert (found.prompt_tokens, found.n) == (4, 4)


def test_every_prompt_is_read_cold_and_one_more_run_warms_up(slow):
    speed.token_speed(slow, ["a", "b"], samples=3)
    prompts = [call for call in slow.calls if call != "forget"]
    assert prompts == ["b", "a", "b", "a"]
    assert slow.calls[::2] == ["forget"] * 4
