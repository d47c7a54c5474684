import pytest

from harness.errors import WrongUseError
from harness.labs.load.batch import Batch, Job, one_by_one, static
from harness.labs.load.batching import run, step_ms, turns
from tests.clock import FakeClock
from tests.unit.labs.load.engine import ScriptedEngine

LENGTHS = [3, 9, 2, 2, 2]


@pytest.fixture
def engine():
    return ScriptedEngine(2, LENGTHS, FakeClock())


def jobs(**options):
    return [Job(number, (number,), **options) for number in range(len(LENGTHS))]


def continuous(batch, waiting):
    while waiting or batch.running:
        while waiting and batch.free:
            batch.join(waiting.pop(0))
        for job in batch.step():
            batch.finish(job)


def timed(engine, schedule, **options):
    return run(engine, schedule, jobs(**options), now_ns=engine.clock.now_ns)


def test_all_schedules_write_the_same_tokens_and_leave_the_engine_empty(engine):
    found = [timed(engine, schedule) for schedule in (one_by_one, static, continuous)]
    for one in found:
        assert [len(served.tokens) for served in one.served] == [n + 1 for n in LENGTHS]
        assert all(served.tokens[-1] == engine.end for served in one.served)
    assert engine.left == {}


def test_a_static_batch_waits_for_its_slowest(engine):
    zero, one, two, *_ = timed(engine, static).served
    assert zero.left_ms == one.left_ms == one.ended_ms
    assert zero.ended_ms < zero.left_ms
    assert two.joined_ms == one.left_ms


def test_a_continuous_batch_fills_the_free_slot_at_once(engine):
    zero, one, two, *_ = timed(engine, continuous).served
    assert zero.left_ms == zero.ended_ms
    assert two.joined_ms == zero.left_ms and two.slot == zero.slot
    assert two.ended_ms < one.ended_ms


def test_one_by_one_never_shares_a_step(engine):
    timed(engine, one_by_one)
    assert set(engine.sizes) == {1}


def test_a_finished_text_is_not_written_on(engine):
    timed(engine, static)
    assert engine.sizes.count(2) == 3 + 2 and 1 in engine.sizes


def test_a_job_may_have_no_stop_rule_and_ends_at_its_most(engine):
    assert [len(s.tokens) for s in timed(engine, continuous, most=4, stops=False).served] == [4] * 5
    assert [len(s.tokens) for s in timed(engine, continuous, most=1).served] == [1] * 5


def test_times_begin_when_all_are_there(engine):
    one = timed(engine, one_by_one)
    assert one.served[0].first_ms == 100
    assert one.ttft_ms.n == 5 and one.total_ms == one.served[-1].ended_ms
    tokens = sum(LENGTHS) + len(LENGTHS)
    assert one.tokens_per_s == pytest.approx(1e3 * tokens / one.total_ms)


def test_a_schedule_that_forgets_somebody_is_named_and_cleaned_up(engine):
    with pytest.raises(WrongUseError, match="0 of 5 requests were served"):
        timed(engine, lambda batch, waiting: batch.join(waiting[0]))
    assert engine.left == {}
    with pytest.raises(ZeroDivisionError):
        timed(engine, lambda batch, waiting: batch.join(waiting[0]) or 1 / 0)
    assert engine.left == {}


def test_wrong_calls_are_sentences(engine):
    batch = Batch(engine, engine.clock.now_ns)
    with pytest.raises(WrongUseError, match="Nobody is in the batch"):
        batch.step()
    first, second, third, *_ = jobs()
    batch.join(first)
    batch.join(second)
    assert batch.free == 0 and batch.running == [first, second]
    with pytest.raises(WrongUseError, match="No slot is free"):
        batch.join(third)
    with pytest.raises(WrongUseError, match="Job 2 is not in the batch"):
        batch.finish(third)


def test_schedules_take_turns_and_who_begins_rotates(engine):
    order = []

    def noted(name):
        return lambda batch, waiting: order.append(name) or continuous(batch, waiting)

    runs = turns(engine, {"a": noted("a"), "b": noted("b")}, jobs(), rounds=2)
    assert order == ["a", "b", "b", "a"]
    assert {name: len(several) for name, several in runs.items()} == {"a": 2, "b": 2}


def test_the_cost_of_a_step_by_its_size(engine):
    prompts = [(0,), (1,)]
    cost = step_ms(engine, prompts, (1, 2), rounds=3, now_ns=engine.clock.now_ns)
    assert cost == {1: 10, 2: 10}
    assert engine.sizes == [1, 2] * 4 and engine.left == {}
    with pytest.raises(WrongUseError, match="A step of 3"):
        step_ms(engine, prompts, (1, 3))
