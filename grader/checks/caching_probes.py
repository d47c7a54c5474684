"""What the caches of lab 07 are asked: pairs of questions that they must treat as one question, or as two.

Each is asked about the Kestrel X200, which the messages of a check begin with, and about drawn names and
numbers, which nobody can list.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Hashable, Iterable, Sequence
from random import Random
from typing import TypeVar

from grader.exercise.exercise import Exercise
from grader.exercise.randomness import asked
from harness.kb.products import REGIONS, models, siblings

Texts = tuple[str, str]
Case = TypeVar("Case", bound=Hashable)
Answer = TypeVar("Answer")
DRAWN = 3  # other names and numbers for each pair
USUAL = {
    "p": "Kestrel X200",
    "other": "Kestrel X300",
    "here": "Canada",
    "there": "Australia",
    "first": "lamp",
    "second": "speaker",
    "n": "12",
    "more": "24",
    "digit": "7",
    "sharp": "Größe",
    "accent": "café",
}
THINGS = ("lamp", "speaker", "camera", "router", "scale", "doorbell", "projector")
SHARP = ("Größe", "Straße", "Füße", "Spaß", "weiß", "Maß")
ACCENT = ("café", "naïve", "crème", "piñata", "façade", "Zürich")

WARRANTY = "How long is the warranty of the {p}?"
# One key: the difference does not change the answer.
ALIKE = (
    (WARRANTY, "how long is the WARRANTY of the {low}?"),
    (WARRANTY, "  How long  is the\twarranty of the {p}?\n"),
    (WARRANTY, "How long is the warranty of the {p}"),
    (WARRANTY, "How long is the warranty of the {p} ?!"),
    ("{sharp}?", "{loud}?"),
    ("Is it {accent}-proof?", "Is it {apart}-proof?"),
)
# Two keys: a small difference changes the answer.
UNLIKE = (
    (WARRANTY, "How long is the warranty of the {other}?"),
    ("Is {digit}.5 V enough?", "Is {digit}5 V enough?"),
    ("Can I re-sign {n} forms?", "Can I resign {n} forms?"),
    ("Is the {first} covered?", "Is the {first} not covered?"),
    ("Does the {first} charge the {second}?", "Does the {second} charge the {first}?"),
    ("Does it cost ${more}?", "Does it cost {more}?"),
    ("Is it {digit},000?", "Is it {digit}000?"),
)
# Pairs whose meanings must differ: an embedding hardly sees the difference, so the guard has to.
APART = (
    ("What is the warranty of the {p}?", "What is the warranty of the {other}?"),
    ("{p} battery life", "{p}0 battery life"),
    ("Is the {p} covered for {n} months?", "Is the {p} covered for {more} months?"),
    ("Does the {p} run for {digit} hours?", "Does the {p} run for {digit} days?"),
    ("May I use the {p} outside?", "May I not use the {p} outside?"),
    ("Can the {p} get wet?", "Can't the {p} get wet?"),
    ("How do I switch the {p} on?", "How do I switch the {p} off?"),
    ("How much is shipping of the {p} to {here}?", "How much is shipping of the {p} to {there}?"),
    ("{p} with the {first}?", "{p} without the {first}?"),
)
# Pairs whose meanings must be equal, because they are the same question.
TOGETHER = (
    ("What is the warranty of the {p}?", "Hi, what is the {low}'s warranty? Thanks!"),
    ("{p} covered for {n} months?", "Are there {n} months of cover for the {p}."),
    ("Shipping of the {p} to {here}?", "To {here}: what is shipping of a {p}?"),
)


def asked_about(pairs: Sequence[Texts], rng: Random) -> list[Texts]:
    """Return `pairs` with the usual names and numbers, and then with DRAWN others for each."""
    return [
        (first.format_map(names), second.format_map(names))
        for names in (_spelt(USUAL), *(_spelt(_drawn(rng)) for _ in range(DRAWN)))
        for first, second in pairs
    ]


def one_answer_each(
    exercise: Exercise, ask: Callable[[Case], Answer], cases: Iterable[Case]
) -> dict[Case, Answer]:
    """Return the answer to each case. Raises CheckFailed if a case that is asked again has another one."""
    answers: dict[Case, Answer] = {}
    for case, answer in asked(ask, dict.fromkeys(cases)):
        if answers.setdefault(case, answer) != answer:
            exercise.fail(
                f"the same result whenever it is called with {case!r:.70}",
                f"{answers[case]!r:.40} and {answer!r:.40}",
                "what else it depends on: earlier calls, the time, random numbers",
            )
    return answers


def _drawn(rng: Random) -> dict[str, str]:
    product = rng.choice(models())
    here, there = rng.sample(sorted(REGIONS.values()), 2)
    first, second = rng.sample(THINGS, 2)
    n, more = map(str, rng.sample(range(11, 100), 2))
    return {
        "p": product.name,
        "other": rng.choice(siblings(product)).name,
        "here": here,
        "there": there,
        "first": first,
        "second": second,
        "n": n,
        "more": more,
        "digit": str(rng.randint(2, 9)),
        "sharp": rng.choice(SHARP),
        "accent": rng.choice(ACCENT),
    }


def _spelt(names: dict[str, str]) -> dict[str, str]:
    """Return `names` with other spellings of three of them."""
    return names | {
        "low": names["p"].lower(),
        "loud": names["sharp"].upper(),
        "apart": unicodedata.normalize("NFD", names["accent"]),
    }
