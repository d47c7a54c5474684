"""A tuning run with a time budget, for a model that has just lost half of its layers.

The recipes of the course take a fixed number of lessons. This run takes as many lessons as fit into the
budget, and the learning rate falls to its final value within it.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import torch
from peft import PeftModel
from tqdm.auto import tqdm
from transformers import PreTrainedModel

from harness.errors import WrongUseError
from harness.models import build
from harness.models.catalog import SMOLLM2
from harness.models.engines.embedding import has_bfloat16
from harness.models.gguf.export import export
from harness.models.gguf.quantize import quantize
from harness.models.lora import packed_attention
from harness.models.lora.masters import Masters
from harness.models.lora.packing import Packed, pack
from harness.models.lora.tune import answer_loss, merged, with_adapter
from harness.models.offline import STUDENT
from harness.tuning.recipes import RECIPES, STUDENT_ROUNDS, curriculum, encoder

LESSONS_PER_UPDATE = 2  # half of the recipe's: twice as many updates teach more in a short time
WARM_UP = 0.1  # share of the budget
LAST_RATE = 0.1  # share of the peak rate, at the end of the cosine
GRADIENT_NORM = 1.0  # upper limit, so that no unusual lesson undoes the others

BAR = "{desc}: {bar} {n:.0f} of {total} s{postfix}"

Clock = Callable[[], float]  # seconds
Lessons = Iterator[Packed]


@dataclass(frozen=True, slots=True)
class Healed:
    """The student before and after tuning, as Q8_0 files for llama.cpp, with what the tuning took."""

    before: Path
    after: Path
    lessons: int
    seconds: float


def heal(budget_s: float, folder: Path) -> Healed:
    """Tune the freshly pruned student for about `budget_s` seconds; the files go into `folder`.

    Writing the two files takes about ten seconds more. Needs the tuned large model and the vectors. Raises
    StoreError if they are not built, and WrongUseError if the budget is not above zero.
    """
    base = build.pruned_large()
    before = _q8_file(base, folder / "before")
    lesson, encode = curriculum().lesson, encoder(build.tokenizer())
    lessons = (pack(lesson(number), encode) for number in count())
    adapter, n_lessons, seconds = tune_for(budget_s, base, lessons, folder / "adapter")
    return Healed(before, _q8_file(merged(base, adapter), folder / "after"), n_lessons, seconds)


def full_course() -> int:
    """Return the number of lessons that the packaged student was tuned on, in all its rounds."""
    return sum(STUDENT_ROUNDS) * RECIPES[STUDENT.name].lessons


def tune_for(
    budget_s: float,
    base: PreTrainedModel,
    lessons: Lessons,
    folder: Path,
    now: Clock = time.perf_counter,
) -> tuple[Path, int, float]:
    """Tune a copy of `base` for `budget_s` seconds, by at least one update.

    Returns the folder of the adapter in peft's format, the number of lessons and the seconds taken. Raises
    WrongUseError if the budget is not above zero.
    """
    if not budget_s > 0:
        raise WrongUseError(f"The budget is {budget_s:g} seconds: it must be above zero.")
    recipe = RECIPES[STUDENT.name]
    torch.manual_seed(recipe.seed)
    tuned = with_adapter(_trainable(base), recipe.rank, recipe.alpha)
    weights = Masters.of(tuned)
    optimizer = torch.optim.AdamW(weights.masters.values(), lr=recipe.rate, weight_decay=0.0)
    n_lessons, started = 0, now()
    bar = tqdm(total=round(budget_s), desc="tuning", bar_format=BAR)
    with _one_core_per_lesson() as pool, bar:
        while (spent := now() - started) < budget_s or not n_lessons:
            batch = [next(lessons) for _ in range(LESSONS_PER_UPDATE)]
            loss = weights.learn(
                pool.map(lambda lesson: _loss_and_gradient(tuned, weights, lesson), batch)
            )
            _update(optimizer, weights, recipe.rate * rate_share(spent / budget_s))
            n_lessons += len(batch)
            bar.set_postfix(loss=f"{loss:.2f}", lessons=n_lessons)
            bar.update(min(now() - started, budget_s) - bar.n)
    tuned.save_pretrained(folder, save_embedding_layers=False)
    return folder, n_lessons, now() - started


def rate_share(progress: float) -> float:
    """Return the learning rate as a share of its peak: a linear warm-up, then a cosine decay.

    progress: the share of the budget that is spent; above 1 it counts as 1.
    """
    progress = min(progress, 1.0)
    cosine = LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * progress)) / 2
    return cosine * min(1.0, max(progress, WARM_UP / 4) / WARM_UP)


def _trainable(base: PreTrainedModel) -> PreTrainedModel:
    """Return a copy in the dtype that this CPU multiplies fastest, with the attention for packed lessons."""
    dtype = torch.bfloat16 if has_bfloat16() else torch.float32
    return packed_attention.use(copy.deepcopy(base).to(dtype))


def _one_core_per_lesson() -> ThreadPoolExecutor:
    """Return a pool of single-core threads: two lessons on one core each waste less than one on two cores."""
    return ThreadPoolExecutor(
        min(LESSONS_PER_UPDATE, torch.get_num_threads()), initializer=_use_one_core
    )


def _use_one_core() -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)  # a sharp softmax leaves denormal numbers, which slow a CPU down


def _loss_and_gradient(
    tuned: PeftModel, weights: Masters, lesson: Packed
) -> tuple[float, tuple[torch.Tensor, ...]]:
    """Return the loss of one lesson, and its gradient for each weight."""
    loss = answer_loss(tuned.get_base_model(), lesson)
    return loss.item(), torch.autograd.grad(loss, list(weights.model.values()))


def _update(optimizer: torch.optim.Optimizer, weights: Masters, rate: float) -> None:
    torch.nn.utils.clip_grad_norm_(weights.masters.values(), GRADIENT_NORM)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    weights.put_back()


def _q8_file(model: PreTrainedModel, folder: Path) -> Path:
    """Write `model` as a Q8_0 file, the format of every other option, and return its path."""
    full = export(model, SMOLLM2.path(), folder / "F32.gguf", f"student {folder.name}")
    small = quantize(full, "Q8_0", folder / f"student-{folder.name}.gguf")
    full.unlink()
    return small
