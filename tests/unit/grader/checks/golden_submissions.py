"""Golden submissions as data: what a learner may write for an exercise, and what its check says."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import yaml

from grader import checks
from grader.exercise.exercise import CheckFailed
from harness.assistant import Done, Token
from harness.measure.latency.faults import visible
from harness.semconv import STAGES

FOLDER = Path(__file__).parent / "golden"
# What the setup cells of the labs import for these exercises.
SETUP = {
    "Done": Done,
    "STAGES": STAGES,
    "Token": Token,
    "__name__": "__main__",  # as in a notebook
    "math": math,
    "np": np,
    "pairwise": pairwise,
    "visible": visible,
}


def load(name, *kinds):
    """Return the submissions of these kinds, each as a parameter with a readable id."""
    files = [
        file
        for file in (FOLDER / f"{name}.yaml", FOLDER / "more" / f"{name}.yaml")
        if file.exists()
    ]
    data = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]
    return [
        pytest.param(one, id=f"{kind}-{one['check']}-{number}")
        for kind in kinds
        for number, one in enumerate(one for part in data for one in part.get(kind, ()))
    ]


def wordings(says):
    """Return what a check may say: one text, or a list of them if it depends on the inputs drawn."""
    return [says] if isinstance(says, str) else says


def function_of(one):
    """Return the function that a submission defines."""
    names = dict(SETUP)
    exec(compile(one["source"], "cell", "exec"), names)
    return names[one["check"]]


def answer(one, out_of=None):
    """Return (points, message) of a submission; the message is empty if it passed."""
    options = {} if out_of is None else {"out_of": out_of}
    try:
        return getattr(checks, one["check"])(function_of(one), **options), ""
    except CheckFailed as failed:
        return 0.0, str(failed)
