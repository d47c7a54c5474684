"""The choice of threads from the times of steps, with made-up times."""

import pytest

from harness.models.engines import threads as threads_module
from harness.models.engines.llama_context import Phase
from harness.models.engines.threads import (
    RETRY,
    TOKENS,
    WINDOW,
    AdaptiveThreads,
    Threads,
    choices,
    probed_reading,
)

AT_LOAD = {1: 6.0, 2: 3.0}  # ms
BUSY = {1: 7.0, 2: 30.0}


def adaptive():
    return AdaptiveThreads(dict.fromkeys(Phase, AT_LOAD), TOKENS)


def step(threads, phase, times):
    """Run a step of the size measured at load; return its time in ms."""
    units = TOKENS[phase] if phase is Phase.PREFILL else 1
    ms = times[threads.current.of(phase)] * units
    threads.note(phase, TOKENS[phase], ms)
    return ms


def run(threads, times, steps):
    """Run steps of one token; return their total time in ms."""
    return sum(step(threads, Phase.DECODE, times) for _ in range(steps))


def slower(times, factor):
    return {count: ms * factor for count, ms in times.items()}


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


def test_one_core_leaves_nothing_to_choose(caplog):
    threads = AdaptiveThreads({phase: {1: 3.0} for phase in Phase}, TOKENS)
    with caplog.at_level("INFO"):
        run(threads, {1: 30.0}, 100)
    assert threads.current == Threads(1, 1, 1)
    assert not caplog.records


@pytest.mark.parametrize("factor", [2, 5])
def test_a_machine_on_which_everything_is_slower_is_not_compared_again_and_again(factor):
    threads, other = adaptive(), 0
    for _ in range(1000):
        step(threads, Phase.DECODE, slower(AT_LOAD, factor))
        other += threads.current != threads.quiet
    assert other <= 2 * WINDOW  # two comparisons
    assert threads.current == threads.quiet


def test_a_busy_spell_after_a_slow_and_a_quiet_one_is_noticed():
    threads = adaptive()
    run(threads, slower(AT_LOAD, 5), 100)
    run(threads, AT_LOAD, 100)
    run(threads, BUSY, 20)
    assert threads.current == Threads(1, 1, 1)


@pytest.mark.parametrize(
    ("phase", "tokens", "judged"),
    [
        (Phase.BATCH, 2, False),
        (Phase.BATCH, 5, True),
        (Phase.BATCH, 7, True),
        (Phase.BATCH, 16, False),
        (Phase.PREFILL, 17, False),
        (Phase.PREFILL, 60, True),
        (Phase.PREFILL, 400, False),
    ],
)
def test_only_steps_of_a_size_like_that_at_load_are_judged(phase, tokens, judged):
    threads, used = adaptive(), set()
    for _ in range(50):
        threads.note(phase, tokens, 10 * tokens * AT_LOAD[2])
        used.add(threads.current)
    assert (len(used) > 1) is judged


def test_a_prompt_is_judged_by_its_tokens():
    threads = adaptive()
    for _ in range(50):
        threads.note(Phase.PREFILL, 90, 90 * AT_LOAD[2])
        assert threads.current == threads.quiet


@pytest.mark.parametrize("prompts", [1, 3, 6])
def test_threads_are_compared_in_one_phase_whatever_steps_come_between(prompts):
    """Two threads stay best for a token, and prompts, which take much longer today, change nothing."""
    busy = {Phase.DECODE: slower(AT_LOAD, 2), Phase.PREFILL: {1: 6.0, 2: 300.0}}
    threads = adaptive()
    for _ in range(40):
        for phase in [*[Phase.DECODE] * 8, *[Phase.PREFILL] * prompts]:
            step(threads, phase, busy[phase])
    assert threads.current == threads.quiet


def test_phases_that_disagree_come_to_rest():
    """One thread is best for a token and two for a draft: whichever is chosen stays."""
    busy = {Phase.DECODE: BUSY, Phase.BATCH: slower(AT_LOAD, 2)}
    threads, changes = adaptive(), 0
    for number in range(RETRY):
        before = threads.current
        phase = Phase.BATCH if number % 40 < 20 else Phase.DECODE
        step(threads, phase, busy[phase])
        changes += threads.current != before
    assert changes <= 4


@pytest.mark.parametrize(
    ("physical", "usable", "counts"),
    [
        (1, 1, [1]),
        (2, 2, [1, 2]),
        (4, 8, [1, 2, 3, 4, 8]),
        (6, 6, [1, 2, 4, 5, 6]),
        (64, 3, [1, 2, 3]),
        (None, 4, [1, 2, 3, 4]),
    ],
)
def test_the_numbers_to_try(monkeypatch, physical, usable, counts):
    monkeypatch.setattr("psutil.cpu_count", lambda logical: physical)
    monkeypatch.setattr(threads_module, "usable_cpus", lambda: usable)
    assert choices() == counts


class Reading:
    """A model on a fake clock whose step takes `seconds` with each number of threads."""

    def __init__(self, seconds):
        self.seconds, self.count, self.tried, self.now = seconds, 0, [], 0.0

    def use_threads(self, decode, prefill):
        self.count = prefill
        self.tried.append(prefill)

    def forget(self):
        pass

    def feed(self, tokens):
        self.now += self.seconds[self.count]

    def wait(self):
        pass


def test_more_threads_are_not_tried_once_they_are_twice_as_slow(monkeypatch):
    reader = Reading({1: 4.0, 2: 2.0, 4: 1.0, 8: 1.5, 16: 2.5, 32: 9.0, 64: 9.0})
    monkeypatch.setattr(threads_module, "choices", lambda: list(reader.seconds))
    monkeypatch.setattr("time.perf_counter", lambda: reader.now)
    adaptive = probed_reading(reader, tokens=20)
    assert adaptive.current == Threads(4, 4, 4)
    assert set(reader.tried) == {1, 2, 4, 8, 16}
    assert adaptive.seconds[Phase.PREFILL][4] == pytest.approx(1 / 20)
