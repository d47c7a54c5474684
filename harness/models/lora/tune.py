"""LoRA tuning on lessons: seeded, resumable, with a progress bar; the base model stays as it is.

One step is one optimizer update over a few lessons. The state lies in one safetensors file, so a run
that was interrupted goes on where it stopped and ends with the same adapter.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
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
from harness.models.lora.packing import Encode, Lesson, Packed, packed

LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")

MOMENTS = ("exp_avg", "exp_avg_sq")  # of AdamW
STATE = "state.safetensors"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the adapter, besides base model, lessons and loss.

    steps: optimizer updates, `lessons` lessons each. rank, alpha: of LoRA. rate: peak learning rate,
    reached after `warmup` steps, then down a cosine. seed: of the adapter's start and the lessons.
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
        """Learning rate of update number `step`, from 0; ends at a tenth of the peak."""
        ramp = min(1.0, (step + 1) / self.warmup)
        along = step / max(1, self.steps)
        return self.rate * ramp * (0.55 + 0.45 * math.cos(math.pi * along))


def answer_loss(model: PreTrainedModel, one: Packed) -> torch.Tensor:
    """Cross entropy of the wanted tokens, every branch weighted the same; nats.

    Scores are computed only where a token is wanted.
    """
    output = model.model(
        input_ids=one.ids,
        position_ids=one.positions,
        attention_mask=_additive(one.mask, model.dtype),
        use_cache=False,
        prompt=one.prompt,
    )
    logits = model.lm_head(output.last_hidden_state[0, one.predicting]).float()
    return (functional.cross_entropy(logits, one.wanted, reduction="none") * one.weight).sum()


def _additive(mask: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """0 where a token may look and the smallest number elsewhere, as eager attention adds it."""
    return torch.zeros(mask.shape, dtype=dtype).masked_fill(~mask, torch.finfo(dtype).min)


def with_adapter(
    base: PreTrainedModel, rank: int, alpha: int, start: Path | None = None
) -> PeftModel:
    """`base` with a LoRA adapter on every linear layer, in its number format; embeddings stay frozen.

    start: an adapter to go on from, of the same rank and alpha.
    """
    config = LoraConfig(
        r=rank, lora_alpha=alpha, target_modules=list(LINEAR), task_type="CAUSAL_LM"
    )
    with _quietly():
        if start:
            return PeftModel.from_pretrained(
                base, start, is_trainable=True, autocast_adapter_dtype=False
            ).to(base.dtype)
        return get_peft_model(base, config, autocast_adapter_dtype=False)


@contextmanager
def _quietly() -> Iterator[None]:
    """Without peft's and transformers' talk of names that they will change one day."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def merged(base: PreTrainedModel, adapter: Path) -> PreTrainedModel:
    """`base` with the adapter's changes in its weights, fp32; `base` is used up.

    Raises StoreError when the folder `adapter` holds none that fits.
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
    """Train an adapter into `folder`, in peft's format; `base` gets the adapter attached.

    lesson: number -> Lesson, always the same for a number. start: an adapter to go on from. A run that was
    stopped goes on from the last saved step. Raises StoreError when the disk is full.
    """
    torch.manual_seed(recipe.seed)
    tuned = with_adapter(base, recipe.rank, recipe.alpha, start)
    weights = Masters.of(tuned)
    optimizer = torch.optim.AdamW(weights.masters.values(), lr=recipe.rate, weight_decay=0.0)
    done = _resumed(folder / STATE, recipe, weights, optimizer)
    bar = tqdm(range(done, recipe.steps), initial=done, total=recipe.steps, desc="tuning")
    with _one_lesson_per_core() as pool:
        for step in bar:
            numbers = range(step * recipe.lessons, (step + 1) * recipe.lessons)
            read = [packed(lesson(n), encode) for n in numbers]
            value = weights.learn(pool.map(lambda one: _learned(tuned, weights, one), read))
            _update(optimizer, weights, recipe.rate_at(step))
            bar.set_postfix(loss=f"{value:.3f}")
            if (step + 1) % recipe.save_every == 0 or step + 1 == recipe.steps:
                _save(folder / STATE, recipe, weights, optimizer, step + 1)
    return _saved_adapter(tuned, weights, folder)


def _one_lesson_per_core() -> ThreadPoolExecutor:
    """Threads that each read a lesson of their own on one core, which wastes less than two on one lesson."""
    return ThreadPoolExecutor(torch.get_num_threads(), initializer=_alone)


def _alone() -> None:
    torch.set_num_threads(1)  # of this thread's matrix products, as OpenMP counts them
    # A sharp softmax leaves numbers below 1e-38, which a CPU multiplies a hundred times slower.
    torch.set_flush_denormal(True)


def _saved_adapter(tuned: PeftModel, weights: Masters, folder: Path) -> Path:
    """The adapter in peft's own format, fp16, which halves the file and costs nothing measurable."""
    config = tuned.peft_config["default"]
    config.target_modules = sorted(config.target_modules)  # a set, in another order each time
    tuned.half()
    weights.put_back()
    tuned.save_pretrained(folder, save_embedding_layers=False)
    return folder


def _learned(
    tuned: PeftModel, weights: Masters, one: Packed
) -> tuple[float, tuple[torch.Tensor, ...]]:
    """The loss of one lesson, and its gradient weight by weight."""
    value = answer_loss(tuned.get_base_model(), one)
    return value.item(), torch.autograd.grad(value, list(weights.model.values()))


def _update(optimizer: torch.optim.Optimizer, weights: Masters, rate: float) -> None:
    torch.nn.utils.clip_grad_norm_(weights.masters.values(), 1.0)  # no odd lesson undoes the others
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    weights.put_back()


def _save(
    file: Path, recipe: Recipe, weights: Masters, optimizer: torch.optim.Optimizer, done: int
) -> None:
    """Adapter, both moments of the optimizer and the number of finished steps, in one file."""
    moments = {
        f"{moment}/{name}": optimizer.state[p][moment]
        for name, p in weights.masters.items()
        for moment in MOMENTS
    }
    values = {f"weight/{name}": p.detach() for name, p in weights.masters.items()}
    with store.written(file) as part:
        tensors = values | moments | {"done": torch.tensor(done)}
        save_file(tensors, part, metadata={"recipe": str(recipe)})


def _resumed(file: Path, recipe: Recipe, weights: Masters, optimizer: torch.optim.Optimizer) -> int:
    """Put a saved state back; returns the number of finished steps, 0 without an intact state of `recipe`."""
    if not store.intact(file) or _recipe_of(file) != str(recipe):
        return 0
    saved = load_file(file)
    with torch.no_grad():
        for name, p in weights.masters.items():
            p.copy_(saved[f"weight/{name}"])
            state = {moment: saved[f"{moment}/{name}"] for moment in MOMENTS}
            optimizer.state[p] = state | {"step": saved["done"].float()}
    weights.put_back()
    return int(saved["done"])


def _recipe_of(file: Path) -> str:
    with safe_open(file, "pt") as state:
        return (state.metadata() or {}).get("recipe", "")
