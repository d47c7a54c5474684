"""Questions with known answers: drawn by seed, worded per split, some of them unanswerable."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from harness.assistant import Question
from harness.kb import seeded
from harness.kb.conversation import history
from harness.kb.products import SHIPPED, Split, World
from harness.kb.topics import Topic, gaps, ghost_gaps, pairs

UNANSWERABLE = 0.10  # share of a draw: enough to measure refusals, few enough to be unexpected
HISTORY_TURNS = 100  # a support thread open for weeks; see the baseline's preprocessing
REFUSAL = "I could not find that in the Halden help centre."


@dataclass(frozen=True, slots=True)
class Case:
    """A question and what a right answer to it contains.

    `fact` is the exact value that a right answer contains ("" if unanswerable), `gold` the id of
    the chunk that contains it, `near_misses` the ids of the siblings' chunks, whose values are wrong.
    """

    question: Question
    fact: str
    gold: str | None
    answerable: bool
    reference: str
    kind: str
    product: str
    region: str
    near_misses: tuple[str, ...]


def draw(
    split: Split,
    n: int,
    seed: int,
    history_turns: int = HISTORY_TURNS,
    world: World = SHIPPED,
) -> list[Case]:
    """Return `n` cases in random order; `split` determines the products and the wordings.

    No question is repeated before all of its sort (answerable or not) have been drawn once.
    """
    drawn = draw_topics(split, n, seed, world)
    turns = [history(topic, history_turns, seed, i) for i, (topic, _) in enumerate(drawn)]
    return [case(topic, wording, past) for (topic, wording), past in zip(drawn, turns, strict=True)]


def draw_topics(split: Split, n: int, seed: int, world: World = SHIPPED) -> list[tuple[Topic, int]]:
    """Return `n` topics with the number of the wording, 10 % of them unanswerable, in random order."""
    refused = round(n * UNANSWERABLE)
    ghostly = refused // 2  # the other half: products that exist, without this article
    parts = [
        *_spread(pairs(split, world), n - refused, split, seed, "answerable"),
        *_spread(gaps(split, world), refused - ghostly, split, seed, "gap"),
        *_spread(ghost_gaps(split, world), ghostly, split, seed, "ghost"),
    ]
    return seeded.shuffled(parts, seed, split, "order")


def case(topic: Topic, wording: int, past: tuple[str, ...] = ()) -> Case:
    """Return the case of `topic`, asked in form number `wording` after the turns `past`."""
    article = topic.article
    return Case(
        question=Question(text=topic.ask(wording), id=_question_id(topic, wording), history=past),
        fact=article.asked if article else "",
        gold=article.chunk.id if article else None,
        answerable=article is not None,
        reference=topic.answer() if article else REFUSAL,
        kind=topic.kind.kind,
        product=topic.product.name,
        region=topic.region,
        near_misses=topic.near_misses,
    )


def _question_id(topic: Topic, wording: int) -> str:
    # A hash, because an assistant sees the id, which must not reveal where the answer is.
    return seeded.code(topic.product.split, *topic.key, wording % len(topic.forms))


def _spread(
    pool: tuple[tuple[Topic, ...], ...], n: int, *key: seeded.Key
) -> list[tuple[Topic, int]]:
    """Return `n` topics with wordings: every pair once, then again with another region or wording."""
    order = seeded.shuffled(pool, *key)
    rounds = ((pair, turn) for turn in range(n) for pair in order)
    return [_variant(pair, turn, *key) for pair, turn in islice(rounds, n)]


def _variant(pair: tuple[Topic, ...], turn: int, *key: seeded.Key) -> tuple[Topic, int]:
    """Return number `turn` of all (region, wording) combinations of `pair`, from a random start."""
    combinations = len(pair) * len(pair[0].forms)
    start = seeded.number(*key, *pair[0].key)
    wording, region = divmod((start + turn) % combinations, len(pair))
    return pair[region], wording
