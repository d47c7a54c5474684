"""The kit of lab 11.

Collects what the notebook uses to open a simulated service, to play and score interviews, and to draw the
scores. The notebook imports it as `kit`; each name is defined in the module it is imported from here.
"""

# The interview and its scores
from harness.interview.dialogue.gaps import scored
from harness.interview.notebook.panel import interview

# Earlier interviews, and recorded ones to step through
from harness.interview.practice.history import history
from harness.interview.practice.walkthrough import walkthrough

# Pictures
from harness.interview.report.dimension_bars import dimension_bars
from harness.interview.report.progress_picture import progress

# A service, its hidden cause and its data cards
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.scenario import scenario

# The learner's predictions
from harness.learner.predictions import predict, recall

__all__ = [
    "Session",
    "dimension_bars",
    "history",
    "interview",
    "predict",
    "progress",
    "recall",
    "scenario",
    "scored",
    "walkthrough",
]
