"""The check of lab 10 on caches: a repeated question is faster, and each question gets its own answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median

from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.randomness import fresh_rng
from harness.assistant import Assistant, Question
from harness.kb.products import products, siblings
from harness.kb.questions import Case, draw
from harness.measure.latency.faults import Fault
from harness.measure.latency.timing import CLOCK, Timing, time_or_fault
from harness.serve.entry import Division, Entry

REMEMBERING = Exercise("10", 6, "remembering")
CASES = 6  # each asked three times: ten seconds with the model of the labs
# A cached answer costs the network and a lookup, a tenth of a generated one. Half is far from both.
FASTER = 0.5


@check
def remembering(function: Callable[[], Entry]) -> None:
    """Check the open division, a repeat in half the time or less, and a sibling product's own answer."""
    entry = REMEMBERING.call(function)
    if not isinstance(entry, Entry) or not isinstance(entry.assistant, Assistant):
        REMEMBERING.fail("an Entry", kind(entry), "the line with `return`")
    if entry.division is not Division.OPEN:
        expected = "the open division, which declares that you cache"
        REMEMBERING.fail(expected, str(entry.division), "the division of your Entry")
    with entry.deployed() as client:
        cases = _fresh(CASES)
        first = [_answered(client, case.question) for case in cases]
        again = [_answered(client, _spaced(case.question)) for case in cases]
        hit_ms = _hit_ms(first, again)
        for case, known in zip(cases, first, strict=True):
            _own_answer(client, case, known, hit_ms)
    REMEMBERING.passed(
        "A repeated question is answered at once, and each product gets its own answer."
    )


def _spaced(question: Question) -> Question:
    """Return the question with more spaces, which is the same question to a person."""
    return replace(question, text=f" {question.text.replace(' ', '  ')}")


def _hit_ms(first: list[Timing], again: list[Timing]) -> float:
    """Return the ms below which an answer came from a cache. Raises CheckFailed if repeats are too slow."""
    generated_ms = median(timing.e2e_ms for timing in first)
    ratio = median(timing.e2e_ms for timing in again) / generated_ms
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
    own = next(product for product in products() if product.name == case.product)
    text = case.question.text.replace(own.name, siblings(own)[0].name)
    if text != case.question.text:
        yield replace(case.question, text=text)


def _answered(client: Assistant, question: Question) -> Timing:
    timing = time_or_fault(client, question, clock=CLOCK)
    if isinstance(timing, Fault):
        REMEMBERING.fail("an answer to every question", timing.sentence, f"why it {timing.kind}")
    return timing


def _fresh(n: int) -> list[Case]:
    cases = draw("dev", 2 * n, fresh_rng().randrange(10**9), history_turns=0)
    return [case for case in cases if case.answerable][:n]
