"""LoRA tuning on lessons: seeded, resumable, with a progress bar; the base weights are frozen.

One step is one optimizer update over a few lessons. The state is saved in one safetensors file, so an
interrupted run resumes where it stopped and ends with the same adapter.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch.nn import functional
from tqdm.auto import tqdm
from transformers import PreTrainedModel

from harness import store
from harness.models.lora.masters import Masters
from harness.models.lora.packing import Encode, Lesson, Packed, pack

# the linear layers by architecture
LINEAR = {
    "llama": ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
    "bert": ("query", "key", "value", "intermediate.dense", "output.dense"),
}

MOMENTS = ("exp_avg", "exp_avg_sq")  # of AdamW
STATE = "state.safetensors"

Learned = tuple[float, tuple[torch.Tensor, ...]]  # a loss and its gradients


@dataclass(frozen=True, slots=True)
class Recipe:
    """The hyperparameters that, with base model, lessons and loss, determine the adapter.

    steps: number of updates. lessons: lessons in each update. rank, alpha: LoRA's. rate: peak learning rate,
    reached after `warmup` steps, then decayed by a cosine. seed: for the initial adapter; the caller also
    draws the lessons with it.
    """

    steps: int
    lessons: int
    rank: int
    alpha: int
    rate: float
    seed: int
    warmup: int = 20
    save_every: int = 20  # steps

    def rate_at(self, step: int) -> float:
        """Return the learning rate of update `step`, counted from 0; it ends at a tenth of the peak."""
        ramp = min(1.0, (step + 1) / self.warmup)
        progress = step / max(1, self.steps)
        return self.rate * ramp * (0.55 + 0.45 * math.cos(math.pi * progress))


def answer_loss(model: PreTrainedModel, lesson: Packed) -> torch.Tensor:
    """Return the cross entropy of the wanted tokens in nats, weighted by branch.

    Logits are computed only where a token is wanted.
    """
    output = model.model(
        input_ids=lesson.ids,
        position_ids=lesson.positions,
        attention_mask=_additive(lesson.mask, model.dtype),
        use_cache=False,
        prompt=lesson.prompt,  # for `packed_attention`
    )
    logits = model.lm_head(output.last_hidden_state[0, lesson.predicting]).float()
    return (functional.cross_entropy(logits, lesson.wanted, reduction="none") * lesson.weight).sum()


def _additive(mask: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Return 0 where the mask allows attention and the lowest number elsewhere, for eager attention."""
    return torch.zeros(mask.shape, dtype=dtype).masked_fill(~mask, torch.finfo(dtype).min)


def with_adapter(
    base: PreTrainedModel, rank: int, alpha: int, start: Path | None = None
) -> PeftModel:
    """Return `base` with a LoRA adapter on every linear layer, in the base's number format.

    Embeddings are frozen; `base` itself is modified.
    start: an adapter to continue from; rank and alpha are then not used.
    """
    linear = list(LINEAR[base.config.model_type])
    config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=linear)
    with _quietly():
        if start:
            return PeftModel.from_pretrained(
                base, start, is_trainable=True, autocast_adapter_dtype=False
            ).to(base.dtype)
        return get_peft_model(base, config, autocast_adapter_dtype=False)


@contextmanager
def _quietly() -> Iterator[None]:
    """Suppress FutureWarnings of peft and transformers about names that will change."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def merged(base: PreTrainedModel, adapter: Path) -> PreTrainedModel:
    """Return `base` with the adapter merged into its weights, in the number format of `base`.

    `base` itself is modified. Raises StoreError if the folder `adapter` holds no adapter that fits.
    """
    try:
        with _quietly():
            return PeftModel.from_pretrained(base, adapter).merge_and_unload(safe_merge=True)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise store.StoreError(
            f"The adapter in {adapter} cannot be read or does not fit its base model: "
            "reinstall the package under500."
        ) from error


def tune(
    base: PreTrainedModel,
    encode: Encode,
    lesson: Callable[[int], Lesson],
    recipe: Recipe,
    folder: Path,
    start: Path | None = None,
) -> Path:
    """Train an adapter, write it into `folder` in peft's format, and return the path.

    The adapter is attached to `base`, which is converted to fp16 at the end. lesson: number -> Lesson, always
    the same for a number. start: an adapter to continue from. An interrupted run resumes from the last saved
    step. Raises StoreError if the disk is full.
    """
    torch.manual_seed(recipe.seed)
    tuned = with_adapter(base, recipe.rank, recipe.alpha, start)
    with _one_lesson_per_core() as pool:

        def gradients(trainable: Masters, step: int) -> Iterable[Learned]:
            numbers = range(step * recipe.lessons, (step + 1) * recipe.lessons)
            packed = [pack(lesson(n), encode) for n in numbers]
            return pool.map(partial(_loss_and_gradients, tuned, trainable), packed)

        return trained(tuned, gradients, recipe, folder)


def trained(
    tuned: PeftModel,
    gradients: Callable[[Masters, int], Iterable[Learned]],
    recipe: Recipe,
    folder: Path,
) -> Path:
    """Train the adapter of `tuned` by `recipe`, write it into `folder` in peft's format, and return the path.

    gradients: trainable weights, number of the step -> losses with their gradients. Raises StoreError.
    """
    trainable = Masters.of(tuned)
    optimizer = torch.optim.AdamW(trainable.masters.values(), lr=recipe.rate, weight_decay=0.0)
    done = _resumed(folder / STATE, recipe, trainable, optimizer)
    bar = tqdm(range(done, recipe.steps), initial=done, total=recipe.steps, desc="tuning")
    for step in bar:
        loss = trainable.learn(gradients(trainable, step))
        _update(optimizer, trainable, recipe.rate_at(step))
        bar.set_postfix(loss=f"{loss:.3f}")
        if (step + 1) % recipe.save_every == 0 or step + 1 == recipe.steps:
            _save(folder / STATE, recipe, trainable, optimizer, step + 1)
    return _saved_adapter(tuned, trainable, folder)


def _one_lesson_per_core() -> ThreadPoolExecutor:
    """Return a thread pool with one lesson per core, which is more efficient than two cores per lesson."""
    return ThreadPoolExecutor(torch.get_num_threads(), initializer=_single_threaded)


def _single_threaded() -> None:
    torch.set_num_threads(1)  # for this thread's matrix products, as OpenMP counts per thread
    # A sharp softmax yields denormal numbers (below 1e-38), which a CPU multiplies a hundred times slower.
    torch.set_flush_denormal(True)


def _saved_adapter(tuned: PeftModel, trainable: Masters, folder: Path) -> Path:
    """Write the adapter in peft's format, fp16, which halves the file at no measurable loss."""
    config = tuned.peft_config["default"]
    config.target_modules = sorted(config.target_modules)  # a set has another order each time
    tuned.half()
    trainable.put_back()
    tuned.save_pretrained(folder, save_embedding_layers=False)
    return folder


def _loss_and_gradients(tuned: PeftModel, trainable: Masters, lesson: Packed) -> Learned:
    """Return the loss of one lesson and its gradient for each weight."""
    return learned(answer_loss(tuned.get_base_model(), lesson), trainable)


def learned(loss: torch.Tensor, trainable: Masters) -> Learned:
    """Return `loss` as a number, and its gradient for each weight."""
    return loss.item(), torch.autograd.grad(loss, list(trainable.model.values()))


def _update(optimizer: torch.optim.Optimizer, trainable: Masters, rate: float) -> None:
    # Clipping limits the effect of an outlier lesson.
    torch.nn.utils.clip_grad_norm_(trainable.masters.values(), 1.0)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    trainable.put_back()


def _save(
    file: Path, recipe: Recipe, trainable: Masters, optimizer: torch.optim.Optimizer, done: int
) -> None:
    """Write the adapter, both moments of the optimizer and the number of finished steps to one file."""
    moments = {
        f"{moment}/{name}": optimizer.state[p][moment]
        for name, p in trainable.masters.items()
        for moment in MOMENTS
    }
    values = {f"weight/{name}": p.detach() for name, p in trainable.masters.items()}
    with store.atomic_write(file) as part:
        tensors = values | moments | {"done": torch.tensor(done)}
        save_file(tensors, part, metadata={"recipe": str(recipe)})


def _resumed(
    file: Path, recipe: Recipe, trainable: Masters, optimizer: torch.optim.Optimizer
) -> int:
    """Restore a saved state and return its number of finished steps.

    Returns 0 if there is no intact state of the same recipe.
    """
    if not store.intact(file) or _recipe_of(file) != str(recipe):
        return 0
    saved = load_file(file)
    with torch.no_grad():
        for name, p in trainable.masters.items():
            p.copy_(saved[f"weight/{name}"])
            state = {moment: saved[f"{moment}/{name}"] for moment in MOMENTS}
            optimizer.state[p] = state | {"step": saved["done"].float()}
    trainable.put_back()
    return int(saved["done"])


def _recipe_of(file: Path) -> str:
    with safe_open(file, "pt") as state:
        return (state.metadata() or {}).get("recipe", "")
