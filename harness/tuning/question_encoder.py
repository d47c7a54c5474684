"""Tuning of the question encoder: an adapter for MiniLM that moves a question towards its passage.

A matrix only turns finished vectors; an adapter changes how the question is read. It is tuned behind the
packaged matrix, with the same loss over the same candidates. Documents keep MiniLM's own vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
from peft import PeftModel
from torch.nn import functional
from transformers import PreTrainedTokenizerBase

from harness.models.build import named
from harness.models.catalog import MINILM
from harness.models.engines.embedding import Embedder
from harness.models.engines.question_embedder import QUESTION_MATRIX
from harness.models.lora.masters import Masters
from harness.models.lora.tune import Learned, Recipe, learned, trained, with_adapter
from harness.tuning.question_lessons import Candidates, asked, candidates
from harness.tuning.question_matrix import TEMPERATURE

PRODUCTS = 1  # products per wording; the wording matters, the name hardly does
# In a trial with 1,149 wordings held out and a matrix tuned, too: 81 % right before, then 88, 89 and 89 %.
EPOCHS = 3
BATCH = 64  # questions in an update
POOL = 20  # batches that are sorted by length together, so that few tokens are padding
RANK, ALPHA, RATE, SEED, WARM_UP = 16, 32, 5e-4, 503, 50


@dataclass(frozen=True)
class Asking:
    """Questions with their candidates, and the encoder that is tuned on them.

    turn: the matrix after the encoder, (d, d), float32. batches: the questions' numbers of each update.
    """

    model: PeftModel
    tokenizer: PreTrainedTokenizerBase
    turn: torch.Tensor
    texts: Sequence[str]
    candidates: Candidates
    batches: Sequence[Sequence[int]]

    def gradients(self, trainable: Masters, step: int) -> list[Learned]:
        """Return the loss of one update, softmax over the candidates, with its gradients."""
        numbers = self.batches[step]
        vectors = self._vectors([self.texts[number] for number in numbers])
        scores = self.candidates.cosines(numbers, vectors) / TEMPERATURE
        right = torch.zeros(len(numbers), dtype=torch.long)
        return [learned(functional.cross_entropy(scores, right), trainable)]

    def _vectors(self, texts: Sequence[str]) -> torch.Tensor:
        batch = self.tokenizer(list(texts), padding="longest", truncation=True, return_tensors="pt")
        hidden = self.model(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1).to(hidden.dtype)
        mean = functional.normalize((hidden * mask).sum(1), dim=1)
        return functional.normalize(mean @ self.turn, dim=1)


def run(folder: Path) -> Path:
    """Tune the adapter, write it into `folder` in peft's format, and return the path.

    It takes 20 minutes on one core. An interrupted run resumes. Raises StoreError before `under500 prepare`.
    """
    torch.manual_seed(SEED)
    texts, topics = zip(*asked(PRODUCTS, SEED), strict=True)
    plan = [batch for epoch in range(EPOCHS) for batch in batches(texts, Random(f"{SEED}/{epoch}"))]
    base = Embedder()  # one of its own, as the adapter changes it
    model = with_adapter(named(base.model, MINILM.name), RANK, ALPHA)
    turn = torch.tensor(np.load(QUESTION_MATRIX, allow_pickle=False).astype(np.float32))
    asking = Asking(model, base.tokenizer, turn, texts, candidates(topics), plan)
    recipe = Recipe(len(plan), BATCH, RANK, ALPHA, RATE, SEED, WARM_UP)
    return trained(model, asking.gradients, recipe, folder)


def batches(texts: Sequence[str], random: Random) -> list[list[int]]:
    """Return every number once, in batches of texts of similar length, in random order."""
    numbers = random.sample(range(len(texts)), len(texts))
    pools = (numbers[i : i + POOL * BATCH] for i in range(0, len(numbers), POOL * BATCH))
    by_length = [sorted(pool, key=lambda number: len(texts[number])) for pool in pools]
    cut = [pool[i : i + BATCH] for pool in by_length for i in range(0, len(pool), BATCH)]
    return random.sample(cut, len(cut))
