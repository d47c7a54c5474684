"""The kit of lab 05.

Collects what the notebook uses to draft tokens, to measure what a check costs and what drafts gain, and to
draw the result. The notebook imports it as `kit`; each name is defined in the module it is imported from
here.
"""

# This lab's measurements and pictures
from harness.labs.speculation.acceptance_picture import acceptance
from harness.labs.speculation.batch_costs import Model, batch_costs
from harness.labs.speculation.drafting import Tally, decode
from harness.labs.speculation.gold_prompts import gold_prompts
from harness.labs.speculation.near_tie import ties
from harness.labs.speculation.speedup_plans import (
    Plan,
    counted,
    gains,
    race_plans,
    step_by_step,
)
from harness.labs.speculation.speedups_picture import speedups
from harness.labs.speculation.verify_cost_picture import verify_cost

# The learner's predictions and results
from harness.learner.predictions import predict, recall
from harness.learner.results import keep_result

# The limits of a machine
from harness.measure.model_files.roofline import Roof

# Models, and drafts without one
from harness.models.engines.llama_model import LlamaModel
from harness.models.engines.step_times import verify_ms
from harness.models.tiers import chosen_tier
from harness.stages.fastest_draft import fastest_draft
from harness.stages.prompt_lookup import draft as prompt_lookup

__all__ = [
    "LlamaModel",
    "Model",
    "Plan",
    "Roof",
    "Tally",
    "acceptance",
    "batch_costs",
    "chosen_tier",
    "counted",
    "decode",
    "fastest_draft",
    "gains",
    "gold_prompts",
    "keep_result",
    "predict",
    "prompt_lookup",
    "race_plans",
    "recall",
    "speedups",
    "step_by_step",
    "ties",
    "verify_cost",
    "verify_ms",
]
