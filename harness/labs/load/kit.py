"""The kit of lab 08.

Collects what the notebook uses to load an assistant, to simulate its queue, to run batches, and to draw the
result. The notebook imports it as `kit`; each name is defined in the module it is imported from here.
"""

# A fast assistant, and the questions to ask
from harness.fast_assistants import small_assistant
from harness.kb.questions import draw

# This lab's batches
from harness.labs.load.batch import Job, one_by_one, static
from harness.labs.load.batch_cost_picture import batch_cost
from harness.labs.load.batch_inputs import mixed_jobs, open_engine, passage_prompts
from harness.labs.load.batching import (
    engines_in_turns,
    median_turn,
    read_ms,
    run_in_turns,
    run_schedule,
    same_texts,
    step_ms,
    total_ratio,
    ttft_ratio,
)

# This lab's load tests, and pictures of them
from harness.labs.load.knee_picture import knee
from harness.labs.load.kv_budget import BLOCK, serve_in_steps
from harness.labs.load.load_runs import (
    arrivals,
    first_texts,
    lone_and_busy,
    measured_loads,
    one_user,
    random_users,
    stays,
    without_distance,
)
from harness.labs.load.servers_picture import fleet
from harness.labs.load.simulated_runs import (
    busy_servers,
    goodput_by_servers,
    simulated_loads,
    ttft_range,
    window,
)
from harness.labs.load.slots_picture import slots
from harness.labs.load.step_workload import StepCost, long_among_short

# The learner's predictions and results
from harness.learner.predictions import predict, recall
from harness.learner.results import keep_result

# Ratios, goodput, and simulating a queue
from harness.measure.latency.compare import Ratio
from harness.measure.load.goodput import Limits
from harness.measure.load.queueing import Service, Users, simulate
from harness.measure.stats import samples_needed

# Picture
from harness.show.factors import Factor, factors

__all__ = [
    "BLOCK",
    "Factor",
    "Job",
    "Limits",
    "Ratio",
    "Service",
    "StepCost",
    "Users",
    "arrivals",
    "batch_cost",
    "busy_servers",
    "draw",
    "engines_in_turns",
    "factors",
    "first_texts",
    "fleet",
    "goodput_by_servers",
    "keep_result",
    "knee",
    "lone_and_busy",
    "long_among_short",
    "measured_loads",
    "median_turn",
    "mixed_jobs",
    "one_by_one",
    "one_user",
    "open_engine",
    "passage_prompts",
    "predict",
    "random_users",
    "read_ms",
    "recall",
    "run_in_turns",
    "run_schedule",
    "same_texts",
    "samples_needed",
    "serve_in_steps",
    "simulate",
    "simulated_loads",
    "slots",
    "small_assistant",
    "static",
    "stays",
    "step_ms",
    "total_ratio",
    "ttft_range",
    "ttft_ratio",
    "window",
    "without_distance",
]
