"""The kit of lab 08.

Collects what the notebook uses to load an assistant, to simulate its queue, to run batches, and to draw the
result. The notebook imports it as `kit`; each name is defined in the module it is imported from here.
"""

# A fast assistant, and the articles and questions
from harness.fast_assistants import small_assistant
from harness.kb.articles import chunks
from harness.kb.questions import draw

# This lab's admission control, batches and pictures
from harness.labs.load.admission import AdmissionControl, InFlightCounter
from harness.labs.load.batch import Job, one_by_one, static
from harness.labs.load.batch_cost_picture import batch_cost
from harness.labs.load.batching import run_in_turns, run_schedule, step_ms
from harness.labs.load.knee_picture import knee
from harness.labs.load.kv_budget import BLOCK, Asked, serve_in_steps
from harness.labs.load.sequences import Sequences
from harness.labs.load.servers_picture import fleet
from harness.labs.load.slots_picture import slots

# The learner's predictions and results
from harness.learner.predictions import predict, recall
from harness.learner.results import keep_result

# Measuring under load, and simulating a queue
from harness.measure.load.clients import clients
from harness.measure.load.goodput import Limits
from harness.measure.load.load_generator import closed_loop, open_loop
from harness.measure.load.queueing import Service, Users, simulate, simulate_runs
from harness.measure.stats import bootstrap_ratio, median_ratio, samples_needed

# The model of the batches
from harness.models.offline import STUDENT

# Picture
from harness.show.factors import Factor, factors

# The prompts of the batches
from harness.stages.prompt import stuffed_prompt

__all__ = [
    "BLOCK",
    "STUDENT",
    "AdmissionControl",
    "Asked",
    "Factor",
    "InFlightCounter",
    "Job",
    "Limits",
    "Sequences",
    "Service",
    "Users",
    "batch_cost",
    "bootstrap_ratio",
    "chunks",
    "clients",
    "closed_loop",
    "draw",
    "factors",
    "fleet",
    "keep_result",
    "knee",
    "median_ratio",
    "one_by_one",
    "open_loop",
    "predict",
    "recall",
    "run_in_turns",
    "run_schedule",
    "samples_needed",
    "serve_in_steps",
    "simulate",
    "simulate_runs",
    "slots",
    "small_assistant",
    "static",
    "step_ms",
    "stuffed_prompt",
]
