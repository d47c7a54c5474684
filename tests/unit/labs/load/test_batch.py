import pytest

from harness.errors import WrongUseError
from harness.labs.load.batch import Batch, Job, one_by_one, static
from harness.labs.load.batching import (
    BatchRun,
    Served,
    engines_in_turns,
    median_turn,
    read_ms,
    run_in_turns,
    run_schedule,
    same_texts,
    step_ms,
    total_ratio,
    ttft_ratio,
)
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


def test_the_time_to_read_a_token_of_a_prompt(engine):
    prompts = [(0,), (1, 1), (2, 2, 2, 2)]
    assert read_ms(engine, prompts, now_ns=engine.clock.now_ns) == 50  # of 100, 50 and 25
    assert engine.left == {}


def test_engines_are_interleaved_with_one_job_at_a_time():
    engines = {name: ScriptedEngine(2, LENGTHS, FakeClock()) for name in ("a", "b")}
    order = []

    def logged(batch, waiting):
        order.extend((batch.engine, job.number) for job in waiting)
        continuous(batch, waiting)

    runs = engines_in_turns(engines, logged, make_jobs()[:3])
    names = {id(engine): name for name, engine in engines.items()}
    turns = [(names[id(engine)], number) for engine, number in order]
    assert turns == [("b", 0), ("a", 0), ("a", 1), ("b", 1), ("b", 2), ("a", 2)]
    assert {name: len(several) for name, several in runs.items()} == {"a": 3, "b": 3}


def ended(*ends_ms, tokens=(1, 2)):
    rows = enumerate(ends_ms)
    return BatchRun(tuple(Served(n, 0, 0, 1, end_ms, end_ms, tokens) for n, end_ms in rows))


def test_the_median_turn_and_the_ratio_of_the_times_until_all_are_served():
    runs = {
        "static": [ended(50, ms) for ms in (200, 400, 300, 500, 600)],
        "continuous": [ended(60, 100) for _ in range(5)],
    }
    assert median_turn(runs) == {"static": ended(50, 400), "continuous": ended(60, 100)}
    ratio = total_ratio(runs["static"], runs["continuous"])
    assert ttft_ratio(runs["static"], runs["continuous"]).p50 == 1
    assert ratio.p50 == 4 and 2 <= ratio.interval.low <= 4 <= ratio.interval.high <= 6


def test_the_same_texts_are_counted():
    assert same_texts(ended(1, 2), ended(3, 4)) == 2
    assert same_texts(ended(1, 2), ended(1, 2, tokens=(1, 3))) == 0
