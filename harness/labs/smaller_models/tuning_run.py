"""A small tuning run on a budget: what a minute does for a model that has just lost half of its layers.

The recipes of the course take as many lessons as they need; this run takes those that fit into the time, with
the learning rate falling to its end within it.
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
from harness.models.lora import packed_attention
from harness.models.catalog import SMOLLM2
from harness.models.engines.embedding import has_bfloat16
from harness.models.gguf.export import export
from harness.models.lora.masters import Masters
from harness.models.offline import STUDENT
from harness.models.lora.packing import Packed, packed
from harness.models.gguf.quantize import quantize
from harness.models.lora.tune import answer_loss, merged, with_adapter
from harness.tuning.recipes import RECIPES, STUDENT_ROUNDS, curriculum, encoder

AN_UPDATE = 2  # lessons: half of the recipe's, as twice the updates teach more in a short time
WARM_UP = 0.1  # of the budget
LAST_RATE = 0.1  # of the peak, at the end of the cosine
GRADIENT_NORM = 1.0  # at most: no odd lesson undoes the others

BAR = "{desc}: {bar} {n:.0f} of {total} s{postfix}"

Clock = Callable[[], float]  # seconds
Lessons = Iterator[Packed]


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
    StoreError, and WrongUseError for a budget that is none.
    """
    base = build.pruned_large()
    before = _served(base, folder / "before")
    lessons, encode = curriculum().lesson, encoder(build.tokenizer())
    read = (packed(lessons(number), encode) for number in count())
    adapter, done, seconds = tuned_for(budget_s, base, read, folder / "adapter")
    return Healed(before, _served(merged(base, adapter), folder / "after"), done, seconds)


def full_course() -> int:
    """Lessons that the student in the package has read, in all its rounds."""
    return sum(STUDENT_ROUNDS) * RECIPES[STUDENT.name].lessons


def tuned_for(
    budget_s: float,
    base: PreTrainedModel,
    lessons: Lessons,
    folder: Path,
    now: Clock = time.perf_counter,
) -> tuple[Path, int, float]:
    """(adapter in peft's format, lessons read, seconds); a copy of `base` is tuned, at least one update.

    Raises WrongUseError for a budget that is not above zero.
    """
    if not budget_s > 0:
        raise WrongUseError("Nothing is learned in no time: give a budget above zero seconds.")
    recipe = RECIPES[STUDENT.name]
    torch.manual_seed(recipe.seed)
    tuned = with_adapter(_trainable(base), recipe.rank, recipe.alpha)
    weights = Masters.of(tuned)
    optimizer = torch.optim.AdamW(weights.masters.values(), lr=recipe.rate, weight_decay=0.0)
    done, started = 0, now()
    bar = tqdm(total=round(budget_s), desc="tuning", bar_format=BAR)
    with _a_core_each() as pool, bar:
        while (spent := now() - started) < budget_s or not done:
            chunk = [next(lessons) for _ in range(AN_UPDATE)]
            loss = weights.learn(pool.map(lambda one: _learned(tuned, weights, one), chunk))
            _update(optimizer, weights, recipe.rate * _share(spent / budget_s))
            done += len(chunk)
            bar.set_postfix(loss=f"{loss:.2f}", lessons=done)
            bar.update(min(now() - started, budget_s) - bar.n)
    tuned.save_pretrained(folder, save_embedding_layers=False)
    return folder, done, now() - started


def _share(along: float) -> float:
    """The learning rate as a share of its peak, `along` from 0 to 1: a ramp, then down a cosine."""
    along = min(along, 1.0)
    cosine = LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * along)) / 2
    return cosine * min(1.0, max(along, WARM_UP / 4) / WARM_UP)


def _trainable(base: PreTrainedModel) -> PreTrainedModel:
    """A copy in the format that this CPU multiplies fastest, with the attention made for lessons."""
    short = torch.bfloat16 if has_bfloat16() else torch.float32
    return packed_attention.use(copy.deepcopy(base).to(short))


def _a_core_each() -> ThreadPoolExecutor:
    """Two lessons side by side on one core each waste less than two cores on one lesson."""
    return ThreadPoolExecutor(min(AN_UPDATE, torch.get_num_threads()), initializer=_on_one_core)


def _on_one_core() -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)  # a sharp softmax leaves tiny numbers, which a CPU is slow with


def _learned(
    tuned: PeftModel, weights: Masters, one: Packed
) -> tuple[float, tuple[torch.Tensor, ...]]:
    """The loss of one lesson, and its gradient weight by weight."""
    value = answer_loss(tuned.get_base_model(), one)
    return value.item(), torch.autograd.grad(value, list(weights.model.values()))


def _update(optimizer: torch.optim.Optimizer, weights: Masters, rate: float) -> None:
    torch.nn.utils.clip_grad_norm_(weights.masters.values(), GRADIENT_NORM)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    weights.put_back()


def _served(model: PreTrainedModel, folder: Path) -> Path:
    """A Q8_0 file of `model`, as every other option has."""
    full = export(model, SMOLLM2.path(), folder / "F32.gguf", f"student {folder.name}")
    small = quantize(full, "Q8_0", folder / f"student-{folder.name}.gguf")
    full.unlink()
    return small
