"""The kit of lab 00.

Collects what the notebook uses to ask the slow assistant, to store and recall predictions, and to draw the
trace. The notebook imports it as `kit`; each name is defined in the module it is imported from here.
"""

# The slow assistant and the questions to ask it
from harness.baseline import deployed
from harness.kb.questions import draw

# The learner's predictions
from harness.learner.predictions import predict, recall

# Traces, and the state of this machine
from harness.measure.latency.trace import recording
from harness.setup.doctor import doctor

# Pictures
from harness.show.gap import gap
from harness.show.waterfall import waterfall

__all__ = [
    "deployed",
    "doctor",
    "draw",
    "gap",
    "predict",
    "recall",
    "recording",
    "waterfall",
]
