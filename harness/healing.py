"""A small tuning run on a budget: what a minute does for a model that has just lost half of its layers.

The recipe of the course takes many minutes; this one takes as many steps of it as fit, with the learning rate
falling to its end within them.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedModel

from harness.models import build, packed_attention
from harness.models.catalog import SMOLLM2
from harness.models.embedding import has_bfloat16
from harness.models.export import export
from harness.models.offline import STUDENT
from harness.models.packing import Lesson
from harness.models.quantize import quantize
from harness.models.tune import Recipe, merged, tune
from harness.tuning.recipes import RECIPES, curriculum, encoder

LESSONS = 2  # an update: half of the recipe's, because few updates teach less than noisy ones
TRIED = 2  # updates to see how long the last of them takes
WARM_UP = 8  # one update in so many is spent on warming up

Lessons = Callable[[int], Lesson]


@dataclass(frozen=True, slots=True)
class Healed:
    """The student before and after, Q8_0 files for llama.cpp; `lessons` read in `seconds`."""

    before: Path
    after: Path
    lessons: int
    seconds: float


def heal(budget_s: float, folder: Path) -> Healed:
    """Tune the freshly pruned student for about `budget_s` seconds; files go into `folder`.

    Making the two files takes some ten seconds more. Needs the tuned large model and the vectors. Raises
    StoreError.
    """
    base = build.pruned_large()
    before = _served(copy.deepcopy(base), folder / "before")
    trainable = packed_attention.use(
        copy.deepcopy(base).to(torch.bfloat16 if has_bfloat16() else torch.float32)
    )
    lesson = curriculum().lesson
    steps = max(
        TRIED, round(budget_s / _step_s(copy.deepcopy(trainable), lesson, folder / "tried"))
    )
    started = time.perf_counter()
    adapter = _tuned(trainable, lesson, steps, folder / "adapter")
    seconds = time.perf_counter() - started
    after = _served(merged(base, adapter), folder / "after")
    return Healed(before, after, steps * LESSONS, seconds)


def full_course() -> int:
    """Lessons that the student's own recipe reads."""
    recipe = RECIPES[STUDENT.name]
    return recipe.steps * recipe.lessons


def _step_s(base: PreTrainedModel, lesson: Lessons, folder: Path) -> float:
    """Seconds of an update, the first ones left out: compiling kernels is paid once."""
    begun: list[float] = []

    def noted(number: int) -> Lesson:
        begun.append(time.perf_counter())
        return lesson(number)

    _tuned(base, noted, TRIED, folder)
    return time.perf_counter() - begun[-LESSONS]


def _tuned(base: PreTrainedModel, lesson: Lessons, steps: int, folder: Path) -> Path:
    full = RECIPES[STUDENT.name]
    short = Recipe(
        steps=steps,
        lessons=LESSONS,
        rank=full.rank,
        alpha=full.alpha,
        rate=full.rate,
        seed=full.seed,
        warmup=max(1, steps // WARM_UP),
        save_every=steps,
    )
    return tune(base, encoder(build.tokenizer()), lesson, short, folder)


def _served(model: PreTrainedModel, folder: Path) -> Path:
    """A Q8_0 file of `model`, as every other option has."""
    full = export(model, SMOLLM2.path(), folder / "F32.gguf", f"student {folder.name}")
    small = quantize(full, "Q8_0", folder / f"student-{folder.name}.gguf")
    full.unlink()
    return small
