"""The kit of lab 04.

Collects what the notebook uses to inspect and quantise model files, to measure their speed and quality, and
to draw the result. The notebook imports it as `kit`; each name is defined in the module it is imported from
here.
"""

# This lab's measurements and pictures
from harness.labs.quantization.cpu_hog import cpu_hog
from harness.labs.quantization.formats_picture import formats
from harness.labs.quantization.gate_picture import gate
from harness.labs.quantization.importance import importance
from harness.labs.quantization.phases import (
    best_step_ms,
    measure_phases,
    phases_by_threads,
    times_faster,
)
from harness.labs.quantization.phases_picture import phase_speeds
from harness.labs.quantization.roofline_picture import Step, roofline
from harness.labs.quantization.rounding_picture import rounding
from harness.labs.quantization.threads_picture import threads
from harness.labs.quantization.weights import (
    bits_a_weight,
    join_q4,
    kv_bytes,
    packed_bytes,
    read_weights,
    weight_bytes,
    with_bytes,
)

# The learner's predictions and results
from harness.learner.predictions import predict, recall
from harness.learner.results import keep_result

# Measuring
from harness.measure.machine.describe import measure_bandwidth
from harness.measure.model_files.divergence import divergence, held_out
from harness.measure.model_files.quality_gate import Candidate
from harness.measure.quality.exam import draw_exam, evaluate
from harness.measure.quality.noninferiority import worst_case

# Models
from harness.models.engines.llama_model import LlamaModel, gpu_layers
from harness.models.engines.threads import choices as thread_counts
from harness.models.gguf.file import inspect as inspect_gguf
from harness.models.gguf.quantize import quantize
from harness.models.tiers import chosen_tier
from harness.stages.prompt import stuffed_prompt

__all__ = [
    "Candidate",
    "LlamaModel",
    "Step",
    "best_step_ms",
    "bits_a_weight",
    "chosen_tier",
    "cpu_hog",
    "divergence",
    "draw_exam",
    "evaluate",
    "formats",
    "gate",
    "gpu_layers",
    "held_out",
    "importance",
    "inspect_gguf",
    "join_q4",
    "keep_result",
    "kv_bytes",
    "measure_bandwidth",
    "measure_phases",
    "packed_bytes",
    "phase_speeds",
    "phases_by_threads",
    "predict",
    "quantize",
    "read_weights",
    "recall",
    "roofline",
    "rounding",
    "stuffed_prompt",
    "thread_counts",
    "threads",
    "times_faster",
    "weight_bytes",
    "with_bytes",
    "worst_case",
]
