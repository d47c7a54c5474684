"""The kit of lab 02.

Collects what the notebook uses to build a streaming assistant from the slow stages, to compare both, and to
draw the result. The notebook imports it as `kit`; each name is defined in the module that it is imported
from here.
"""

# The slow assistant, the questions to ask it, and the names of its spans and attributes
from harness import semconv
from harness.assistant import ask
from harness.entries import slow_baseline
from harness.kb.questions import draw

# This lab's picture
from harness.labs.streaming.timeline_picture import timeline

# The learner's predictions and results
from harness.learner.predictions import predict, recall
from harness.learner.results import keep_result

# Measuring
from harness.measure.latency.compare import compare
from harness.measure.latency.trace import recording

# Pictures
from harness.show.gap import gap
from harness.show.waterfall import waterfall

__all__ = [
    "ask",
    "compare",
    "draw",
    "gap",
    "keep_result",
    "predict",
    "recall",
    "recording",
    "semconv",
    "slow_baseline",
    "timeline",
    "waterfall",
]
