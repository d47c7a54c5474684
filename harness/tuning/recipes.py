"""The recipes: tune the large model, then prune the tuned model and heal the student.

The order matters. A student pruned before tuning learns the form of the answers but assigns facts to the
wrong product. A student pruned from a tuned model only has to recover that ability.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import torch
import yaml
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from harness import baseline
from harness.kb.articles import articles
from harness.models import build
from harness.models.engines.embedding import embedder, has_bfloat16
from harness.models.lora import packed_attention
from harness.models.lora.packing import Encode, Lesson
from harness.models.lora.tune import Recipe, tune
from harness.models.offline import LARGE, STUDENT
from harness.tuning.lessons import REFUSAL_WEIGHT, SIZES, Curriculum
from harness.tuning.made_up_names import disguised

WORDINGS = Path(__file__).parent / "wordings.yaml"

RECIPES = {
    LARGE.name: Recipe(steps=720, lessons=4, rank=16, alpha=32, rate=2e-3, seed=500),
    STUDENT.name: Recipe(steps=560, lessons=4, rank=64, alpha=128, rate=1.5e-3, seed=501),
}
# A further round from an earlier adapter has other lessons and a lower rate, so that little is forgotten.
FURTHER = {
    LARGE.name: replace(RECIPES[LARGE.name], steps=180, rate=8e-4, seed=570),
    STUDENT.name: replace(RECIPES[STUDENT.name], steps=200, rate=1e-3, seed=561),
}
# Updates in each round of the packaged student, as listed in its model card.
STUDENT_ROUNDS = (560, 240, 190, 200, 200)
# The student is meant to be fast and is served with one or two passages, so most of its lessons have these.
SHORT = (1, 1, 2, 3)
DISGUISED = 0.75  # share of lessons under made-up names; the rest keep the help centre's
CONTEXTS = {LARGE.name: SIZES, STUDENT.name: SHORT}
# Three passages mislead more than one. A double weight was not tried with the student.
REFUSAL_WEIGHTS = {LARGE.name: 4.0, STUDENT.name: REFUSAL_WEIGHT}


def run(name: str, recipe: Recipe, folder: Path, start: Path | None = None) -> Path:
    """Tune the model `name` by `recipe`, write the adapter into `folder`, and return the path.

    An interrupted run resumes. start: the adapter of an earlier round; the recipe's seed decides which
    lessons are read. Requires the vectors of the knowledge base, and for the student the tuned large model.
    Raises StoreError.
    """
    return tune(
        base=_trainable(BASES[name]()),
        encode=encoder(build.tokenizer()),
        lesson=lessons(name, recipe.seed),
        recipe=recipe,
        folder=folder,
        start=start,
    )


def lessons(name: str, seed: int) -> Callable[[int], Lesson]:
    """Return a function from a number to a lesson for the model `name`, most under made-up product names."""
    draw = curriculum(CONTEXTS[name], seed, REFUSAL_WEIGHTS[name]).lesson

    def lesson(i: int) -> Lesson:
        random = Random(f"{seed}/{i}/names")
        return disguised(draw(i), random) if random.random() < DISGUISED else draw(i)

    return lesson


def encoder(tokenizer: PreTrainedTokenizerBase) -> Encode:
    """Return a function from text to token ids, with special tokens only where the text has them."""
    return lambda text: tokenizer(text, add_special_tokens=False).input_ids


def curriculum(
    sizes: Sequence[int] = SIZES, seed: int = 500, refusal_weight: float = REFUSAL_WEIGHT
) -> Curriculum:
    """Return a curriculum of the `train` split only: its passages, its products, its wordings."""
    rows = [i for i, article in enumerate(articles()) if article.product.split == "train"]
    train = [articles()[i] for i in rows]
    vectors = baseline.knowledge_vectors()[rows]
    return Curriculum(train, vectors, embedder(), seed, wordings(), sizes, refusal_weight)


def wordings() -> dict[str, list[str]]:
    """Return further wordings by kind, used only for tuning.

    The help centre's own eight to ten per kind are too few: a model memorises them instead of their meaning.
    """
    return yaml.safe_load(WORDINGS.read_text())


def _trainable(model: PreTrainedModel) -> PreTrainedModel:
    """Return `model` in the number format fastest on this CPU, with the attention for packed lessons."""
    return packed_attention.use(model.to(torch.bfloat16 if has_bfloat16() else torch.float32))


BASES: dict[str, Callable[[], PreTrainedModel]] = {
    LARGE.name: build.unpacked,
    STUDENT.name: build.pruned_large,
}
