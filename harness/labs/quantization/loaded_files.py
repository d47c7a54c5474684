"""Model files loaded so that only their number format differs, and the prompts that all of them get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.labs.quantization.phases import Phases, best_step_ms, measure_phases
from harness.measure.machine.describe import measure_bandwidth
from harness.measure.quality.exam import ExamItem
from harness.models.engines.llama_context import LlamaContext
from harness.models.engines.llama_model import LlamaModel
from harness.models.engines.threads import Threads
from harness.stages.prompt import stuffed_prompt


def loaded_alike(files: Mapping[str, Path]) -> dict[str, LlamaModel]:
    """Load the files with the number of threads that is measured for the first of them."""
    (first, path), *others = files.items()
    model = LlamaModel(path)
    return {first: model} | {
        name: LlamaModel(other, threads=model.threads) for name, other in others
    }


def exam_prompts(context: LlamaContext, items: Sequence[ExamItem]) -> list[list[int]]:
    """Return the tokens of the prompt of each item, its passages included."""
    texts = (stuffed_prompt(item.case.question, list(item.chunks)) for item in items)
    return [context.tokens(text) for text in texts]


def one_core_steps(
    contexts: Mapping[str, LlamaContext], prompt: Sequence[int], threads: Threads
) -> tuple[float, dict[str, float]]:
    """Return (GB/s that one core reads, ms of a decode step of each model with one thread).

    Bandwidth and steps are measured in turn, and of each the least disturbed one counts. Afterwards the
    models have `threads` again.
    """
    gbs, steps_ms = [], {}
    for name, context in contexts.items():
        gbs.append(measure_bandwidth().bandwidth_one_core_gbs)
        context.use_threads(1, 1)
        steps_ms[name] = best_step_ms(context, prompt)
        context.use_threads(threads.decode, threads.prefill)
    return max(gbs), steps_ms


def phases_with_layers(
    path: Path, layers: int, prompts: Sequence[Sequence[int]], threads: Threads
) -> Phases:
    """Measure prefill and decode of a file with `layers` of its layers on the GPU, -1 for all of them."""
    model = LlamaModel(path, threads=threads, n_gpu_layers=layers)
    return measure_phases({model.name: model.context}, prompts)[model.name]
