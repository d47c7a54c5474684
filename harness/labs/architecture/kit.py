"""The kit of lab 09.

Collects what the notebook uses to compare routing policies, to overlap, hedge and precompute requests, and
to draw the result. The notebook imports it as `kit`; each name is defined in the module it is imported from
here.
"""

# Two fast assistants, the slow search, the network as shipped, and the questions to ask
from harness.assistant import Done, Token
from harness.baseline import network
from harness.fast_assistants import large_assistant, slow_search, small_assistant
from harness.kb.questions import draw
from harness.kb.workload import workload

# This lab's routing, hedging, overlap and pictures
from harness.labs.architecture.background_load import background_load
from harness.labs.architecture.hedge_queue import hedged_queue
from harness.labs.architecture.hedging import hedges
from harness.labs.architecture.overlap import PREFILL_SPAN, one_after_the_other, side_by_side
from harness.labs.architecture.overlap_picture import overlap_timeline
from harness.labs.architecture.policies_picture import policies
from harness.labs.architecture.replicas import Replica
from harness.labs.architecture.routing_policies import (
    TO_LARGE,
    TO_SMALL,
    by_threshold,
    calibrated,
    confusion,
    gain,
    oracle,
    outcomes,
    policy,
    thresholds,
)
from harness.labs.architecture.shared_search import SharedSearch, narrow_margin
from harness.labs.architecture.tail_picture import tail

# The learner's predictions
from harness.learner.predictions import predict, recall

# Measuring, and simulating a queue
from harness.measure.latency.compare import compare
from harness.measure.latency.timing import time_or_fault
from harness.measure.latency.trace import recording
from harness.measure.load.clients import clients
from harness.measure.load.queueing import Service, simulate
from harness.measure.quality.quality import judge
from harness.measure.stats import Proportion

# Serving at a distance
from harness.serve.entry import Entry
from harness.serve.network import EDGE, KEEP_ALIVE

# Picture
from harness.show.factors import Factor, factors

# A difficulty signal, and precomputed answers
from harness.stages.question_filter import QuestionFilter
from harness.wrappers.difficulty import NarrowMargin
from harness.wrappers.keys import answer_version, normalised
from harness.wrappers.precomputed import Precomputed
from harness.wrappers.precomputed import compute as precompute

__all__ = [
    "EDGE",
    "KEEP_ALIVE",
    "PREFILL_SPAN",
    "TO_LARGE",
    "TO_SMALL",
    "Done",
    "Entry",
    "Factor",
    "NarrowMargin",
    "Precomputed",
    "Proportion",
    "QuestionFilter",
    "Replica",
    "Service",
    "SharedSearch",
    "Token",
    "answer_version",
    "background_load",
    "by_threshold",
    "calibrated",
    "clients",
    "compare",
    "confusion",
    "draw",
    "factors",
    "gain",
    "hedged_queue",
    "hedges",
    "judge",
    "large_assistant",
    "narrow_margin",
    "network",
    "normalised",
    "one_after_the_other",
    "oracle",
    "outcomes",
    "overlap_timeline",
    "policies",
    "policy",
    "precompute",
    "predict",
    "recall",
    "recording",
    "side_by_side",
    "simulate",
    "slow_search",
    "small_assistant",
    "tail",
    "thresholds",
    "time_or_fault",
    "workload",
]
