"""The kit of lab 05.

Collects what the notebook uses to draft tokens, to measure what a check costs and what drafts gain, and to
draw the result. The notebook imports it as `kit`; each name is defined in the module it is imported from
here.
"""

# The questions to ask, and the passages to answer them from
from harness.kb.articles import chunks
from harness.kb.questions import draw

# This lab's measurements and pictures
from harness.labs.speculation.acceptance_picture import acceptance
from harness.labs.speculation.drafting import Tally, decode, race
from harness.labs.speculation.near_tie import first_difference, measure_tie
from harness.labs.speculation.speedups_picture import Speedup, speedups
from harness.labs.speculation.verify_cost_picture import verify_cost

# The learner's predictions and results
from harness.learner.predictions import predict, recall
from harness.learner.results import keep_result

# The limits of a machine
from harness.measure.model_files.roofline import Roof, pass_limit_ms

# Models, and drafts without one
from harness.models.engines.llama_model import LlamaModel
from harness.models.engines.step_times import verify_ms
from harness.models.tiers import chosen_tier
from harness.stages.fastest_draft import fastest_draft
from harness.stages.prompt import stuffed_prompt
from harness.stages.prompt_lookup import draft as prompt_lookup

__all__ = [
    "LlamaModel",
    "Roof",
    "Speedup",
    "Tally",
    "acceptance",
    "chosen_tier",
    "chunks",
    "decode",
    "draw",
    "fastest_draft",
    "first_difference",
    "keep_result",
    "measure_tie",
    "pass_limit_ms",
    "predict",
    "prompt_lookup",
    "race",
    "recall",
    "speedups",
    "stuffed_prompt",
    "verify_cost",
    "verify_ms",
]
