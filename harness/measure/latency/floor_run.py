"""Measured requests to an entry, with what the floors of its stages need to know.

The pipeline inside an assistant is searched for its embedder, its vectors and its language model. A part of
another kind than those of this course stays unknown, and with it the floor of its stage.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from harness.errors import PlainError
from harness.kb.questions import Case
from harness.measure.latency.faults import Fault
from harness.measure.latency.floor import Parts, Pass, Request, Weights
from harness.measure.latency.timing import Timing, time_or_fault
from harness.measure.latency.trace import Trace, recording
from harness.models.gguf import file
from harness.models.served import model_files
from harness.serve.entry import Entry

WARM_UP = 2  # questions answered before the measurement
TABLE, OUTPUT = "token_embd.weight", "output.weight"  # tensors of a GGUF file
# The number format of products by that of the weights; integers for all others.
NUMBERS = {"F32": "fp32", "F16": "bf16", "BF16": "bf16"}
MS_PER_NS = 1e-6
# Both clocks are read within microseconds; between the readings another program may get the core for some ms.
CLOCKS_MS = 10.0


class FloorFaultError(PlainError):
    """Raised if a request that was to be measured went wrong, or the clock of its spans did."""


@dataclass(frozen=True)
class Inside:
    """The parts found in an assistant, each None if it is not there or of an unknown kind.

    context: the state of a model in llama.cpp, with `feed`, `choices` and `n_gpu_layers`. retrieve: a stage
    with `vectors`, shape (n, d), and perhaps a filter, `allowed`. embedder: with `tokenizer` and `model`, in
    torch.
    """

    model_name: str | None = None
    context: Any = None
    retrieve: Any = None
    embedder: Any = None


def inside(assistant: object) -> Inside:
    """Return the parts of the pipeline within any wrappers."""
    assistant = within_wrappers(assistant)
    model = getattr(getattr(assistant, "generate", None), "model", None)
    context, retrieve = getattr(model, "context", None), getattr(assistant, "retrieve", None)
    exact = hasattr(retrieve, "vectors") and not hasattr(retrieve, "index")
    return Inside(
        getattr(model, "name", None),
        context if hasattr(context, "feed") and hasattr(context, "choices") else None,
        retrieve if exact else None,
        _embedder(getattr(assistant, "preprocess", None)),
    )


def within_wrappers(assistant: object) -> Any:
    """Return the pipeline within any wrappers, or the innermost assistant of another kind."""
    while not hasattr(assistant, "generate") and hasattr(assistant, "inner"):
        assistant = assistant.inner
    return assistant


def _embedder(stage: object) -> Any:
    """Return the model at the end of the chain of `embed` attributes."""
    while stage is not None and not hasattr(stage, "tokenizer"):
        stage = getattr(stage, "embed", None)
    known = isinstance(getattr(stage, "model", None), torch.nn.Module) or hasattr(stage, "file")
    return stage if known else None


def parts(entry: Entry) -> Parts:
    """Return what is known about the work of an entry. Raises StoreError for a damaged model file."""
    found = inside(entry.assistant)
    vectors = getattr(found.retrieve, "vectors", None)
    # A GPU has other limits than those that are measured.
    on_cpu = found.context is not None and found.context.n_gpu_layers == 0
    return Parts(
        entry.network.rtt_ms,
        found.embedder and encoder_weights(found.embedder),
        None if vectors is None else vectors.itemsize * vectors.shape[1],
        gguf_weights(found.model_name) if on_cpu else None,
    )


def encoder_weights(embedder: Any) -> Weights:
    """Return the weights of an embedder without its tables. Raises StoreError for a damaged file."""
    if not hasattr(embedder, "file"):
        return torch_weights(embedder.model)
    layers = [t for t in file.inspect(embedder.file).tensors if t.name.startswith("blk.")]
    numbers = NUMBERS.get(max(layers, key=lambda tensor: tensor.bytes).type, "int8")
    return Weights(sum(t.bytes for t in layers), sum(t.parameters for t in layers), 0, numbers)


def torch_weights(model: torch.nn.Module) -> Weights:
    """Return the weights of an encoder in torch without its tables, of which only some rows are read."""
    tables = [m.weight for m in model.modules() if isinstance(m, torch.nn.Embedding)]
    skipped = {id(table) for table in tables}
    used = [p for p in model.parameters() if id(p) not in skipped]
    return Weights(sum(p.nbytes for p in used), sum(p.numel() for p in used))


def gguf_weights(name: str | None) -> Weights | None:
    """Return the weights of the served GGUF file `name`; None if there is none."""
    path = next((served.path for served in model_files() if served.path.stem == name), None)
    if path is None:
        return None
    header = file.inspect(path)
    tensors = {tensor.name: tensor for tensor in header.tensors}
    # Without an output layer of its own a model multiplies with the embedding table.
    table, output = tensors[TABLE], tensors.get(OUTPUT, tensors[TABLE])
    unread = table.bytes if OUTPUT in tensors else 0
    every_token = header.parameters - sum({t.name: t.parameters for t in (table, output)}.values())
    numbers = NUMBERS.get(next(iter(header.bytes_by_type)), "int8")
    read = sum(header.bytes_by_type.values()) - unread
    return Weights(read, every_token, output.parameters, numbers)


def requests(entry: Entry, cases: Sequence[Case]) -> Iterator[Request]:
    """Yield each request of `cases` except the first WARM_UP, measured through the entry's deployment.

    The entry forgets earlier requests before each one. Raises FloorFaultError for a request that went wrong,
    and if the system's clock, which spans are read from, was set meanwhile.
    """
    found = inside(entry.assistant)
    with entry.deployed() as client, observed(found.context) as passes, recording() as recorder:
        for number, case in enumerate(cases):
            entry.reset()
            passes.clear()
            timing = time_or_fault(client, case.question)
            if isinstance(timing, Fault):
                raise FloorFaultError(f"No number: {entry.name} went wrong. {timing.sentence}")
            if number >= WARM_UP:
                trace, text = recorder.last(), case.question.text
                _check_clock(trace, timing)
                yield Request(trace, tuple(passes), _tokens(found, text), _vectors(found, text))


def _check_clock(trace: Trace, timing: Timing) -> None:
    if abs(trace.total_ms - timing.e2e_ms) > CLOCKS_MS:
        raise FloorFaultError(
            f"The clock was set during the measurement: a request took {timing.e2e_ms:.0f} ms and "
            f"{trace.total_ms:.0f} ms by the system's time. Measure again."
        )


def _tokens(found: Inside, text: str) -> int | None:
    return found.embedder and len(found.embedder.tokenizer(text)["input_ids"])


def _vectors(found: Inside, text: str) -> int | None:
    """Return the number of vectors that the search compares: all, or those that its filter keeps."""
    if found.retrieve is None:
        return None
    allowed = getattr(found.retrieve, "allowed", None)
    mask = allowed(text) if allowed else None
    return len(found.retrieve.vectors) if mask is None else int(np.count_nonzero(mask))


@contextmanager
def observed(context: Any) -> Iterator[list[Pass]]:
    """Record the passes of a model in llama.cpp while the block runs; none if `context` is None.

    A draft that another model makes is not recorded: its time counts as time between the passes.
    """
    passes: list[Pass] = []
    names = {"feed": lambda tokens: 1, "choices": len} if context is not None else {}
    for name, scored in names.items():
        setattr(context, name, _recorded(getattr(context, name), scored, passes))
    try:
        yield passes
    finally:
        for name in names:
            delattr(context, name)  # the class's own method is used again


def _recorded(
    read: Callable[..., Any], scored: Callable[[Sequence[int]], int], passes: list[Pass]
) -> Callable[..., Any]:
    def recorded(tokens: Sequence[int], **options: int | None) -> Any:
        started = time.perf_counter_ns()
        result = read(tokens, **options)
        elapsed = time.perf_counter_ns() - started
        n_scored = options.get("scored") or scored(tokens)  # an option of `choices`
        passes.append(Pass(len(tokens), n_scored, elapsed * MS_PER_NS))
        return result

    return recorded
