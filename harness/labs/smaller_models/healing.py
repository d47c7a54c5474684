"""A model that is trained from outside: scores and gradients as arrays, the arithmetic left to the caller."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from scipy.special import log_softmax
from transformers import PreTrainedModel

from harness.models import build
from harness.models.catalog import SMOLLM2
from harness.models.engines.embedding import has_bfloat16
from harness.models.engines.own_thread import in_own_thread
from harness.models.gguf.export import export
from harness.models.gguf.quantize import quantize
from harness.models.lora import packed_attention
from harness.models.lora.packing import Lesson, Packed, pack
from harness.models.lora.tune import merged, with_adapter
from harness.models.offline import STUDENT
from harness.tuning.recipes import RECIPES, STUDENT_ROUNDS, curriculum, encoder

RANK, ALPHA = 16, 32  # a quarter of the recipe's: a minute has no time for more
SEED = 36  # of the adapter and the lessons: not those of the packaged student
QUESTIONS = 4  # of a lesson, so that a step takes two or three seconds; the recipe takes all
ONE_PASSAGE = (1,)


@dataclass(frozen=True, slots=True)
class Reading:
    """A passage with questions about it and their answers, T tokens in all.

    tokens: (T,), int64. answer: (T,), bool, True for the tokens of the answers.
    """

    tokens: np.ndarray
    answer: np.ndarray
    packed: Packed

    @classmethod
    def of(cls, packed: Packed) -> Reading:
        """Return a packed lesson with the tokens of its answers marked."""
        tokens = packed.ids[0].numpy()
        answer = np.zeros(len(tokens), bool)
        answer[packed.predicting[packed.weight > 0].numpy() + 1] = True
        return cls(tokens, answer, packed)

    @property
    def n_answers(self) -> int:
        """The number of answers: each has a question before it."""
        return int((self.answer[1:] & ~self.answer[:-1]).sum())


class Scoring(Protocol):
    """The method of `Trainee` that `held_out` needs."""

    def scores(self, reading: Reading) -> np.ndarray: ...


class Trainee:
    """A copy of a model with LoRA weights, for whoever computes the gradient of the scores.

    weights: name -> float32 array, changed by `put`. All other weights are frozen.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        torch.manual_seed(SEED)
        dtype = torch.bfloat16 if has_bfloat16() else torch.float32
        base = packed_attention.use(copy.deepcopy(model).to(dtype))
        self._model = with_adapter(base, RANK, ALPHA)
        trained = self._model.named_parameters()
        self._trained = {name: p for name, p in trained if p.requires_grad}
        self.weights = {n: p.detach().float().numpy().copy() for n, p in self._trained.items()}
        self._logits: torch.Tensor | None = None

    @classmethod
    def pruned(cls) -> Trainee:
        """Return the tuned large model without every second layer. Raises StoreError if it is not built."""
        return cls(build.pruned_large())

    @classmethod
    def large(cls) -> Trainee:
        """Return the tuned large model. Raises StoreError if it is not built."""
        return cls(build.large())

    @classmethod
    def finished(cls) -> Trainee:
        """Return the packaged student, the pruned model after the full course. Raises StoreError."""
        return cls(merged(build.pruned_large(), STUDENT.adapter))

    def logits(self, reading: Reading) -> np.ndarray:
        """Return the scores (T, vocabulary), float32, and remember how they came about for `gradients`."""
        self._logits = in_own_thread(partial(self._forward, reading))
        return self._logits.detach().float().numpy()

    @torch.no_grad()
    def scores(self, reading: Reading) -> np.ndarray:
        """Return the same as `logits`, for a model that is not to learn from it."""
        return in_own_thread(partial(self._forward, reading)).float().numpy()

    def _forward(self, reading: Reading) -> torch.Tensor:
        model = self._model.get_base_model()
        lesson, lowest = reading.packed, torch.finfo(model.dtype).min
        unseen = torch.zeros(lesson.mask.shape, dtype=model.dtype).masked_fill(~lesson.mask, lowest)
        states = model.model(
            input_ids=lesson.ids,
            position_ids=lesson.positions,
            attention_mask=unseen,
            use_cache=False,
            prompt=lesson.prompt,  # for `packed_attention`
        ).last_hidden_state
        return model.lm_head(states[0])

    def gradients(self, of_logits: np.ndarray) -> dict[str, np.ndarray]:
        """Return the gradient of every weight from that of the last `logits`: the chain rule, by torch."""
        start = torch.from_numpy(np.ascontiguousarray(of_logits)).to(self._logits.dtype)
        weights = [*self._trained.values()]
        found = in_own_thread(partial(torch.autograd.grad, self._logits, weights, start))
        self._logits = None
        return {n: one.float().numpy() for n, one in zip(self._trained, found, strict=True)}

    @torch.no_grad()
    def put(self, name: str, weight: np.ndarray) -> None:
        """Replace one of the weights."""
        self.weights[name] = np.asarray(weight, np.float32)
        self._trained[name].copy_(torch.from_numpy(self.weights[name]))

    def file(self, folder: Path) -> Path:
        """Write the model as a Q8_0 file, the format of every other option, and return its path."""
        whole = copy.deepcopy(self._model).float().merge_and_unload()
        name = f"student-{folder.name}"
        full = export(build.named(whole, name), SMOLLM2.path(), folder / "F32.gguf", name)
        small = quantize(full, "Q8_0", folder / f"{name}.gguf")
        full.unlink()
        return small


def readings(n: int, first: int = 0) -> list[Reading]:
    """Return `n` lessons on products that are in no exam, from lesson `first` on."""
    lesson, encode = curriculum(ONE_PASSAGE, SEED).lesson, encoder(build.tokenizer())
    return [Reading.of(pack(_short(lesson(number)), encode)) for number in range(first, first + n)]


def _short(lesson: Lesson) -> Lesson:
    return replace(lesson, branches=lesson.branches[:QUESTIONS])


def held_out(model: Scoring, lessons: Sequence[Reading]) -> tuple[float, float]:
    """Return the loss of the answers' tokens in nats, and the share that the model would write, in `lessons`.

    Each token is predicted from the right ones before it.
    """
    losses, right = [], []
    for reading in lessons:
        places = np.flatnonzero(reading.answer)
        log_p = log_softmax(model.scores(reading)[places - 1], axis=1)
        wanted = reading.tokens[places]
        losses += (-log_p[np.arange(len(places)), wanted]).tolist()
        right += (log_p.argmax(axis=1) == wanted).tolist()
    return float(np.mean(losses)), float(np.mean(right))


def full_course() -> int:
    """Return the number of lessons that the packaged student was tuned on, in all its rounds."""
    return sum(STUDENT_ROUNDS) * RECIPES[STUDENT.name].lessons
