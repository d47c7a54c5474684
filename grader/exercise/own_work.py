"""Functions of `harness` that are the answer to an exercise: in that lab, a learner's code cannot call them.

ANSWERS are withheld for good in a graded run, before any cell of the learner. The cells of the lab itself use
USED: these are withheld while a check runs, until the next cell does, in every thread and however they have
been imported. In a notebook, both are withheld during each call of the learner's function. Whoever copies the
source or the code of one, loads its module again, or changes this module in their process still has it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from operator import attrgetter
from threading import Lock
from types import CodeType, FunctionType

TIMING = "harness.measure.latency.timing:"
GUARD = "harness.wrappers.entity_guard:"
ROOFLINE = "harness.measure.model_files.roofline:"
ROUTING = "harness.labs.architecture.routing_policies:"
# number of a lab -> functions or methods, each as module:name
ANSWERS = {
    "01": ("harness.measure.latency.trace:Trace.stage_ms", "harness.measure.stats:percentile"),
    "03": ("harness.measure.quality.noninferiority:worst_case",),
    "05": tuple(f"harness.models.engines.drafts:{name}" for name in ("accepted", "speculative")),
    "06": ("harness.stages.exact_search:nearest",),
    "07": (
        "harness.wrappers.keys:key",
        "harness.wrappers.keys:normalised",
        *(f"{GUARD}EntityGuard.{name}" for name in ("__call__", "_products")),
        *(f"{GUARD}{name}" for name in ("_numbers", "_negations", "_capitals")),
    ),
    "08": ("harness.measure.load.queueing:waits_ms",),
    "10": (
        "harness.fast_assistants:large_assistant",
        "harness.fast_assistants:small_assistant",
        *(f"harness.fast_assistants:{name}" for name in ("_entry", "_pipeline")),
    ),
}
USED = {
    "00": (f"{TIMING}_timing", f"{TIMING}_shown_ns"),
    "01": (
        "harness.measure.stats:samples_needed",
        "harness.show.rows:rows",
        "harness.labs.profile.ceiling_picture:_without",
    ),
    "02": (f"{TIMING}_timing", f"{TIMING}_shown_ns"),
    "03": ("harness.stages.stop_rule:first_sentence",),
    "04": (
        *(f"{ROOFLINE}{name}" for name in ("decode_bytes", "decode_limit_tok_s")),
        *(f"gguf.quants:{name}" for name in ("quantize", "dequantize")),
        "harness.labs.quantization.weights:join_q4",
        "harness.measure.model_files.divergence:_compared",
    ),
    "06": (
        "harness.stages.exact_search:best",
        "harness.labs.retrieval.search_runs:_run",
        *(f"harness.stages.hnsw_search:HnswSearch.{name}" for name in ("_filtered", "_rows")),
    ),
    "07": tuple(
        f"harness.wrappers.response_cache:SingleFlight.{name}" for name in ("join", "land")
    ),
    "08": tuple(
        f"harness.measure.load.goodput:{name}" for name in ("LoadRun.goodput", "Request.within")
    ),
    "09": tuple(
        f"{ROUTING}{name}" for name in ("policy", "gain", "_cost_ms", "by_threshold", "thresholds")
    ),
}
Codes = Mapping[FunctionType, CodeType]

_lock = Lock()
_calls: Counter[str] = Counter()  # calls in progress, by number of a lab
_originals: dict[str, Codes] = {}  # the codes that they have replaced, by number of a lab


def functions(*answers: str) -> Iterator[tuple[str, FunctionType]]:
    """Yield (name, function) for each module:name. Raises ImportError or AttributeError."""
    for answer in answers:
        module, _, name = answer.partition(":")
        yield f"{module}.{name}", attrgetter(name)(import_module(module))


def refusals(lab: str, answers: Mapping[str, tuple[str, ...]]) -> Codes:
    """Return the answers to lab number `lab`, each with code that raises."""
    found = functions(*answers.get(lab, ()))
    return {function: _refusing(lab, name) for name, function in found}


def swap(codes: Codes) -> Codes:
    """Give each function its code in `codes`, however it has been imported; return the codes they had."""
    before = {function: function.__code__ for function in codes}
    for function, code in codes.items():
        function.__code__ = code
    return before


@contextmanager
def withheld(lab: str) -> Iterator[None]:
    """Withhold all answers to lab number `lab` during the block, in which a learner's function is called."""
    with _lock:
        if not _calls[lab]:
            _originals[lab] = swap({**refusals(lab, ANSWERS), **refusals(lab, USED)})
        _calls[lab] += 1
    try:
        yield
    finally:
        with _lock:
            _calls[lab] -= 1
            if not _calls[lab]:
                swap(_originals.pop(lab))


def _refusing(lab: str, name: str) -> CodeType:
    """Return the code of a function that raises, whatever it is called with."""
    text = f"{name} is an answer to lab {lab}, whose exercises ask for a function of your own."
    names: dict[str, FunctionType] = {}
    exec(f"def refuse(*_, **__):\n    raise RuntimeError({text!r})", names)
    return names["refuse"].__code__
