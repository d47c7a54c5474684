"""The kit of lab 01.

Collects what the notebook uses to ask the slow assistant, to record traces and to draw them. The notebook
imports it as `kit`; each name is defined in the module it is imported from here.
"""

# The slow assistant and the questions to ask it
from harness.assistant import ask
from harness.baseline import deployed
from harness.kb.questions import draw

# This lab's picture
from harness.labs.profile.ceiling_picture import ceilings

# The learner's predictions
from harness.learner.predictions import predict, recall

# Measuring
from harness.measure.latency.trace import chrome_trace, recording

# Pictures
from harness.show.distribution import distribution
from harness.show.gap import gap
from harness.show.waterfall import waterfall

__all__ = [
    "ask",
    "ceilings",
    "chrome_trace",
    "deployed",
    "distribution",
    "draw",
    "gap",
    "predict",
    "recall",
    "recording",
    "waterfall",
]
