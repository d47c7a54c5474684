import threading
from concurrent.futures import Executor, Future

import numpy as np
import pytest

from harness.assistant import Question, Token
from harness.errors import PlainError
from harness.measure.load.load_generator import AT_ONCE, closed_loop, open_loop, poisson_starts_ns
from tests.clock import FakeClock, taking
from tests.fakes import Scripted, saying


class Inline(Executor):
    """Runs at once in the caller's thread: one user at a time, all on the fake clock."""

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def questions(n):
    return [Question(f"{number}?", id=str(number)) for number in range(n)]


@pytest.fixture
def clock():
    return FakeClock()


def alone(clock, ms, n=20, per_s=1.0, **options):
    return open_loop(
        lambda: taking(clock, ms), questions(n), per_s, clock=clock, pool=Inline(), **options
    )


def test_starts_are_a_poisson_process():
    gaps = np.diff([0, *poisson_starts_ns(20_000, per_s=50, seed=1)]) / 1e9
    assert gaps.mean() == pytest.approx(0.02, rel=0.03)
    assert gaps.std() == pytest.approx(0.02, rel=0.05)  # exponential: as wide as its mean
    assert (gaps >= 0).all()


def test_the_seed_decides_the_starts():
    assert poisson_starts_ns(10, 1, seed=1) == poisson_starts_ns(10, 1, seed=1)
    assert poisson_starts_ns(10, 1, seed=1) != poisson_starts_ns(10, 1, seed=2)


def test_every_request_starts_when_it_was_to_start(clock):
    run = alone(clock, ms=1, per_s=2.0, seed=3)
    wanted = np.array(poisson_starts_ns(20, 2.0, seed=3)) / 1e6
    assert [r.intended_ms for r in run.requests] == pytest.approx(wanted)
    assert run.seconds == pytest.approx((wanted[-1] + 1) / 1e3)
    assert run.load == "open loop, 2 requests/s, Poisson (seed 3)"


def test_requests_behind_a_slow_one_count_their_wait(clock):
    run = alone(clock, ms=3000, n=10, per_s=1.0)  # three times too slow: the queue only grows
    free = 0.0
    for request in run.requests:
        sent = max(free, request.intended_ms)
        assert request.waited_ms == pytest.approx(sent - request.intended_ms)
        assert request.e2e_ms == pytest.approx(request.waited_ms + 3000)
        assert request.outcome.e2e_ms == 3000  # what a client that omits the waiting would report
        free = sent + 3000
    assert run.requests[-1].waited_ms > 10_000


def test_a_closed_loop_never_asks_while_it_waits(clock):
    run = closed_loop(
        lambda: taking(clock, 300, ttft_ms=50), questions(5), 1, clock=clock, pool=Inline()
    )
    assert [r.intended_ms for r in run.requests] == [0, 300, 600, 900, 1200]
    assert {(r.waited_ms, r.ttft_ms, r.e2e_ms) for r in run.requests} == {(0, 50, 300)}
    assert run.throughput_per_s == pytest.approx(1 / 0.3)
    assert run.load == "closed loop, users: 1, think time 0"


def test_an_assistant_serves_one_thread_at_a_time():
    made, at_once, overlaps = [], set(), []

    class Guarded:
        def stream(self, question):
            overlaps.append(id(self) in at_once)
            at_once.add(id(self))
            yield Token("yes")
            at_once.discard(id(self))
            yield from saying("yes").events[1:]

    def make():
        made.append(threading.current_thread())
        return Guarded()

    run = closed_loop(make, questions(50), users=4)
    assert len(made) == 4 and set(made) == {threading.main_thread()}
    assert len(run.requests) == 50 and run.faults == {} and not any(overlaps)


def test_every_question_is_asked_once_and_results_keep_their_order():
    asked = []

    class Writing:
        def stream(self, question):
            asked.append(question.id)
            yield from saying(question.id).events

    run = open_loop(Writing, questions(40), per_s=1e6)  # all at once: real threads, no waiting
    assert sorted(asked, key=int) == [str(n) for n in range(40)]
    assert [r.outcome.answer.text for r in run.requests] == [str(n) for n in range(40)]
    starts = [r.intended_ms for r in run.requests]
    assert starts == sorted(starts) and all(r.waited_ms >= 0 for r in run.requests)


def test_as_many_assistants_are_made_as_may_be_at_work(clock):
    made = []

    def make():
        made.append(True)
        return taking(clock, 1)

    open_loop(make, questions(1), 1.0, clock=clock, pool=Inline())
    assert len(made) == AT_ONCE


def test_faults_are_counted_and_do_not_stop_the_run(clock):
    run = closed_loop(lambda: Scripted(Token("half")), questions(6), users=2)
    assert run.faults == {"never finished": 6}
    assert run.throughput_per_s == 0 and run.e2e_ms.n == 0
    late = alone(clock, ms=3000, n=3, deadline_s=1)
    assert late.faults == {"timed out": 3}


@pytest.mark.parametrize(
    ("run", "name"),
    [
        (lambda make: open_loop(make, [], 1.0), "questions"),
        (lambda make: open_loop(make, questions(1), 0.0), "per_s"),
        (lambda make: closed_loop(make, [], 1), "questions"),
        (lambda make: closed_loop(make, questions(1), 0), "users"),
    ],
)
def test_a_load_of_zero_is_named_in_the_error(run, name):
    with pytest.raises(PlainError, match=name):
        run(lambda: saying("yes"))
