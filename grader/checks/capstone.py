"""The checks of lab 10: the parts of an entry, the entry itself, and the bar that it has to pass."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from grader.checks.mock_interview import scorer
from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.fresh_cases import fresh_cases, gold
from grader.thresholds import thresholds
from harness import entries
from harness.assistant import Assistant, Event, Question
from harness.measure.latency.compare import blocks
from harness.measure.latency.faults import Fault
from harness.measure.latency.sequential_test import Rule, State, Verdict, decide
from harness.measure.latency.timing import time_or_fault
from harness.measure.quality.facts import holds_fact
from harness.measure.quality.quality import Quality, summary
from harness.measure.stats import Proportion
from harness.models.engines.llama_model import gpu_layers
from harness.serve.entry import Division, Entry
from harness.serve.network import Network
from harness.stages.diff_postprocess import SENTENCE_END

QUESTIONS = 24  # fresh ones for each part: they take seconds, and are enough to tell
REQUESTS = (
    16  # through HTTP, for a first look; the bar judges the quality of the answers that it times
)
BAR_OF = thresholds("10-capstone").bar  # the referee's own limits: practice requires no less
# Shares; a lower one fails only if chance does not explain it.
FOUND = 0.85  # of the gold passages, ranked first
RIGHT = 0.80  # of the facts, with the gold passage alone; the small tuned model has 0.885 of 300

MODEL_WRITES = "an entry in the closed division, where a language model writes each answer"
RULES = "the rules of the game: answers without a model are in a division of their own"

WAY = Exercise("10", 1, "way")
SEARCH = Exercise("10", 2, "search")
WRITER = Exercise("10", 3, "writer")
ENTRY = Exercise("10", 4, "entry")
BAR = Exercise("10", 5, "under 500")
MEMO = Exercise("10", 7, "memo")

JOBS = {  # expectation of the interview's rubric -> what a memo gives to product
    "TRD-OPTIONS": "options with numbers",
    "TRD-COST": "what they cost",
    "COM-CHOICE": "the question back",
    "TRD-RULE": "the rule",
}


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
    cases = [case for case in fresh_cases(QUESTIONS) if case.answerable]
    hits = sum(_first(preprocess, retrieve, case.question) == case.gold for case in cases)
    if _short_of(FOUND, Proportion(hits, len(cases))):
        SEARCH.fail(
            f"the right passage first for {FOUND:.0%} of {len(cases)} fresh questions",
            f"{hits} of {len(cases)}",
            "the filter: a question that names its product needs no passage about another one",
        )
    SEARCH.passed(f"{hits} of {len(cases)} right at the first place, so one passage is enough.")


@check
def writer(function: Callable[[], Callable]) -> None:
    """Check for right answers from the gold passage, streamed, and one sentence long."""
    generate = WRITER.call(function)
    if not callable(generate):
        stage = "a stage: (question, chunks) -> pieces"
        WRITER.fail(stage, kind(generate), "the line with `return`")
    cases = [case for case in fresh_cases(QUESTIONS) if case.answerable]
    texts = [list(generate(case.question, [gold(case)])) for case in cases]
    if max(map(len, texts)) < 2:
        WRITER.fail(
            "text in pieces", "everything in one piece", "how you pass the model's pieces on"
        )
    if longest := next((text for text in map("".join, texts) if rambles(text)), ""):
        WRITER.fail("one sentence", f"{longest!r:.200}", "the condition that stops the generation")
    right = sum(
        holds_fact("".join(pieces), case.fact) for case, pieces in zip(cases, texts, strict=True)
    )
    if _short_of(RIGHT, Proportion(right, len(cases))):
        WRITER.fail(
            f"{RIGHT:.0%} of {len(cases)} facts right from the gold passage",
            f"{right} of {len(cases)}",
            "which model, and whether it is a tuned one",
        )
    WRITER.passed(f"{right} of {len(cases)} facts right, one sentence each.")


@check
def entry(function: Callable[[], Entry]) -> None:
    """Check that an entry streams, finishes and answers right, and has a division."""
    checked = _entry(function)
    right = _quality(checked).right
    if _short_of(BAR_OF.right, right):
        expected = f"{BAR_OF.right:.0%} right of {REQUESTS} fresh questions"
        ENTRY.fail(expected, f"{right}", "k, the number of passages, and the model")
    ENTRY.passed(f"{right.successes} of {right.n} right through HTTP, {checked.division} division.")


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


@check
def memo(options: Sequence[Mapping[str, object]], ask: str, rule: str) -> None:
    """Check that a memo has three options with numbers, a question back, and a rule; this earns all points.

    It also prints what the interview's rubric finds in the text. That costs no points: a person marks it.
    """
    if len(options) != 3:
        MEMO.fail("three options", f"{len(options)}", "the list of options")
    for number, option in enumerate(options, start=1):
        for name in ("what", "cost"):
            if len(str(option.get(name, "")).split()) < 3:
                expected = f"at least three words for `{name}` of option {number}"
                MEMO.fail(expected, kind(option.get(name)), f"`{name}` in that option")
        for name in ("ttft_ms", "e2e_ms"):
            MEMO.finite(option.get(name), f"{name} of option {number}")
    for name, text in (("question back", ask), ("rule", rule)):
        if len(str(text).split()) < 6:
            MEMO.fail(f"a {name} in a sentence of six words or more", kind(text), f"the {name}")
    MEMO.passed(f"Product can decide with this. {_matched(options, ask, rule)}")


def _matched(options: Sequence[Mapping[str, object]], ask: str, rule: str) -> str:
    lines = [
        f"Option {number}: {option['what']}; first words after {option['ttft_ms']:.0f} ms, all after "
        f"{option['e2e_ms']:.0f} ms; it costs {option['cost']}."
        for number, option in enumerate(options, start=1)
    ]
    shown = scorer().answer(" ".join([*lines, ask, rule])).shown
    matched = [job for expectation, job in JOBS.items() if expectation in shown]
    if not matched:
        return "The interview's rubric finds none of what it looks for in it: would product?"
    return f"The interview's rubric finds {', '.join(matched)}; a person reads the rest."


def _short_of(floor: float, share: Proportion) -> bool:
    """Return True if even the upper end of the interval is below `floor`, so that chance fails nobody."""
    return share.interval.high < floor


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


def _quality(checked: Entry) -> Quality:
    """Return the quality of the answers to fresh questions. Raises CheckFailed at the first fault."""
    judged = []
    with checked.deployed() as client:
        for case in fresh_cases(REQUESTS):
            checked.reset()
            timing = time_or_fault(client, case.question)
            if isinstance(timing, Fault):
                ENTRY.fail("an answer to every question", timing.sentence, f"why it {timing.kind}")
            judged.append((case, timing.answer))
    return summary(judged)


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
