"""The checks of lab 10: the parts of an entry, the entry itself, and the bar that it has to pass."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median

from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.fresh_cases import fresh_cases, gold
from grader.thresholds import Floor, thresholds
from harness import entries
from harness.assistant import Assistant, Event, Question, Token
from harness.kb.questions import Case
from harness.measure.latency.compare import blocks
from harness.measure.latency.faults import Fault
from harness.measure.latency.sequential_test import Rule, State, Verdict, decide
from harness.measure.latency.timing import Timing, time_or_fault
from harness.measure.quality.facts import holds_fact
from harness.measure.quality.quality import judge
from harness.models.engines.llama_model import gpu_layers
from harness.serve.entry import Division, Entry
from harness.serve.network import Network
from harness.stages.diff_postprocess import SENTENCE_END

LIMITS = thresholds("10-capstone")
BAR_OF = LIMITS.bar  # the referee's own limits: practice requires no less
ANSWERED = 0.9  # of the fresh questions; the others have no answer
REPEATS = 5  # questions asked twice, to see whether `forget` drops what the first one left
# TTFT of a question asked again after `forget`, as a share of the first time: 1 if nothing is left.
FORGOTTEN = 0.7
# Beside the network. What is faster has no model: it arrives in one piece and has nothing to forget.
INSTANT_MS = 50.0

MODEL_WRITES = "an entry in the closed division, where a language model writes each answer"
RULES = "the rules of the game: answers without a model are in a division of their own"

WAY = Exercise("10", 1, "way")
SEARCH = Exercise("10", 2, "search")
WRITER = Exercise("10", 3, "writer")
ENTRY = Exercise("10", 4, "entry")
BAR = Exercise("10", 5, "under 500")

POINTER = re.compile(r"\s*\[\d+\]")  # of the tuned models, for the program that reads it


@check
def way(function: Callable[[Network], Network]) -> None:
    """Check for one round trip per request, over the same distance."""
    for rtt_ms in (12.0, 25.0):
        got = WAY.call(function, Network(rtt_ms=rtt_ms))
        WAY.returned(got, Network, "a Network")
        WAY.expect(
            got.rtt_ms, rtt_ms, "ms as rtt_ms, the same distance", "rtt_ms: users do not move"
        )
        if got.simulated_ms > rtt_ms:
            trips = f"{got.simulated_ms / rtt_ms:.0f} round trips"
            WAY.fail(f"one round trip, {rtt_ms:g} ms (SIM)", trips, "keep_alive and preflight")
    WAY.passed("Three quarters of the network were politeness.")


@check
def search(function: Callable[[], tuple]) -> None:
    """Check that the gold passage is found first, for fresh questions that have one."""
    parts = SEARCH.call(function)
    if not isinstance(parts, tuple) or len(parts) != 2 or not all(map(callable, parts)):
        SEARCH.fail("two stages: (preprocess, retrieve)", kind(parts), "the line with `return`")
    preprocess, retrieve = parts
    floor = LIMITS.floors["search"]
    met, hits, n = floor.judge(
        _first(preprocess, retrieve, case.question) == case.gold for case in _with_answers(floor)
    )
    if not met:
        SEARCH.fail(
            f"the right passage first for clearly more than {floor.too_bad:.0%} of fresh questions",
            f"{hits} of {n}",
            "the filter, as a question that names its product needs no other's passage; then the embedder: "
            "`kit.question_embedder()` turns questions towards their passages",
        )
    SEARCH.passed(f"{hits} of {n} right at the first place, so one passage is enough.")


@check
def writer(function: Callable[[], Callable]) -> None:
    """Check for right answers from the gold passage, streamed, and one sentence long."""
    generate = WRITER.call(function)
    if not callable(generate):
        stage = "a stage: (question, chunks) -> pieces"
        WRITER.fail(stage, kind(generate), "the line with `return`")
    floor, answers = LIMITS.floors["writer"], []
    met, right, n = floor.judge(
        _writes_fact(generate, case, answers) for case in _with_answers(floor)
    )
    if max(map(len, answers)) < 2:
        WRITER.fail(
            "text in pieces", "everything in one piece", "how you pass the model's pieces on"
        )
    if longest := next((text for text in map("".join, answers) if rambles(text)), ""):
        WRITER.fail("one sentence", f"{longest!r:.200}", "the condition that stops the generation")
    if not met:
        WRITER.fail(
            f"clearly more than {floor.too_bad:.0%} of the facts right from the gold passage",
            f"{right} of {n}",
            "which model, and whether it is a tuned one",
        )
    WRITER.passed(f"{right} of {n} facts right, one sentence each.")


@check
def entry(function: Callable[[], Entry]) -> None:
    """Check that an entry streams, finishes and answers right, and has a division."""
    checked = _entry(function)
    met, right, n = _judge_answers(checked)
    if not met:
        expected = f"clearly more than {BAR_OF.right.too_bad:.0%} right of fresh questions"
        ENTRY.fail(expected, f"{right} of {n}", "k, the number of passages, and the model")
    _judge_forget(checked)
    ENTRY.passed(f"{right} of {n} right through HTTP, {checked.division} division.")


@check
def under_bar(function: Callable[[], Entry]) -> None:
    """Check, for practice, that an entry is faster than the yardstick; the referee measures for the grade."""
    checked = _entry(function)
    if checked.division is Division.NO_MODEL:
        BAR.fail(MODEL_WRITES, "an entry without a language model", RULES)
    verdict = _verdict(checked)
    if verdict.state is State.UNDECIDED:
        BAR.fail("a clear result", verdict.sentence(), "what else runs on this machine")
    if verdict.state is State.SLOWER:
        look = "the waterfall: which stage dominates now?"
        BAR.fail("a ratio to the yardstick below 1", verdict.sentence(), look)
    BAR.passed(
        f"{verdict.sentence()} Faster than the yardstick counts as under 500 ms on any machine."
    )


def rambles(text: str) -> bool:
    """Return True if the text has more than one sentence."""
    return len(list(filter(None, map(str.strip, re.split(SENTENCE_END, text))))) > 1


def _first(preprocess: Callable, retrieve: Callable, question: Question) -> str:
    passages = retrieve(preprocess(question), 1)
    return passages[0].id if passages else ""


def _entry(function: Callable[[], Entry]) -> Entry:
    got = ENTRY.returned(ENTRY.call(function), Entry, "an Entry")
    if not isinstance(got.assistant, Assistant) or not isinstance(got.division, Division):
        ENTRY.fail("an assistant, and a Division", kind(got), "what the Entry is made of")
    return got


def _with_answers(floor: Floor) -> list[Case]:
    """Return fresh questions that have an answer, about as many as the floor takes at most."""
    return [case for case in fresh_cases(round(floor.most / ANSWERED)) if case.answerable]


def _writes_fact(generate: Callable, case: Case, answers: list[list[str]]) -> bool:
    """Return whether the stage writes the fact from the gold passage; `answers` gets the pieces."""
    answers.append(list(generate(case.question, [gold(case)])))
    return holds_fact("".join(answers[-1]), case.fact)


def _judge_answers(checked: Entry) -> tuple[bool, int, int]:
    """Return (good enough, right answers, answers) of fresh questions. Raises CheckFailed at a fault."""
    timings: list[Timing] = []
    with checked.deployed() as client:
        heard = _Heard(client)
        result = BAR_OF.right.judge(
            _answers_right(checked, heard, case, timings) for case in fresh_cases(BAR_OF.right.most)
        )
    if pointer := next((text for text in heard.texts if POINTER.match(text)), ""):
        look = "what the user reads while it streams: `HiddenPointer` around the pipeline"
        ENTRY.fail("answers that begin with words", f"{pointer!r:.60}", look)
    slow = median(timing.e2e_ms for timing in timings) > INSTANT_MS + checked.network.simulated_ms
    if slow and max(timing.pieces for timing in timings) < 2:
        look = "`streaming` of the Pipeline: users wait for the first words, not for the last"
        ENTRY.fail("answers in pieces, as they are written", "each of them in one piece", look)
    return result


def _answers_right(checked: Entry, client: Assistant, case: Case, timings: list[Timing]) -> bool:
    checked.reset()
    timings.append(_timed(client, case.question))
    return judge(case, timings[-1].answer).right


def _timed(assistant: Assistant, question: Question) -> Timing:
    timing = time_or_fault(assistant, question)
    if isinstance(timing, Fault):
        ENTRY.fail("an answer to every question", timing.sentence, f"why it {timing.kind}")
    return timing


def _judge_forget(checked: Entry) -> None:
    """Raise CheckFailed if a question of the closed division is faster the second time, after `forget`."""
    if checked.division is Division.OPEN:
        return
    distance_ms, waits = checked.network.simulated_ms, []
    with checked.deployed() as client:
        for case in fresh_cases(REPEATS + 1):
            pair = []
            for _ in range(2):
                checked.reset()
                timing = _timed(client, case.question)
                pair.append((timing.ttft_ms or timing.e2e_ms) - distance_ms)
            waits.append(pair)
    first_ms, again_ms = map(median, zip(*waits[1:], strict=True))  # the first pair also warms up
    again = again_ms / first_ms
    if first_ms > INSTANT_MS and again < FORGOTTEN:
        ENTRY.fail(
            "the same time for a question asked again: the closed division remembers nothing",
            f"{again:.0%} of the first time (TTFT beside the network, p50, n={REPEATS})",
            "`forget` of your Entry: is it the `fresh` of your generation stage, and has no cache been left?",
        )


@dataclass(frozen=True, slots=True)
class _Heard:
    """An assistant whose streamed texts are kept, as a user reads them."""

    inner: Assistant
    texts: list[str] = field(default_factory=list)

    def stream(self, question: Question) -> Iterator[Event]:
        self.texts.append("")
        for event in self.inner.stream(question):
            if isinstance(event, Token):
                self.texts[-1] += event.text
            yield event


@dataclass(frozen=True, slots=True)
class _Working:
    """An assistant in this process. answers_s: the CPU seconds that each answer took."""

    inner: Assistant
    answers_s: list[float] = field(default_factory=list)

    def stream(self, question: Question) -> Iterator[Event]:
        start_s = time.process_time()
        try:
            yield from self.inner.stream(question)
        finally:
            self.answers_s.append(time.process_time() - start_s)


def _verdict(checked: Entry) -> Verdict:
    bar = entries.entry_named("yardstick")
    questions = [case.question for case in fresh_cases(BAR_OF.most + 2)]
    with checked.deployed() as client, bar.deployed() as bar_client:
        a, b = _Working(client), _Working(bar_client)
        so_far = blocks(a, b, questions[2:], warm_up=questions[:2], reset=checked.reset)
        comparison, verdict = decide(so_far, Rule(bound=BAR_OF.bound, most=BAR_OF.most))
    for fault in comparison.faults["a"]:
        BAR.fail("an answer to every question", fault.sentence, f"why it {fault.kind}")
    share = median(a.answers_s) / median(b.answers_s)
    if share < BAR_OF.work and not gpu_layers():  # a GPU's work is not in the CPU time
        BAR.fail(MODEL_WRITES, f"answers for {share:.1%} of the yardstick's CPU time", RULES)
    return verdict
