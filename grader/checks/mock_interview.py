"""The checks of lab 11: read a card, make a finding of it, and say it to somebody who is no engineer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, close, kind, ms
from grader.exercise.randomness import fresh_rng
from harness.interview.scenario.cards import Card
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.scenario import scenarios
from harness.interview.scoring.rubric import rubric
from harness.interview.scoring.score import Scorer

TOTAL, ALL, SLOWEST = "end-to-end", "all", "slowest 5 %"
SHARE = 0.005  # of a share: two decimals are welcome
WORDS, SENTENCES = 90, 4  # three sentences, and one for those who count differently
ROUNDS = 6

CARD = Exercise("11", 1, "card_ms")
FINDING = Exercise("11", 2, "finding")
SENTENCE = Exercise("11", 3, "three_sentences")

JARGON = ("TTFT", "p50", "p90", "p95", "p99", "percentile", "token", "decode", "prefill", "latency",
          "HNSW", "embedding", "quantiz", "quantis", "inference", "LLM", "GPU")  # fmt: skip
JOBS = {  # expectation of the rubric -> what the message lacks, and where to look
    "COM-EXPECT": ("what is not possible", "a sentence that says no: half a second for everything"),
    "COM-CHOICE": (
        "a choice, as a question",
        "a question they can answer: feels fast, or complete?",
    ),
    "COM-NEXT": ("a next step with a day", "what happens by when: a day of the week will do"),
}


@check
def card_ms(function: Callable[[Card, str], Mapping[str, float]]) -> None:
    """Stage -> ms of one column, as printed; the sum at the bottom is no stage."""
    limits, rng = CallLimits(CARD), fresh_rng()
    for name in rng.sample(sorted(scenarios()), ROUNDS):
        session = Session(scenarios()[name], rng.randrange(10**6))
        for card in (session.cards["breakdown"], session.cards["slowest"]):
            column = rng.choice(card.columns[1:])
            _judge_card(limits.call(function, card, column), card, column)
    CARD.passed("Now every card is data, and nobody can hide behind a table.")


def _judge_card(got: object, card: Card, column: str) -> None:
    expected = _stage_ms(card, column)
    if not isinstance(got, Mapping):
        CARD.fail("a dict: stage -> ms", kind(got), "the line with `return`")
    if TOTAL in got:
        CARD.fail(
            "the stages alone", f"{TOTAL} among them", "the last row: it is the sum of the others"
        )
    if set(got) != set(expected):
        CARD.fail(
            f"{len(expected)} stages: {', '.join(expected)}",
            f"{', '.join(map(str, got))}",
            "the first cell of each row",
        )
    for stage, value in expected.items():
        found = CARD.finite(got[stage], stage)
        if not close(found, value):
            look = _look_at_cell(found, value, card, stage)
            CARD.fail(f"{ms(value)} for {stage} in the column “{column}”", ms(found), look)


def _look_at_cell(found: float, value: float, card: Card, stage: str) -> str:
    row = next(row for row in card.rows if row[0] == stage)
    if any(close(found, _number(cell)) for cell in row[1:]):
        return "which column: `card.columns.index(column)` counts the first one, too"
    if value >= 1000 and found < 1000:
        return "the comma in “2,250 ms”: it groups thousands"
    return "the text of the cell: a number, perhaps a comma, and ms"


@check
def finding(function: Callable[[Card], tuple[str, float, float]]) -> None:
    """The slowest stage of the slowest requests, its share, and what would be left without it."""
    limits, rng = CallLimits(FINDING), fresh_rng()
    for card in _breakdowns(rng):
        got = limits.call(function, card)
        if not isinstance(got, tuple | list) or len(got) != 3:
            FINDING.fail("three values: stage, share, ms left", kind(got), "the line with `return`")
        _judge_finding(*got, card)
    FINDING.passed("Twelve systems, one habit. Your interviewer plays one of them.")


def _breakdowns(rng: Random) -> Iterator[Card]:
    """One of every scenario; one more time each, with the mean and the slowest requests at odds."""
    for name in rng.sample(sorted(scenarios()), len(scenarios())):
        card = Session(scenarios()[name], rng.randrange(10**6)).cards["breakdown"]
        yield card
        yield _at_odds(card)


def _at_odds(card: Card) -> Card:
    """The same card, but its two slowest stages have changed places among the slowest requests alone."""
    place, stages = card.columns.index(SLOWEST), _stage_ms(card, SLOWEST)
    first, second, *_ = sorted(stages, key=stages.__getitem__, reverse=True)
    cells = {row[0]: row[place] for row in card.rows}
    cells[first], cells[second] = cells[second], cells[first]
    rows = ((*row[:place], cells[row[0]], *row[place + 1 :]) for row in card.rows)
    return replace(card, rows=tuple(rows))


def _judge_finding(stage: object, share: object, left_ms: object, card: Card) -> None:
    stages = _stage_ms(card, SLOWEST)
    worst, total = _largest(stages), sum(stages.values())
    if not isinstance(stage, str) or stages.get(stage) != stages[worst]:  # two may be as slow
        FINDING.fail(
            f"{worst}, {ms(stages[worst])} of the slowest 5 %",
            f"{stage!r:.60}",
            _look_at_stage(stage, card),
        )
    found = FINDING.finite(share, "the share")
    if abs(found - stages[worst] / total) > SHARE:
        look = (
            "a share is between 0 and 1" if found > 1 else "which total: the one of the same column"
        )
        FINDING.fail(f"{stages[worst] / total:.2f} as share of {worst}", f"{found:.2f}", look)
    left = FINDING.finite(left_ms, "what is left")
    if abs(left - (total - stages[worst])) > 5:  # seven printed times, each rounded
        look = "the question: what if that stage took no time at all?"
        FINDING.fail(f"{ms(total - stages[worst])} left without {worst}", ms(left), look)


def _look_at_stage(stage: object, card: Card) -> str:
    if stage == TOTAL:
        return "the last row: it is the sum, and no stage"
    if stage == _largest(_stage_ms(card, ALL)):
        return "the column: users complain about the slowest requests, the mean hides them"
    return "the largest of the numbers: compare numbers, not their texts"


@check
def three_sentences(function: Callable[[float, float], str]) -> None:
    """A message with fresh numbers, without jargon, that does three jobs of the rubric."""
    limits, rng = CallLimits(SENTENCE), fresh_rng()
    for _ in range(ROUNDS):
        total_ms, first_ms = rng.randrange(600, 1600), rng.randrange(180, 480)
        text = limits.call(function, total_ms, first_ms)
        if not isinstance(text, str):
            SENTENCE.fail("a text", kind(text), "the line with `return`")
        for number in (total_ms, first_ms):
            if str(number) not in text.replace(",", ""):
                SENTENCE.fail(
                    f"the number {number} in the message",
                    f"{text!r:.90}",
                    "an f-string: {total_ms}",
                )
        _judge_message(text)
    SENTENCE.passed("No jargon, no maybe, and a day in the calendar. They will invite you again.")


def _judge_message(text: str) -> None:
    words, sentences = len(text.split()), len(re.findall(r"[.?!](?=\s|$)", text))
    if words > WORDS or sentences > SENTENCES:
        SENTENCE.fail(
            f"three sentences, at most {WORDS} words",
            f"{sentences} sentences, {words} words",
            "what they would not miss",
        )
    if used := [word for word in JARGON if re.search(rf"\b{word}", text, re.IGNORECASE)]:
        SENTENCE.fail(
            "words that a product manager uses",
            ", ".join(used),
            "what the user sees: first words, whole answer",
        )
    shown = scorer().answer(text).shown
    for expectation, (lack, look) in JOBS.items():
        if expectation not in shown:
            SENTENCE.fail(lack, f"{text!r:.160}", look)


@cache
def scorer() -> Scorer:
    """The interview's own rubric, by its patterns alone: no model runs in a check."""
    return Scorer(rubric())


def _stage_ms(card: Card, column: str) -> dict[str, float]:
    place = card.columns.index(column)
    return {row[0]: _number(row[place]) for row in card.rows if row[0] != TOTAL}


def _number(cell: str) -> float:
    return float(re.sub(r"[^\d.]", "", cell))


def _largest(stages: Mapping[str, float]) -> str:
    return max(stages, key=stages.__getitem__)
