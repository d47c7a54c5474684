"""The two recipes: tune the large model, then prune the tuned one and heal the student.

The order matters. Pruned before it was tuned, a student learns the form of the answers and binds the facts to
the wrong product; pruned from a model that already reads well, it only has to remember how.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import yaml
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from harness import baseline
from harness.kb.articles import articles
from harness.models import build, packed_attention
from harness.models.distil import Imitation
from harness.models.embedding import embedder, has_bfloat16
from harness.models.offline import KEPT, LARGE, STUDENT
from harness.models.packing import Encode
from harness.models.tune import Loss, Recipe, answer_loss, tune
from harness.tuning.lessons import Curriculum

LESSONS_SEED = 500
WORDINGS = Path(__file__).parent / "wordings.yaml"
IMITATION = 1.0  # weight of the teacher's hidden states; see the model card for what was tried

RECIPES = {
    LARGE.name: Recipe(steps=680, lessons=4, rank=16, alpha=32, rate=2e-3, seed=500),
    STUDENT.name: Recipe(steps=600, lessons=3, rank=64, alpha=128, rate=1e-3, seed=501),
}


@dataclass(frozen=True)
class Pupil:
    """A model to be tuned, and the loss that it learns by."""

    model: PreTrainedModel
    loss: Loss


def run(name: str, recipe: Recipe, folder: Path) -> Path:
    """Tune the model `name` into `folder` by `recipe`; goes on where an earlier run has stopped.

    Needs the vectors of the knowledge base, and for the student the tuned large model. Raises StoreError.
    """
    pupil = PUPILS[name]()
    return tune(
        base=pupil.model,
        encode=encoder(build.tokenizer()),
        lesson=curriculum().lesson,
        recipe=recipe,
        folder=folder,
        loss=pupil.loss,
    )


def encoder(tokenizer: PreTrainedTokenizerBase) -> Encode:
    """Text -> token ids, special tokens only where the text has them."""
    return lambda text: tokenizer(text, add_special_tokens=False).input_ids


def curriculum() -> Curriculum:
    """Lessons from the `train` split alone: its passages, its products, its wordings."""
    rows = [i for i, article in enumerate(articles()) if article.product.split == "train"]
    chosen = [articles()[i] for i in rows]
    return Curriculum(
        chosen, baseline.knowledge_vectors()[rows], embedder(), LESSONS_SEED, wordings()
    )


def wordings() -> dict[str, list[str]]:
    """More ways to ask, by kind, used for tuning alone. The help centre's own eight to ten are too few:

    a model that has seen no more learns them by heart instead of what they mean.
    """
    return yaml.safe_load(WORDINGS.read_text())


def _large() -> Pupil:
    return Pupil(_trainable(build.unpacked()), answer_loss)


def _student() -> Pupil:
    teacher = _trainable(build.large())
    return Pupil(_trainable(build.pruned_large()), Imitation(teacher, KEPT, IMITATION))


def _trainable(model: PreTrainedModel) -> PreTrainedModel:
    """In the format that this CPU multiplies fastest, with the attention made for lessons."""
    return packed_attention.use(model.to(torch.bfloat16 if has_bfloat16() else torch.float32))


PUPILS: dict[str, Callable[[], Pupil]] = {LARGE.name: _large, STUDENT.name: _student}
