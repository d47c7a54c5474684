"""The check of lab 10 on caches: a repeated question is faster, and each question gets its own answer.

A repeat has to be fast by itself, as well as faster than the first time: an assistant could otherwise delay
every question that it has not seen, and cache nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median

from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.fresh_cases import answerable_cases, asked_world
from grader.exercise.yardstick_time import yardstick_ms
from grader.thresholds import thresholds
from harness.assistant import Assistant, Question
from harness.kb.products import models, siblings
from harness.kb.questions import Case
from harness.measure.latency.faults import Fault
from harness.measure.latency.timing import CLOCK, Timing, time_or_fault
from harness.measure.quality.quality import summary
from harness.serve.entry import Division, Entry

REMEMBERING = Exercise("10", 6, "remembering")
RIGHT = thresholds("10-capstone").bar.right.too_bad
CASES = 6  # each asked three times: ten seconds with the model of the labs
# A cached answer costs the network and a lookup, a tenth of a generated one. Half is far from both.
FASTER = 0.5
# Of the yardstick's time, without the network's distance: 75 ms of 500. A lookup takes 10 ms, and 30 if it
# embeds the question; the fastest answer of a model measured so far takes 180.
LOOKUP = 0.15
HASH = 32  # characters of a hash at least; what people type as a version is shorter


@check
def remembering(function: Callable[[], Entry]) -> None:
    """Check the open division, a repeat in half the time or less, and a sibling product's own answer."""
    entry = REMEMBERING.call(function)
    if not isinstance(entry, Entry) or not isinstance(entry.assistant, Assistant):
        REMEMBERING.fail("an Entry", kind(entry), "the line with `return`")
    if entry.division is not Division.OPEN:
        expected = "the open division, which declares that you cache"
        REMEMBERING.fail(expected, str(entry.division), "the division of your Entry")
    _judge_version(entry.assistant)
    with entry.deployed() as client:
        cases = answerable_cases(CASES)
        first = [_answered(client, case.question) for case in cases]
        again = [_answered(client, _spaced(case.question)) for case in cases]
        _judge_right(cases, first)
        hit_ms = _hit_ms(first, again, entry.network.simulated_ms)
        for case, known in zip(cases, first, strict=True):
            _own_answer(client, case, known, hit_ms)
    REMEMBERING.passed(
        "A repeated question is answered at once, and each product gets its own answer."
    )


def _judge_version(assistant: Assistant) -> None:
    """Raise CheckFailed if a ResponseCache has a typed version; a referee cannot see it."""
    version = getattr(assistant, "version", None)
    if isinstance(version, str) and len(version) < HASH:
        REMEMBERING.fail(
            "a version that changes with the articles, the prompt and the model",
            kind(version),
            "`kit.answer_version`: a version that you type stays the same when an article changes",
        )


def _spaced(question: Question) -> Question:
    """Return the question with more spaces, which is the same question to a person."""
    return replace(question, text=f" {question.text.replace(' ', '  ')}")


def _judge_right(cases: list[Case], first: list[Timing]) -> None:
    """Raise CheckFailed if hardly any answer is right: a cache of wrong answers is of no use."""
    right = summary((c, t.answer) for c, t in zip(cases, first, strict=True)).right
    if right.interval.high < RIGHT:
        REMEMBERING.fail(
            f"more than {RIGHT:.0%} right, as of the entry inside",
            f"{right}",
            "the assistant that you cache",
        )


def _hit_ms(first: list[Timing], again: list[Timing], distance_ms: float) -> float:
    """Return the ms below which an answer came from a cache. Raises CheckFailed if repeats are too slow.

    distance_ms: of the emulated network, which a cache behind it cannot save.
    """
    generated_ms = median(timing.e2e_ms for timing in first)
    again_ms = median(timing.e2e_ms for timing in again)
    lookup_ms, most_ms = again_ms - distance_ms, LOOKUP * yardstick_ms()
    if lookup_ms > most_ms:
        REMEMBERING.fail(
            f"at most {most_ms:.0f} ms beside the network for a question asked again, "
            f"{LOOKUP:.0%} of the yardstick",
            f"{lookup_ms:.0f} ms (end-to-end p50 without its distance, n={len(again)})",
            "whether a repeat still runs the model: a lookup takes about 10 ms",
        )
    ratio = again_ms / generated_ms
    if ratio > FASTER:
        REMEMBERING.fail(
            f"at most {FASTER:.0%} of the time for a question asked again with other spaces",
            f"{ratio:.0%} (end-to-end p50, n={len(first)})",
            "the key of your cache, and whether you look into it first",
        )
    return FASTER * generated_ms


def _own_answer(client: Assistant, case: Case, known: Timing, hit_ms: float) -> None:
    for question in _of_a_sibling(case):
        got = _answered(client, question)
        if got.e2e_ms < hit_ms and got.answer == known.answer:
            REMEMBERING.fail(
                f"an answer of its own to {question.text!r:.120}",
                f"the answer about the {case.product}",
                "the key: the name of the product belongs in it",
            )


def _of_a_sibling(case: Case) -> Iterator[Question]:
    """Yield the same question about another product of the family, if it names a product."""
    own = next(model for model in models(asked_world()) if model.name == case.product)
    text = case.question.text.replace(own.name, siblings(own)[0].name)
    if text != case.question.text:
        yield replace(case.question, text=text)


def _answered(client: Assistant, question: Question) -> Timing:
    timing = time_or_fault(client, question, clock=CLOCK)
    if isinstance(timing, Fault):
        REMEMBERING.fail("an answer to every question", timing.sentence, f"why it {timing.kind}")
    return timing
