"""The lessons for tuning: contexts of one to five passages with questions about them.

Only the `train` split is used: its products, its wordings, its passages. A context is what search returns
for a question, or harder: only near misses, only one product, two products times two kinds. There are
questions about each passage, and questions that the context does not answer, whose answer is the refusal.
Most branches stop once it is decided which passage answers, or that none does: this choice is the difficult
part, and the tokens that follow would dominate the loss.
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
from harness.stages.prompt import passages, question_part, with_pointer
from harness.tuning import neighbours

Embed = Callable[[list[str]], np.ndarray]

# Shares of contexts by how they are composed; the rest are search results.
NEAR_MISSES, ONE_PRODUCT, GRID = 0.05, 0.2, 0.3
SIZES = (1, 2, 3, 3, 3, 4, 5)  # passages in a context; three is the most common
# Share of contexts in random order instead of the search's order. Most keep it, because the first passage is
# right more often than not and the model should use that when in doubt; without some shuffling it would learn
# nothing else.
SHUFFLED = 0.2
FOUND = 20  # search results to choose from
# Share of contexts whose first question has no answer anywhere. Search fills them with the most misleading
# passages: those of the same product about a similar topic, and those of its siblings about the same topic.
UNANSWERABLE = 0.6
WORDINGS = 2  # wordings of the question about each passage
MISSED = 4  # wordings of a first question without an answer
CROSSED = 0.5  # share of traps whose product and kind are both in the context, where possible
CLOSE_KINDS = 8  # of 50: kinds that could be confused with a passage's own
STORY = 0.2  # share of questions preceded by the first sentence of another one, whose words mislead
CLOSE = (1, 1, 2)  # odds of a sibling, a namesake and the same product, which misleads most
# Weight of a refusal relative to an answer: a made-up fact is worse for a reader than no answer.
REFUSAL_WEIGHT = 2.0
IN_FULL = 0.25  # share of refusals written to the end; they are all the same, so a few are enough
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z{])")  # the boundary between two sentences
# Two tokens each, the first of which decides between answer and refusal, so both weigh the same.
POINTED, REFUSED = "[{}", "I could"


@dataclass(frozen=True)
class Curriculum:
    """A generator of lessons; lesson `i` of a `seed` is always the same.

    articles, vectors: those of the train split's products, row by row. embed: questions -> (n, d).
    wordings: by kind, in addition to those of the train split. sizes: numbers of passages, drawn uniformly.
    refusal_weight: weight of a refusal relative to an answer.
    """

    articles: Sequence[Article]
    vectors: np.ndarray
    embed: Embed
    seed: int
    wordings: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sizes: Sequence[int] = SIZES
    refusal_weight: float = REFUSAL_WEIGHT

    def lesson(self, i: int) -> Lesson:
        """Return lesson `i`: a context with the questions about it."""
        random = Random(f"{self.seed}/{i}")
        pool = neighbours.missing() if random.random() < UNANSWERABLE else neighbours.answerable()
        topic = random.choice(pool)
        [question] = self._wordings(topic, 1, random)
        present = self._context(topic, question, random.choice(self.sizes), random)
        branches = [
            *self._answers(present, random),
            *self._refusals(topic, question, present, random),
        ]
        random.shuffle(branches)
        return Lesson(passages([t.article.chunk for t in present if t.article]), tuple(branches))

    def _context(self, topic: Topic, question: str, k: int, random: Random) -> list[Topic]:
        """Return up to `k` topics with an article, `topic` among them if it has one; a grid may omit it."""
        draw = random.random()
        if draw < GRID:
            return self._grid(topic, question, k, random)
        if near := draw < GRID + NEAR_MISSES:
            by_chunk = neighbours.by_chunk()
            misses = [by_chunk[chunk] for chunk in topic.near_misses if chunk in by_chunk]
            context = random.sample(misses, len(misses))
        else:
            product = topic.product.name if draw < GRID + NEAR_MISSES + ONE_PRODUCT else None
            context = self._search(question, product)
        context = context[:k]
        if topic.article and topic not in context:
            context = [*context[: k - 1], topic]
        shuffled = near or random.random() < SHUFFLED
        return random.sample(context, len(context)) if shuffled else context

    def _grid(self, topic: Topic, question: str, k: int, random: Random) -> list[Topic]:
        """Return up to `k` passages about two products and two kinds, in random order.

        For a product that does not exist, the second kind comes from a search over all products, so a passage
        may be about a third product.
        """
        cells = neighbours.grid(topic, self._search(question, topic.product.name), random)
        cells = random.sample(cells, len(cells))[:k]
        return cells or self._search(question, None)[:k]

    def _search(self, question: str, product: str | None) -> list[Topic]:
        scores = self.vectors @ self.embed([question])[0]
        if product in self._products:
            scores = np.where(self._products_of == product, scores, -1.0)
        best = (self.articles[i].chunk.id for i in np.argsort(-scores)[:FOUND])
        return [neighbours.by_chunk()[chunk] for chunk in best]

    def _answers(self, present: Sequence[Topic], random: Random) -> Iterator[Branch]:
        """Yield questions about each passage in several wordings, one of them answered in full."""
        for number, topic in enumerate(present, start=1):
            first, *others = self._wordings(topic, WORDINGS, random)
            yield _branch(first, with_pointer(number, topic.answer()) + END_OF_TURN)
            yield from (_branch(question, POINTED.format(number)) for question in others)

    def _refusals(
        self, topic: Topic, question: str, present: Sequence[Topic], random: Random
    ) -> Iterator[Branch]:
        """Yield questions that the context does not answer: the first, and one close to each passage."""
        keys = {topic.key for topic in present}
        crossed = neighbours.crossed(present)
        missing = [] if topic.key in keys else [topic] * MISSED
        for near in present:
            cross = crossed and random.random() < CROSSED
            missing += [random.choice(crossed)] if cross else self._close(near, keys, random)
        traps = [self._wordings(trap, 1, random)[0] for trap in missing]
        if topic.key not in keys:
            traps[0] = question
        for trap in traps:
            wanted = REFUSAL + END_OF_TURN if random.random() < IN_FULL else REFUSED
            yield _branch(trap, wanted, self.refusal_weight)

    def _close(self, topic: Topic, keys: set, random: Random) -> list[Topic]:
        """Return a topic close to `topic` in a list, or [] if there is none.

        It is of the same kind for a sibling or a namesake, or of a close kind for the same product.
        """
        sorts = (neighbours.siblings, neighbours.namesakes, self._close_kinds)
        near = random.choices(sorts, CLOSE)[0](topic)
        pool = [candidate for candidate in near if candidate.key not in keys]
        return [random.choice(pool)] if pool else []

    def _close_kinds(self, topic: Topic) -> list[Topic]:
        close = self._kinds_near[topic.kind.kind]
        return [near for near in neighbours.same_product(topic) if near.kind.kind in close]

    def _wordings(self, topic: Topic, n: int, random: Random) -> list[str]:
        """Return `n` different questions about `topic`."""
        forms = (*topic.forms, *self.wordings.get(topic.kind.kind, ()))
        forms = [self._with_story(form, random) for form in random.sample(forms, n)]
        return [fill(form, topic.product, topic.region, {}) for form in forms]

    def _with_story(self, form: str, random: Random) -> str:
        """Return `form`, sometimes after the first sentence of another question."""
        asks_alone = form.endswith("?") and not SENTENCE.search(form)
        if not (self._stories and asks_alone and random.random() < STORY):
            return form
        return f"{random.choice(self._stories)} {form}"

    @cached_property
    def _stories(self) -> list[str]:
        """Return first sentences that are statements and name no product."""
        forms = [form for forms in self.wordings.values() for form in forms]
        firsts = [SENTENCE.split(form, maxsplit=1)[0] for form in forms if SENTENCE.search(form)]
        return [first for first in firsts if first.endswith(".") and "{" not in first]

    @cached_property
    def _kinds_near(self) -> dict[str, set[str]]:
        """Return for each kind those whose articles are nearest to its own on average."""
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


def _branch(question: str, wanted: str, weight: float = 1.0) -> Branch:
    return Branch(question_part(Question(question)), wanted, weight)
