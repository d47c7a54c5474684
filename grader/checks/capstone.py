"""The checks of lab 10: parts that work, an honest entry, a bar that is passed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from grader.checks.mock_interview import scorer
from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.randomness import fresh_rng
from grader.thresholds import thresholds
from harness import entries
from harness.assistant import Assistant, Chunk, Question
from harness.kb.articles import chunks
from harness.kb.questions import Case, draw
from harness.measure.latency.compare import blocks
from harness.measure.latency.faults import Fault
from harness.measure.latency.sequential_test import Rule, State, Verdict, decide
from harness.measure.latency.stats import Proportion
from harness.measure.latency.timing import clocked
from harness.measure.quality.facts import holds_fact
from harness.measure.quality.quality import Quality, summary
from harness.serve.entry import Division, Entry
from harness.serve.network import Network
from harness.stages.diff_postprocess import SENTENCE_END

QUESTIONS = 24  # fresh ones for a part: seconds, and far from luck
REQUESTS = 16  # of them through HTTP, for a first look: the bar judges the quality of what it times
BAR_OF = thresholds("10-capstone").bar  # the referee's own limits: practice asks for no less
# Shares, asked only as far as chance does not explain what is missing.
FOUND = 0.85  # of the gold passages, at the first place
RIGHT = 0.80  # of the facts, with the gold passage alone; the small tuned model has 0.885 of 300

WAY = Exercise("10", 1, "way")
SEARCH = Exercise("10", 2, "search")
WRITER = Exercise("10", 3, "writer")
ENTRY = Exercise("10", 4, "entry")
BAR = Exercise("10", 5, "under 500")
MEMO = Exercise("10", 7, "memo")

JOBS = {  # expectation of the interview's rubric -> what a memo does for product
    "TRD-OPTIONS": "options with numbers",
    "TRD-COST": "what they cost",
    "COM-CHOICE": "the question back",
    "TRD-RULE": "the rule",
}


@check
def way(function: Callable[[Network], Network]) -> None:
    """One round trip a request, over the same distance."""
    for rtt_ms in (12.0, 25.0):
        got = WAY.call(function, Network(rtt_ms=rtt_ms))
        if not isinstance(got, Network):
            WAY.fail("a Network", kind(got), "the line with `return`")
        if got.rtt_ms != rtt_ms:
            WAY.fail(
                f"the same distance, {rtt_ms:g} ms",
                f"{got.rtt_ms:g} ms",
                "rtt_ms: users do not move",
            )
        if got.simulated_ms > rtt_ms:
            WAY.fail(
                f"one round trip, {rtt_ms:g} ms (SIM)",
                f"{got.simulated_ms / rtt_ms:.0f} round trips",
                "keep_alive and preflight",
            )
    WAY.passed("Three quarters of the network were politeness.")


@check
def search(function: Callable[[], tuple]) -> None:
    """The gold passage is the first one found, for fresh questions that have one."""
    parts = SEARCH.call(function)
    if not isinstance(parts, tuple) or len(parts) != 2 or not all(map(callable, parts)):
        SEARCH.fail("two stages: (preprocess, retrieve)", kind(parts), "the line with `return`")
    preprocess, retrieve = parts
    cases = [case for case in _fresh(QUESTIONS) if case.answerable]
    hits = sum(_first(preprocess, retrieve, case.question) == case.gold for case in cases)
    if _short_of(FOUND, Proportion(hits, len(cases))):
        SEARCH.fail(
            f"the right passage first for {FOUND:.0%} of {len(cases)} fresh questions",
            f"{hits} of {len(cases)}",
            "the filter: a question that names its product needs no passage of another one",
        )
    SEARCH.passed(f"{hits} of {len(cases)} right at the first place: one passage will do.")


@check
def writer(function: Callable[[], Callable]) -> None:
    """Right answers from the gold passage, streamed, and one sentence long."""
    generate = WRITER.call(function)
    if not callable(generate):
        WRITER.fail(
            "a stage: (question, chunks) -> pieces", kind(generate), "the line with `return`"
        )
    cases = [case for case in _fresh(QUESTIONS) if case.answerable]
    texts = [list(generate(case.question, [_gold(case)])) for case in cases]
    if max(map(len, texts)) < 2:
        WRITER.fail("text in pieces", "everything in one", "how the model's pieces are passed on")
    if longest := next((text for text in map("".join, texts) if rambles(text)), ""):
        WRITER.fail("one sentence", f"{longest!r:.200}", "what stops the writing")
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
    """An honest entry: it streams, finishes, answers right, and its division says what it remembers."""
    one = _entry(function)
    quality = _quality(one)
    if _short_of(BAR_OF.right, quality.right):
        ENTRY.fail(
            f"{BAR_OF.right:.0%} right of {REQUESTS} fresh questions",
            f"{quality.right}",
            "k, and the model",
        )
    ENTRY.passed(
        f"{quality.right.successes} of {quality.right.n} right through HTTP, {one.division} division."
    )


@check
def under_bar(function: Callable[[], Entry]) -> None:
    """Practice: faster than the yardstick, with confidence. The grade is timed by the referee."""
    verdict = _verdict(_entry(function))
    if verdict.state is State.UNDECIDED:
        BAR.fail("a clear verdict", verdict.sentence(), "what else runs on this machine")
    if verdict.state is State.SLOWER:
        BAR.fail(
            "a ratio to the yardstick below 1",
            verdict.sentence(),
            "the waterfall: which stage dominates now?",
        )
    BAR.passed(f"{verdict.sentence()} That is under 500 ms, wherever you sit.")


@check
def memo(options: Sequence[Mapping[str, object]], ask: str, rule: str) -> None:
    """Three options with numbers, a question back, and a rule: complete, for all points.

    What the interview's rubric hears in its words is said and costs nothing: those are a person's to mark.
    """
    if len(options) != 3:
        MEMO.fail("three options", f"{len(options)}", "the list of options")
    for number, option in enumerate(options, start=1):
        for name in ("what", "cost"):
            if len(str(option.get(name, "")).split()) < 3:
                MEMO.fail(
                    f"a few words for `{name}` of option {number}",
                    kind(option.get(name)),
                    "the option",
                )
        for name in ("ttft_ms", "e2e_ms"):
            MEMO.finite(option.get(name), f"{name} of option {number}")
    for name, text in (("question back", ask), ("rule", rule)):
        if len(str(text).split()) < 6:
            MEMO.fail(f"a {name} in a sentence", kind(text), f"the {name}")
    MEMO.passed(f"Product can decide with this. {_heard(options, ask, rule)}")


def _heard(options: Sequence[Mapping[str, object]], ask: str, rule: str) -> str:
    lines = [
        f"Option {number}: {one['what']}; first words after {one['ttft_ms']:.0f} ms, all after "
        f"{one['e2e_ms']:.0f} ms; it costs {one['cost']}."
        for number, one in enumerate(options, start=1)
    ]
    shown = scorer().answer(" ".join([*lines, ask, rule])).shown
    heard = [job for expectation, job in JOBS.items() if expectation in shown]
    if not heard:
        return "The interview's rubric hears none of its jobs in it: would product?"
    return f"The interview's rubric hears {', '.join(heard)}; a person reads the rest."


def _short_of(floor: float, share: Proportion) -> bool:
    """True when even the upper end of its interval lies below `floor`: nobody fails by bad luck."""
    return share.interval.high < floor


def rambles(text: str) -> bool:
    """True when a sentence ends and another begins."""
    return len(list(filter(None, map(str.strip, re.split(SENTENCE_END, text))))) > 1


def _fresh(n: int) -> list[Case]:
    return draw("dev", n, fresh_rng().randrange(10**9), history_turns=0)


def _first(preprocess: Callable, retrieve: Callable, question: Question) -> str:
    found = retrieve(preprocess(question), 1)
    return found[0].id if found else ""


def _gold(case: Case) -> Chunk:
    return next(one for one in chunks() if one.id == case.gold)


def _entry(function: Callable[[], Entry]) -> Entry:
    one = ENTRY.call(function)
    if not isinstance(one, Entry):
        ENTRY.fail("an Entry", kind(one), "the line with `return`")
    if not isinstance(one.assistant, Assistant) or not isinstance(one.division, Division):
        ENTRY.fail("an assistant, and a Division", kind(one), "what the Entry is made of")
    return one


def _quality(one: Entry) -> Quality:
    """Of fresh questions, one by one; the first fault fails the check."""
    judged = []
    with one.deployed() as client:
        for case in _fresh(REQUESTS):
            one.reset()
            timing = clocked(client, case.question)
            if isinstance(timing, Fault):
                ENTRY.fail("an answer to every question", timing.sentence, f"why it {timing.kind}")
            judged.append((case, timing.answer))
    return summary(judged)


def _verdict(one: Entry) -> Verdict:
    bar = entries.named("yardstick")
    questions = [case.question for case in _fresh(BAR_OF.most + 2)]
    with one.deployed() as a, bar.deployed() as b:
        so_far = blocks(a, b, questions[2:], warm_up=questions[:2], reset=one.reset)
        comparison, verdict = decide(so_far, Rule(bound=BAR_OF.bound, most=BAR_OF.most))
    for fault in comparison.faults["a"]:
        BAR.fail("an answer to every question", fault.sentence, f"why it {fault.kind}")
    return verdict
