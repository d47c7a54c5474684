"""What the model is taught: contexts of one to five passages, and every question that they raise.

Only the `train` split is used: its products, its wordings, its passages. A context is what search returns
for a question, or harder: only near misses, only one product, two products times two kinds. Each of its
passages is asked about; so are things that it does not contain, with the refusal as the answer. Most
branches stop once it is clear which passage answers, or that none does: choosing is what is hard, and the
words that follow would drown it in the loss.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from random import Random

import numpy as np

from harness.assistant import Question
from harness.kb.articles import Article, fill
from harness.kb.questions import REFUSAL
from harness.kb.topics import Topic
from harness.models.engines.language_model import END_OF_TURN
from harness.models.lora.packing import Branch, Lesson
from harness.stages.prompt import cited, passages, question_part
from harness.tuning import neighbours

Embed = Callable[[list[str]], np.ndarray]

# Shares of contexts by how they are found; the rest is what search returns.
NEAR_MISSES, ONE_PRODUCT, GRID = 0.05, 0.2, 0.3
SIZES = (1, 2, 3, 3, 3, 4, 5)  # passages in a context; three is the most common
# Contexts in another order than search's. Most keep it, as its first passage is right more often than not,
# and a reader in doubt does well to know that; some do not, or nothing else would be learned.
SHUFFLED = 0.2
FOUND = 20  # passages that search offers to choose from
# Contexts whose first question has no answer anywhere. Search fills them with what is most tempting: the
# product's passages about something close, and the siblings' about the same.
UNANSWERABLE = 0.6
WORDINGS = 2  # in which each passage is asked about
MISSED = 4  # in which a first question without an answer is asked
CROSSED = 0.5  # traps whose product and kind both stand there, where there are such
CLOSE_KINDS = 8  # of 50: kinds that a passage could be mistaken for
STORY = 0.2  # questions behind the first sentence of another one, whose words mislead
CLOSE = (1, 1, 2)  # of a sibling, of a namesake, of the same product, which is the most tempting
# A refusal beside an answer: a made-up fact costs a reader more than a question that stays open.
REFUSAL_WEIGHT = 2.0
IN_FULL = 0.25  # refusals written to their end: they are all the same, so a few will do
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z{])")  # where the next one begins
# Two tokens each, the first of which decides between answer and refusal: both weigh the same.
POINTED, REFUSED = "[{}", "I could"


@dataclass(frozen=True)
class Curriculum:
    """Draws lessons: number `i` of `seed` is always the same.

    articles, vectors: of the train split's products, row by row. embed: questions -> (n, d).
    wordings: of each kind, beside those of the train split. sizes: numbers of passages, drawn evenly.
    refusal_weight: of a refusal beside an answer.
    """

    articles: Sequence[Article]
    vectors: np.ndarray
    embed: Embed
    seed: int
    wordings: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sizes: Sequence[int] = SIZES
    refusal_weight: float = REFUSAL_WEIGHT

    def lesson(self, i: int) -> Lesson:
        """One context with the questions about it."""
        random = Random(f"{self.seed}/{i}")
        pool = neighbours.missing() if random.random() < UNANSWERABLE else neighbours.answerable()
        topic = random.choice(pool)
        [asked] = self._wordings(topic, 1, random)
        present = self._context(topic, asked, random.choice(self.sizes), random)
        branches = [*self._answers(present, random), *self._refusals(topic, asked, present, random)]
        random.shuffle(branches)
        return Lesson(passages([t.article.chunk for t in present if t.article]), tuple(branches))

    def _context(self, topic: Topic, asked: str, k: int, random: Random) -> list[Topic]:
        """`k` topics that have an article; the topic's own is among them, except where a grid drops it."""
        kind = random.random()
        if kind < GRID:
            return self._grid(topic, asked, k, random)
        if near := kind < GRID + NEAR_MISSES:
            known = [
                neighbours.by_chunk()[c] for c in topic.near_misses if c in neighbours.by_chunk()
            ]
            found = random.sample(known, len(known))
        else:
            one = topic.product.name if kind < GRID + NEAR_MISSES + ONE_PRODUCT else None
            found = self._search(asked, one)
        found = found[:k]
        if topic.article and topic not in found:
            found = [*found[: k - 1], topic]
        return random.sample(found, len(found)) if near or random.random() < SHUFFLED else found

    def _grid(self, topic: Topic, asked: str, k: int, random: Random) -> list[Topic]:
        """Up to `k` passages about two products and two kinds, in any order.

        For a product that does not exist, search offers other products' kinds: there may be a third one.
        """
        cells = neighbours.grid(topic, self._search(asked, topic.product.name), random)
        cells = random.sample(cells, len(cells))[:k]
        return cells or self._search(asked, None)[:k]

    def _search(self, asked: str, product: str | None) -> list[Topic]:
        scores = self.vectors @ self.embed([asked])[0]
        if product in self._products:
            scores = np.where(self._products_of == product, scores, -1.0)
        best = (self.articles[i].chunk.id for i in np.argsort(-scores)[:FOUND])
        return [neighbours.by_chunk()[chunk] for chunk in best]

    def _answers(self, present: Sequence[Topic], random: Random) -> Iterator[Branch]:
        """Each passage asked about in several wordings, one of them answered to its end."""
        for number, topic in enumerate(present, start=1):
            first, *others = self._wordings(topic, WORDINGS, random)
            yield _branch(first, cited(number, topic.answer()) + END_OF_TURN)
            yield from (_branch(asked, POINTED.format(number)) for asked in others)

    def _refusals(
        self, topic: Topic, asked: str, present: Sequence[Topic], random: Random
    ) -> Iterator[Branch]:
        """Questions that the context does not answer: its first, and one close to each passage."""
        keys = {one.key for one in present}
        crossed = neighbours.crossed(present)
        missing = [] if topic.key in keys else [topic] * MISSED
        for near in present:
            cross = crossed and random.random() < CROSSED
            missing += [random.choice(crossed)] if cross else self._close(near, keys, random)
        traps = [self._wordings(one, 1, random)[0] for one in missing]
        if topic.key not in keys:
            traps[0] = asked
        for trap in traps:
            wanted = REFUSAL + END_OF_TURN if random.random() < IN_FULL else REFUSED
            yield _branch(trap, wanted, self.refusal_weight)

    def _close(self, topic: Topic, keys: set, random: Random) -> list[Topic]:
        """A sibling's or a namesake's of the same kind, or its product's of a close one; [] for none."""
        sorts = (neighbours.siblings, neighbours.namesakes, self._close_kinds)
        near = random.choices(sorts, CLOSE)[0](topic)
        pool = [one for one in near if one.key not in keys]
        return [random.choice(pool)] if pool else []

    def _close_kinds(self, topic: Topic) -> list[Topic]:
        close = self._kinds_near[topic.kind.kind]
        return [one for one in neighbours.same_product(topic) if one.kind.kind in close]

    def _wordings(self, topic: Topic, n: int, random: Random) -> list[str]:
        """`n` different ways to ask for `topic`."""
        forms = (*topic.forms, *self.wordings.get(topic.kind.kind, ()))
        told = [self._told(form, random) for form in random.sample(forms, n)]
        return [fill(form, topic.product, topic.region, {}) for form in told]

    def _told(self, form: str, random: Random) -> str:
        """`form`, or now and then the beginning of another question and then `form`."""
        asks_alone = form.endswith("?") and not SENTENCE.search(form)
        if not (self._stories and asks_alone and random.random() < STORY):
            return form
        return f"{random.choice(self._stories)} {form}"

    @cached_property
    def _stories(self) -> list[str]:
        """First sentences that tell and ask nothing, and do not say of what."""
        forms = [form for forms in self.wordings.values() for form in forms]
        first = [SENTENCE.split(form, maxsplit=1)[0] for form in forms if SENTENCE.search(form)]
        return [one for one in first if one.endswith(".") and "{" not in one]

    @cached_property
    def _kinds_near(self) -> dict[str, set[str]]:
        """Each kind with those whose articles are nearest to its own on average."""
        kinds = np.array([article.kind.kind for article in self.articles])
        names = np.unique(kinds)
        means = np.stack([self.vectors[kinds == name].mean(0) for name in names])
        nearest = np.argsort(-means @ means.T)[:, 1 : CLOSE_KINDS + 1]
        return {
            str(name): set(names[row].tolist()) for name, row in zip(names, nearest, strict=True)
        }

    @cached_property
    def _products_of(self) -> np.ndarray:
        return np.array([a.product.name for a in self.articles])

    @cached_property
    def _products(self) -> set[str]:
        return set(self._products_of)


def _branch(asked: str, wanted: str, weight: float = 1.0) -> Branch:
    return Branch(question_part(Question(asked)), wanted, weight)
