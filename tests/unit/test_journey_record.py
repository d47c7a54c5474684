"""The tables of README and docs show the measured journey, which was measured with this code."""

import pytest

from grader.cli.journey import record, with_table
from grader.grading import reference
from harness.measure.latency.journey import Journey
from harness.show.journey_picture import journey_table, landmarks, short_table
from harness.show.speedrun import speedrun_table

KEPT = Journey.model_validate_json(record(reference.ROOT).read_text())


@pytest.mark.parametrize(
    ("page", "table"),
    [
        ("README.md", short_table),
        ("docs/journey.md", journey_table),
        ("docs/speedrun.md", speedrun_table),
    ],
)
def test_a_page_shows_the_record(page, table):
    text = (reference.ROOT / page).read_text()
    assert table(KEPT) in text
    assert with_table(text, table(KEPT)) == text


def test_the_readme_shows_the_baseline_and_five_steps_of_which_one_loses():
    steps = landmarks(KEPT)
    assert (len(steps), steps[0].name, steps[-1].detour) == (6, "baseline", False)
    assert [step.detour for step in steps].count(True) == 1


def test_the_record_describes_this_code():
    assert KEPT.code == reference.fingerprint(), (
        "A stage, a wrapper, the server, a model or the capstone has changed since the journey was measured: "
        "run `under500 journey --write` on a quiet machine."
    )
