from types import SimpleNamespace

from harness.assistant import Done, Question, Token
from harness.knobs import Work
from harness.measure.timing import Timing, clocked
from harness.measure.yardstick import PROMPT_TOKENS, Yardstick, yardstick
from tests.tiny import tiny_llama

WORK = Work(tokens=3, rows=10, rtt_ms=15.6)


class Counting:
    """A tiny model that counts the tokens it is fed."""

    def __init__(self):
        self.inner = tiny_llama(vocabulary=2 * PROMPT_TOKENS)
        self.fed = []

    def __call__(self, ids, **options):
        self.fed.append(ids.shape[1])
        return self.inner(ids, **options)


def test_it_reads_a_prompt_and_decodes_as_many_tokens_as_it_is_told():
    model = Counting()
    *_, done = Yardstick(WORK, SimpleNamespace(model=model)).stream(Question("?"))
    assert model.fed == [PROMPT_TOKENS, 1, 1, 1]
    assert isinstance(done, Done)


def test_it_is_an_assistant_without_faults():
    one = Yardstick(WORK, SimpleNamespace(model=Counting()))
    assert isinstance(clocked(one, Question("How long?")), Timing)
    assert isinstance(next(iter(one.stream(Question("?")))), Token)


def test_it_is_one_round_trip_away(monkeypatch):
    monkeypatch.setattr("harness.measure.yardstick.large", lambda: SimpleNamespace(model=None))
    assert yardstick(WORK).network.simulated_ms == WORK.rtt_ms
