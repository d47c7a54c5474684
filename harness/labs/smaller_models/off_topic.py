"""Off-topic exam questions, which show what a model forgets when it is tuned for the help centre only.

Each question comes with the passage that answers it, so the model needs no prior knowledge. The exact fact is
judged in the same way as in every other exam.
"""

from __future__ import annotations

from harness.assistant import Chunk, Question
from harness.kb.questions import Case
from harness.measure.quality.exam import ExamItem

# (title, passage, question, fact, reference answer), written for this course; none is about a Halden product
CASES = (
    (
        "Ferry to Skarvøy",
        "The ferry to Skarvøy leaves Nordhamn at 8:15 and needs 46 minutes. Bicycles travel free; dogs "
        "stay on the upper deck.",
        "How long does the crossing to Skarvøy take?",
        "46 minutes",
        "The crossing takes 46 minutes.",
    ),
    (
        "Lentil soup for four",
        "Fry the onion gently, add 250 g of red lentils and a litre of stock, and let it simmer for 20 "
        "minutes before you stir in the lemon.",
        "How many grams of lentils go into the soup?",
        "250 g",
        "The soup takes 250 g of red lentils.",
    ),
    (
        "Tenancy: notice",
        "The tenant may end the contract at any time in writing. The period of notice is three months "
        "and starts on the first day of the following month.",
        "What is the period of notice?",
        "three months",
        "The period of notice is three months.",
    ),
    (
        "The old bridge",
        "Begun in 1742 and paid for by the salt merchants, the bridge has seven arches and carried every "
        "cart into the town until the railway came.",
        "How many arches does the bridge have?",
        "seven arches",
        "The bridge has seven arches.",
    ),
    (
        "The grey heron",
        "A grey heron stands about 95 cm tall and weighs less than two kilograms, for its bones are hollow. "
        "It fishes alone, mostly at dawn.",
        "How tall is a grey heron?",
        "95 cm",
        "A grey heron stands about 95 cm tall.",
    ),
    (
        "Evening class: Portuguese",
        "The course meets on Tuesdays in room 12 from 18:30 on and costs 140 euros for the term, books "
        "not included. Beginners are welcome.",
        "On which day does the course meet?",
        "Tuesdays",
        "The course meets on Tuesdays.",
    ),
    (
        "Marathon: water",
        "There are water stations every 5 km. Runners who need more than six hours are asked to hand in "
        "their chip at the bus.",
        "How far apart are the water stations?",
        "5 km",
        "There is a water station every 5 km.",
    ),
    (
        "Choir: dues",
        "Members pay 60 euros a year; students pay half. Whoever sings a solo brings cake to the next "
        "rehearsal.",
        "What do members pay a year?",
        "60 euros",
        "Members pay 60 euros a year.",
    ),
)


def off_topic() -> list[ExamItem]:
    """Return all off-topic questions, each with the passage that holds its answer."""
    return [_item(number, *case) for number, case in enumerate(CASES, start=1)]


def _item(
    number: int, title: str, passage: str, question: str, fact: str, reference: str
) -> ExamItem:
    chunk = Chunk(f"off-topic/{number}", title, passage, "", "", "all", 1)
    case = Case(
        question=Question(question, f"off-topic-{number}"),
        fact=fact,
        gold=chunk.id,
        answerable=True,
        reference=reference,
        kind="off-topic",
        product="",
        region="all",
        near_misses=(),
    )
    return ExamItem(case, (chunk,))
