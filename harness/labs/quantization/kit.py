"""The kit of lab 04.

Collects what the notebook uses to inspect and quantise model files, to measure their speed and quality, and
to draw the result. The notebook imports it as `kit`; each name is defined in the module it is imported from
here.
"""

# This lab's measurements and pictures
from harness.labs.quantization.cpu_hog import cpu_hog
from harness.labs.quantization.formats_picture import formats, own_share
from harness.labs.quantization.gate_figures import candidates, closeness
from harness.labs.quantization.gate_picture import gate
from harness.labs.quantization.importance import importance
from harness.labs.quantization.loaded_files import (
    exam_prompts,
    loaded_alike,
    one_core_steps,
    phases_with_layers,
)
from harness.labs.quantization.patched_files import (
    halves_swapped,
    pack_weighted,
    patched,
    requantised,
)
from harness.labs.quantization.phases import (
    measure_phases,
    most_against_best,
    phases_by_threads,
    times_faster,
)
from harness.labs.quantization.phases_picture import phase_speeds
from harness.labs.quantization.roofline_picture import Step, roofline
from harness.labs.quantization.rounding_error import (
    relative_error,
    rounding_curve,
    stored_error,
)
from harness.labs.quantization.rounding_picture import rounding
from harness.labs.quantization.size_against_speed import larger_and_faster
from harness.labs.quantization.threads_picture import threads
from harness.labs.quantization.weights import (
    kv_bytes,
    packed_bytes,
    read_weights,
    weight_bytes,
)

# The learner's predictions and results
from harness.learner.predictions import predict, recall
from harness.learner.results import keep_result

# Measuring
from harness.measure.model_files.divergence import divergence, held_out
from harness.measure.quality.exam import draw_exam, evaluate

# Models
from harness.models.engines.llama_model import gpu_layers
from harness.models.engines.threads import choices as thread_counts
from harness.models.gguf.file import inspect as inspect_gguf
from harness.models.tiers import chosen_tier

__all__ = [
    "Step",
    "candidates",
    "chosen_tier",
    "closeness",
    "cpu_hog",
    "divergence",
    "draw_exam",
    "evaluate",
    "exam_prompts",
    "formats",
    "gate",
    "gpu_layers",
    "halves_swapped",
    "held_out",
    "importance",
    "inspect_gguf",
    "keep_result",
    "kv_bytes",
    "larger_and_faster",
    "loaded_alike",
    "measure_phases",
    "most_against_best",
    "one_core_steps",
    "own_share",
    "pack_weighted",
    "packed_bytes",
    "patched",
    "phase_speeds",
    "phases_by_threads",
    "phases_with_layers",
    "predict",
    "read_weights",
    "recall",
    "relative_error",
    "requantised",
    "roofline",
    "rounding",
    "rounding_curve",
    "stored_error",
    "thread_counts",
    "threads",
    "times_faster",
    "weight_bytes",
]
