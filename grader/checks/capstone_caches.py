"""The check of lab 10 on caches: what was asked before comes sooner, and nobody gets another's answer."""

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
from harness.measure.latency.timing import CLOCK, Timing, clocked
from harness.serve.entry import Division, Entry

REMEMBERING = Exercise("10", 6, "remembering")
CASES = 6  # each asked three times: ten seconds with the model of the labs
# A kept answer costs the network and a look: a tenth of one that is written. Half is far from both.
SOONER = 0.5


@check
def remembering(function: Callable[[], Entry]) -> None:
    """Open division; a repeat takes half the time or less; a sibling's question gets its own answer."""
    one = REMEMBERING.call(function)
    if not isinstance(one, Entry) or not isinstance(one.assistant, Assistant):
        REMEMBERING.fail("an Entry", kind(one), "the line with `return`")
    if one.division is not Division.OPEN:
        REMEMBERING.fail(
            "the open division: caches are declared", str(one.division), "the Entry's division"
        )
    with one.deployed() as client:
        cases = _fresh(CASES)
        first = [_answered(client, case.question) for case in cases]
        again = [_answered(client, _spaced(case.question)) for case in cases]
        hit_ms = _hit_ms(first, again)
        for case, known in zip(cases, first, strict=True):
            _own_answer(client, case, known, hit_ms)
    REMEMBERING.passed("What was asked before comes at once, and everybody gets their own answer.")


def _spaced(question: Question) -> Question:
    """The same question to a person."""
    return replace(question, text=f" {question.text.replace(' ', '  ')}")


def _hit_ms(first: list[Timing], again: list[Timing]) -> float:
    """What is faster than this was not written anew."""
    written_ms = median(one.e2e_ms for one in first)
    ratio = median(one.e2e_ms for one in again) / written_ms
    if ratio > SOONER:
        REMEMBERING.fail(
            f"at most {SOONER:.0%} of the time for a question asked again, spaces apart",
            f"{ratio:.0%} (end-to-end p50, n={len(first)})",
            "the key of the cache, and whether it is asked first",
        )
    return SOONER * written_ms


def _own_answer(client: Assistant, case: Case, known: Timing, hit_ms: float) -> None:
    for question in _of_a_sibling(case):
        got = _answered(client, question)
        if got.e2e_ms < hit_ms and got.answer == known.answer:
            REMEMBERING.fail(
                f"an answer of its own to {question.text!r:.120}",
                f"the one about the {case.product}",
                "the key: the name of the product belongs to the question",
            )


def _of_a_sibling(case: Case) -> Iterator[Question]:
    """The same question about another product of the family; none when it names none."""
    own = next(one for one in products() if one.name == case.product)
    text = case.question.text.replace(own.name, siblings(own)[0].name)
    if text != case.question.text:
        yield replace(case.question, text=text)


def _answered(client: Assistant, question: Question) -> Timing:
    timing = clocked(client, question, clock=CLOCK)
    if isinstance(timing, Fault):
        REMEMBERING.fail("an answer to every question", timing.sentence, f"why it {timing.kind}")
    return timing


def _fresh(n: int) -> list[Case]:
    found = draw("dev", 2 * n, fresh_rng().randrange(10**9), history_turns=0)
    return [case for case in found if case.answerable][:n]
