"""The checks of lab 11: reading a card, a finding from it, and a message to a product manager."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import MS, TWO_DECIMALS, Exercise, Unit, check, close, ms
from grader.exercise.randomness import fresh_rng
from harness.interview.scenario.cards import Card
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.scenario import scenarios
from harness.interview.scoring.rubric import rubric
from harness.interview.scoring.score import Scorer

TOTAL, ALL, SLOWEST = "end-to-end", "all", "slowest 5 %"
LEFT = Unit("{:,.1f} ms", 5.0)  # the sum of seven printed times, each of them rounded
WORDS, SENTENCES = 90, 4  # three sentences, and one more as tolerance
ROUNDS = 6

CARD = Exercise("11", 1, "card_ms")
FINDING = Exercise("11", 2, "finding")
SENTENCE = Exercise("11", 3, "three_sentences")

JARGON = ("TTFT", "p50", "p90", "p95", "p99", "percentile", "token", "decode", "prefill", "latency",
          "HNSW", "embedding", "quantiz", "quantis", "inference", "LLM", "GPU")  # fmt: skip
JOBS = {  # expectation of the rubric -> what the message lacks, and where to look
    "COM-EXPECT": (
        "a sentence on what is not possible",
        "a sentence that says no to half a second for everything",
    ),
    "COM-CHOICE": (
        "a choice, as a question",
        "a question that they can answer: should it feel fast, or be complete?",
    ),
    "COM-NEXT": ("a next step with a day", "what happens by when: a day of the week is enough"),
}


@check
def card_ms(function: Callable[[Card, str], Mapping[str, float]]) -> None:
    """Check stage -> ms of one column, as printed; the sum in the last row is not a stage."""
    limits, rng = CallLimits(CARD), fresh_rng()
    for name in rng.sample(sorted(scenarios()), ROUNDS):
        session = Session(scenarios()[name], rng.randrange(10**6))
        for card in (session.cards["breakdown"], session.cards["slowest"]):
            column = rng.choice(card.columns[1:])
            _judge_card(limits.call(function, card, column), card, column)
    CARD.passed("Now every card is data that you can compute with.")


def _judge_card(got: object, card: Card, column: str) -> None:
    expected = _stage_ms(card, column)
    CARD.returned(got, Mapping, "a dict: stage -> ms")
    if TOTAL in got:
        look = "the last row: it is the sum of the others"
        CARD.fail("only the stages", f"{TOTAL} among them", look)
    if set(got) != set(expected):
        wanted, names = (", ".join(map(str, stages)) for stages in (expected, got))
        CARD.fail(f"{len(expected)} stages: {wanted}", names, "the first cell of each row")
    for stage, value in expected.items():
        where = f"for {stage} in the column “{column}”"
        number = CARD.finite(got[stage], stage)
        CARD.expect(number, value, where, _look_at_cell, value, card, stage, unit=MS)


def _look_at_cell(got: float, value: float, card: Card, stage: str) -> str:
    row = next(row for row in card.rows if row[0] == stage)
    if any(close(got, _number(cell)) for cell in row[1:]):
        return "which column: `card.columns.index(column)` counts the first one, too"
    if value >= 1000 and got < 1000:
        return "the comma in “2,250 ms”: it groups thousands"
    return "the text of the cell: a number, perhaps a comma, and ms"


@check
def finding(function: Callable[[Card], tuple[str, float, float]]) -> None:
    """Check the slowest stage of the slowest requests, its share, and the time left without it."""
    limits, rng = CallLimits(FINDING), fresh_rng()
    for card in _breakdowns(rng):
        got = limits.call(function, card)
        FINDING.returned(got, tuple | list, "three values: stage, share, ms left", n=3)
        _judge_finding(*got, card)
    FINDING.passed("Read every card this way. Your interviewer plays one of these systems.")


def _breakdowns(rng: Random) -> Iterator[Card]:
    """Yield the breakdown of every scenario twice: as it is, and with mean and slowest requests at odds."""
    for name in rng.sample(sorted(scenarios()), len(scenarios())):
        card = Session(scenarios()[name], rng.randrange(10**6)).cards["breakdown"]
        yield card
        yield _at_odds(card)


def _at_odds(card: Card) -> Card:
    """Return the card with its two slowest stages swapped in the column of the slowest requests alone."""
    place, stages = card.columns.index(SLOWEST), _stage_ms(card, SLOWEST)
    first, second, *_ = sorted(stages, key=stages.__getitem__, reverse=True)
    cells = {row[0]: row[place] for row in card.rows}
    cells[first], cells[second] = cells[second], cells[first]
    rows = ((*row[:place], cells[row[0]], *row[place + 1 :]) for row in card.rows)
    return replace(card, rows=tuple(rows))


def _judge_finding(stage: object, share: object, left_ms: object, card: Card) -> None:
    stages = _stage_ms(card, SLOWEST)
    worst, total = _largest(stages), sum(stages.values())
    if not isinstance(stage, str) or stages.get(stage) != stages[worst]:  # two may be equally slow
        FINDING.fail(
            f"{worst}, {ms(stages[worst])} of the slowest 5 %",
            f"{stage!r:.60}",
            _look_at_stage(stage, card),
        )
    got = FINDING.finite(share, "the share")
    look = "a share is between 0 and 1" if got > 1 else "which total: the one of the same column"
    where = f"as share of {worst}"
    FINDING.expect(got, stages[worst] / total, where, look, unit=TWO_DECIMALS)
    left, look = (
        FINDING.finite(left_ms, "the time left"),
        "the time if that stage took no time at all",
    )
    FINDING.expect(left, total - stages[worst], f"left without {worst}", look, unit=LEFT)


def _look_at_stage(stage: object, card: Card) -> str:
    if stage == TOTAL:
        return "the last row: it is the sum, not a stage"
    if stage == _largest(_stage_ms(card, ALL)):
        return "the column: users complain about the slowest requests, and the mean hides them"
    return "the largest number: compare numbers, not their text"


@check
def three_sentences(function: Callable[[float, float], str]) -> None:
    """Check for a message with fresh numbers, without jargon, that meets three expectations of the rubric."""
    limits, rng = CallLimits(SENTENCE), fresh_rng()
    for _ in range(ROUNDS):
        total_ms, first_ms = rng.randrange(600, 1600), rng.randrange(180, 480)
        text = limits.call(function, total_ms, first_ms)
        SENTENCE.returned(text, str, "a text")
        for number in (total_ms, first_ms):
            if str(number) not in text.replace(",", ""):
                look = "an f-string with {total_ms} and {first_ms}"
                SENTENCE.fail(f"the number {number} in the message", f"{text!r:.90}", look)
        _judge_message(text)
    SENTENCE.passed("No jargon, no maybe, and a day in the calendar. They will invite you again.")


def _judge_message(text: str) -> None:
    words, sentences = len(text.split()), len(re.findall(r"[.?!](?=\s|$)", text))
    if words > WORDS or sentences > SENTENCES:
        SENTENCE.fail(
            f"three sentences, at most {WORDS} words",
            f"{sentences} sentences, {words} words",
            "words that they would not miss: leave them out",
        )
    if used := [word for word in JARGON if re.search(rf"\b{word}", text, re.IGNORECASE)]:
        look = "what the user sees: first words, whole answer"
        SENTENCE.fail("words that a product manager uses", ", ".join(used), look)
    shown = scorer().answer(text).shown
    for expectation, (lack, look) in JOBS.items():
        if expectation not in shown:
            SENTENCE.fail(lack, f"{text!r:.160}", look)


@cache
def scorer() -> Scorer:
    """Return a scorer with the patterns of the interview's rubric; it runs no model."""
    return Scorer(rubric())


def _stage_ms(card: Card, column: str) -> dict[str, float]:
    place = card.columns.index(column)
    return {row[0]: _number(row[place]) for row in card.rows if row[0] != TOTAL}


def _number(cell: str) -> float:
    return float(re.sub(r"[^\d.]", "", cell))


def _largest(stages: Mapping[str, float]) -> str:
    return max(stages, key=stages.__getitem__)
