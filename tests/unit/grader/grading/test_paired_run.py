"""Paired runs on a fake clock: order, stopping and verdicts."""

import pytest

from grader.grading.paired_run import HOPELESS_PAIRS, SOLO, WARM_UP, Side, paired_run, solo_p50_ms
from grader.sandbox.processes import NotStoppedError
from harness.assistant import Answer, Done, Token
from harness.kb.questions import draw
from harness.measure.latency.faults import FaultKind
from harness.measure.latency.sequential_test import State
from tests.clock import FakeClock
from tests.fakes import Scripted
from tests.small_lab import BAR

LAB_BAR = BAR.model_copy(update={"most": 60})


@pytest.fixture(scope="module")
def cases():
    return draw("test", WARM_UP + 60, seed=3, history_turns=0)


class Log:
    """Processes that only log what is done to them."""

    def __init__(self, name, log):
        self.name, self.log, self.running = name, log, True
        self.used_s = 0.0

    def cpu_s(self):
        return self.used_s

    def freeze(self):
        self.running = False
        self.log.append(f"freeze {self.name}")

    def thaw(self):
        self.running = True
        self.log.append(f"thaw {self.name}")


class Taking:
    """An assistant that answers after `ms`. It fails the test unless exactly its own side is running."""

    def __init__(self, clock, cases, ms, right=True):
        self.clock, self.ms, self.sides = clock, ms, ()
        self.texts = {case.question.text: case.reference if right else "No." for case in cases}
        self.asked, self.cpu_s = [], 1.0

    def stream(self, question):
        assert [side.processes.running for side in self.sides] == [True, False]
        self.asked.append(question.text)
        self.clock.go_on(self.ms() if callable(self.ms) else self.ms)
        self.sides[0].processes.used_s += self.cpu_s
        text = self.texts[question.text]
        yield Token(text)
        yield Done(Answer(text))


class World:
    def __init__(self, cases, learner_ms, bar_ms=500, right=True):
        self.clock, self.cases, self.log = FakeClock(), cases, []
        self.learner = Taking(self.clock, cases, learner_ms, right)
        self.bar = Taking(self.clock, cases, bar_ms)
        self.sides = [
            Side(
                assistant, Log(name, self.log), lambda name=name: self.log.append(f"forget {name}")
            )
            for name, assistant in (("learner", self.learner), ("bar", self.bar))
        ]
        self.learner.sides, self.bar.sides = self.sides, self.sides[::-1]

    def run(self, pairs=48, undisturbed_ms=500):
        return paired_run(
            *self.sides,
            self.cases,
            bar=LAB_BAR.model_copy(update={"pairs": pairs}),
            undisturbed_ms=undisturbed_ms,
            clock=self.clock,
        )


def test_one_side_runs_while_the_other_is_stopped(cases):
    world = World(cases, 100)
    world.run(pairs=12)
    assert not any(side.processes.running for side in world.sides)  # and both do afterwards
    first = world.log[: world.log.index("thaw learner", world.log.index("forget bar"))]
    assert first[:2] == ["freeze learner", "freeze bar"]  # before anybody may forget
    assert first[-1] == "freeze bar"


def test_each_question_is_asked_once_of_each(cases):
    world = World(cases, 400)
    world.run()
    assert len(set(world.learner.asked)) == len(world.learner.asked)
    assert world.learner.asked[:WARM_UP] == [case.question.text for case in cases[:WARM_UP]]


def test_a_pass_needs_enough_pairs_to_judge_quality(cases):
    found = World(cases, 400).run(pairs=48)
    assert found.verdict.state is State.FASTER
    assert len(found.comparison.pairs) == 48
    assert found.quality.right.rate == 1


def test_the_cpu_time_of_each_answer_is_counted_and_none_of_a_forget(cases):
    world = World(cases, 400)
    world.learner.cpu_s = 0.02
    processes = world.sides[0].processes

    def forget():
        processes.used_s += 1

    world.sides[0] = Side(world.learner, processes, forget)
    world.learner.sides, world.bar.sides = world.sides, world.sides[::-1]
    found = world.run(pairs=12)
    assert found.work_s == (pytest.approx([0.02] * 12), pytest.approx([1.0] * 12))
    assert [found.idle_answers(share) for share in (0.01, 0.08)] == [0, 12]


def test_quality_is_that_of_the_timed_answers(cases):
    found = World(cases, 10, right=False).run(pairs=12)
    assert found.verdict.state is State.FASTER
    assert found.quality.fact.successes == 0


def test_slower_is_known_at_the_first_look(cases):
    found = World(cases, 600).run()
    assert (found.verdict.state, found.verdict.pairs) == (State.SLOWER, 12)


def test_a_hopeless_entry_is_stopped_after_four_pairs(cases):
    found = World(cases, 3200).run()
    assert found.verdict.state is State.SLOWER
    assert len(found.comparison.pairs) == HOPELESS_PAIRS


def test_one_bad_moment_is_not_hopeless(cases):
    times = iter([100, 100, 5000, 5000, 5000, *[100] * 100])
    found = World(cases, lambda: next(times)).run(pairs=12)
    assert found.verdict.state is State.FASTER


def test_around_the_bound_it_stays_undecided(cases):
    times = iter([300, 700] * 100)
    found = World(cases, lambda: next(times)).run()
    assert found.verdict.state is State.UNDECIDED
    assert len(found.comparison.pairs) == 60


def test_a_disturbed_yardstick_prevents_a_pass_but_not_a_failure(cases):
    assert World(cases, 400).run(undisturbed_ms=200).verdict.state is State.UNDECIDED
    assert World(cases, 400).run(undisturbed_ms=450).verdict.state is State.FASTER
    assert World(cases, 600).run(undisturbed_ms=200).verdict.state is State.SLOWER


def test_a_fault_ends_it_without_a_number(cases):
    world = World(cases, 100)
    broken = Side(Scripted(Token("half")), world.sides[0].processes)
    found = paired_run(
        broken, world.sides[1], cases, bar=LAB_BAR, undisturbed_ms=500, clock=world.clock
    )
    assert found.fault.kind is FaultKind.UNFINISHED
    assert found.quality is None
    assert found.yardstick_fault is None
    assert found.disturbed == 1
    assert found.final


def test_a_forget_that_fails_is_a_fault_of_the_next_request(cases):
    world = World(cases, 100)

    def forget():
        raise RuntimeError("I cannot forget.")

    world.sides[0] = Side(world.learner, world.sides[0].processes, forget)
    world.learner.sides, world.bar.sides = world.sides, world.sides[::-1]
    assert "I cannot forget." in world.run().fault.sentence
    assert world.learner.asked == []


class Restless(Log):
    """Processes that are found working at their freeze number `at`."""

    def __init__(self, name, log, at):
        super().__init__(name, log)
        self.left = at

    def freeze(self):
        super().freeze()
        self.left -= 1
        if not self.left:
            raise NotStoppedError("Its processes worked when it was not their turn.")


@pytest.mark.parametrize("at", [1, 2, 20, 10**6])
@pytest.mark.parametrize("whose", [0, 1])
def test_who_works_in_a_pause_has_a_fault(cases, whose, at):
    world = World(cases, 400)
    one = world.sides[whose]
    world.sides[whose] = Side(one.assistant, Restless("it", world.log, at), one.forget)
    world.learner.sides, world.bar.sides = world.sides, world.sides[::-1]
    found = world.run(pairs=12)
    faults = (found.fault, found.yardstick_fault)
    assert bool(faults[whose]) == (at < 10**6)
    assert faults[1 - whose] is None
    if faults[whose]:
        assert "not their turn" in faults[whose].sentence
        assert found.final


def test_who_works_after_the_last_request_has_a_fault_too(cases):
    world = World(cases, 400)
    world.run(pairs=12)
    last = world.log.count("freeze learner")
    again = World(cases, 400)
    one = again.sides[0]
    again.sides[0] = Side(one.assistant, Restless("it", again.log, last), one.forget)
    again.learner.sides, again.bar.sides = again.sides, again.sides[::-1]
    found = again.run(pairs=12)
    assert "not their turn" in found.fault.sentence
    assert found.comparison.clean


def test_one_request_and_the_whole_run_have_a_limit(cases):
    assert World(cases, 11_000).run().fault.kind is FaultKind.TIMED_OUT
    world = World(cases, 100)
    world.sides[0] = Side(world.learner, world.sides[0].processes, lambda: world.clock.wait(5))
    world.learner.sides, world.bar.sides = world.sides, world.sides[::-1]
    found = world.run()
    assert found.late and found.final
    assert len(found.comparison.pairs) < 48


def test_the_solo_p50_is_the_median_of_the_last_questions(cases):
    world = World(cases, 0)
    times = iter([9000, 9000, 500, 510, 490, 500, 5000])
    world.bar.ms = lambda: next(times)
    world.sides[0].processes.freeze()
    questions = [case.question for case in cases[: WARM_UP + SOLO]]
    assert solo_p50_ms(world.sides[1], questions, world.clock) == 500
    assert not world.sides[1].processes.running


def test_the_solo_p50_is_0_if_the_yardstick_does_not_answer(cases):
    side = Side(Scripted(), Log("bar", []))
    assert solo_p50_ms(side, [case.question for case in cases[:3]], FakeClock()) == 0
