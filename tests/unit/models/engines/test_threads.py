"""The choice of threads from the times of steps, with made-up times."""

from harness.models.engines.llama_context import Phase
from harness.models.engines.threads import RETRY, AdaptiveThreads, Threads, choices

AT_LOAD = {1: 6.0, 2: 3.0}  # ms
BUSY = {1: 7.0, 2: 30.0}


def adaptive():
    return AdaptiveThreads(dict.fromkeys(Phase, AT_LOAD))


def run(threads, times, steps):
    """Run steps of one token; return their total time in ms."""
    total = 0.0
    for _ in range(steps):
        total += times[threads.current.decode]
        threads.note(Phase.DECODE, 1, times[threads.current.decode])
    return total


def test_the_fastest_at_load_is_kept_on_a_quiet_machine():
    threads = adaptive()
    run(threads, AT_LOAD, 500)
    assert threads.current == Threads(2, 2, 2)


def test_a_busy_machine_gets_one_thread_within_a_few_steps():
    threads = adaptive()
    run(threads, BUSY, 20)
    assert threads.current == Threads(1, 1, 1)
    assert run(threads, BUSY, 1000) < 1.5 * 1000 * BUSY[1]


def test_a_machine_that_is_quiet_again_gets_its_threads_back():
    threads = adaptive()
    run(threads, BUSY, 100)
    run(threads, AT_LOAD, RETRY + 50)
    assert threads.current == Threads(2, 2, 2)


def test_single_slow_steps_change_nothing():
    threads = adaptive()
    for number in range(300):
        threads.note(Phase.DECODE, 1, 50.0 if number % 5 < 2 else 3.0)
        assert threads.current == threads.quiet


def test_one_core_leaves_nothing_to_choose():
    threads = AdaptiveThreads({phase: {1: 3.0} for phase in Phase})
    run(threads, {1: 30.0}, 100)
    assert threads.current == Threads(1, 1, 1)


def test_a_prompt_is_judged_by_its_tokens():
    threads = adaptive()
    for _ in range(50):
        threads.note(Phase.PREFILL, 400, 400 * AT_LOAD[2])
    assert threads.current == threads.quiet


def test_the_numbers_to_try_begin_with_one():
    assert choices()[0] == 1
