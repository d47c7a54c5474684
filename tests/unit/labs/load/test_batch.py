import pytest

from harness.errors import WrongUseError
from harness.labs.load.batch import Batch, Job, one_by_one, static
from harness.labs.load.batching import run_in_turns, run_schedule, step_ms
from tests.clock import FakeClock
from tests.unit.labs.load.engine import ScriptedEngine

LENGTHS = [3, 9, 2, 2, 2]


@pytest.fixture
def engine():
    return ScriptedEngine(2, LENGTHS, FakeClock())


def make_jobs(**options):
    return [Job(number, (number,), **options) for number in range(len(LENGTHS))]


def continuous(batch, waiting):
    while waiting or batch.running:
        while waiting and batch.free:
            batch.join(waiting.pop(0))
        for job in batch.step():
            batch.finish(job)


def timed(engine, schedule, **options):
    return run_schedule(engine, schedule, make_jobs(**options), now_ns=engine.clock.now_ns)


def test_all_schedules_generate_the_same_tokens_and_leave_the_engine_empty(engine):
    for schedule in (one_by_one, static, continuous):
        run = timed(engine, schedule)
        assert [len(request.tokens) for request in run.served] == [n + 1 for n in LENGTHS]
        assert all(request.tokens[-1] == engine.end_token for request in run.served)
    assert engine.left == {}


def test_a_static_batch_waits_for_its_slowest_job(engine):
    zero, one, two, *_ = timed(engine, static).served
    assert zero.freed_ms == one.freed_ms == one.ended_ms
    assert zero.ended_ms < zero.freed_ms
    assert two.joined_ms == one.freed_ms


def test_a_continuous_batch_fills_the_free_slot_at_once(engine):
    zero, one, two, *_ = timed(engine, continuous).served
    assert zero.freed_ms == zero.ended_ms
    assert two.joined_ms == zero.freed_ms and two.slot == zero.slot
    assert two.ended_ms < one.ended_ms


def test_one_by_one_never_shares_a_step(engine):
    timed(engine, one_by_one)
    assert set(engine.step_sizes) == {1}


def test_a_complete_job_gets_no_more_tokens(engine):
    timed(engine, static)
    assert engine.step_sizes.count(2) == 3 + 2 and 1 in engine.step_sizes


def test_a_job_without_a_stop_rule_ends_at_its_limit(engine):
    assert [len(s.tokens) for s in timed(engine, continuous, most=4, stops=False).served] == [4] * 5
    assert [len(s.tokens) for s in timed(engine, continuous, most=1).served] == [1] * 5


def test_times_count_from_the_beginning_of_the_run(engine):
    run = timed(engine, one_by_one)
    assert run.served[0].first_ms == 100
    assert run.ttft_ms.n == 5 and run.total_ms == run.served[-1].ended_ms
    tokens = sum(LENGTHS) + len(LENGTHS)
    assert run.tokens_per_s == pytest.approx(1e3 * tokens / run.total_ms)


def test_a_schedule_that_leaves_a_job_out_is_an_error_and_the_engine_is_emptied(engine):
    with pytest.raises(WrongUseError, match="0 of 5"):
        timed(engine, lambda batch, waiting: batch.join(waiting[0]))
    assert engine.left == {}
    with pytest.raises(ZeroDivisionError):
        timed(engine, lambda batch, waiting: batch.join(waiting[0]) or 1 / 0)
    assert engine.left == {}


def test_wrong_calls_name_what_to_call(engine):
    batch = Batch(engine, engine.clock.now_ns)
    with pytest.raises(WrongUseError, match="join"):
        batch.step()
    first, second, third, *_ = make_jobs()
    batch.join(first)
    batch.join(second)
    assert batch.free == 0 and batch.running == [first, second]
    with pytest.raises(WrongUseError, match="finish"):
        batch.join(third)
    with pytest.raises(WrongUseError, match="Job 2"):
        batch.finish(third)


def test_schedules_are_interleaved_and_a_different_one_begins_each_round(engine):
    order = []

    def logged(name):
        return lambda batch, waiting: order.append(name) or continuous(batch, waiting)

    runs = run_in_turns(engine, {"a": logged("a"), "b": logged("b")}, make_jobs(), rounds=2)
    assert order == ["a", "b", "b", "a"]
    assert {name: len(several) for name, several in runs.items()} == {"a": 2, "b": 2}


def test_the_time_of_a_step_by_its_size(engine):
    prompts = [(0,), (1,)]
    times = step_ms(engine, prompts, (1, 2), rounds=3, now_ns=engine.clock.now_ns)
    assert times == {1: 10, 2: 10}
    assert engine.step_sizes == [1, 2] * 4 and engine.left == {}
    with pytest.raises(WrongUseError, match="3"):
        step_ms(engine, prompts, (1, 3))
