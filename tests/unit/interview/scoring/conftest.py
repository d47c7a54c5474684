import pytest

from harness.interview.scoring.rubric import rubric
from harness.interview.scoring.score import Scorer


@pytest.fixture(scope="session")
def scorer():
    """Return the shipped rubric with patterns alone: no model, no files."""
    return Scorer(rubric())
