from harness.assistant import Done, Question, Token
from harness.knobs import YardstickWork
from harness.measure.latency.timing import Timing, time_or_fault
from harness.measure.latency.yardstick import PROMPT, Yardstick, yardstick
from tests.fakes import FakeModel

WORK = YardstickWork(tokens=3, rows=10, rtt_ms=15.6)


def test_it_reads_its_own_prompt_and_decodes_as_many_tokens_as_it_is_told():
    model = FakeModel()
    first, done = Yardstick(WORK, model).stream(Question("What is the warranty?"))
    assert model.calls == [(PROMPT, 1 + WORK.tokens, False)]
    assert isinstance(first, Token) and isinstance(done, Done)


def test_it_is_an_assistant_without_faults():
    assert isinstance(time_or_fault(Yardstick(WORK, FakeModel()), Question("How long?")), Timing)


def test_it_is_one_round_trip_away(monkeypatch):
    monkeypatch.setattr("harness.measure.latency.yardstick.large", FakeModel)
    assert yardstick(WORK).network.simulated_ms == WORK.rtt_ms
