"""The README's table shows the measured journey, which was measured with this code."""

from grader.cli.journey import record, with_table
from grader.grading import reference
from harness.measure.latency.journey import Journey

KEPT = Journey.model_validate_json(record(reference.ROOT).read_text())


def test_the_readme_shows_the_record():
    text = (reference.ROOT / "README.md").read_text()
    assert with_table(text, KEPT) == text


def test_the_record_describes_this_code():
    assert KEPT.code == reference.fingerprint(), (
        "A stage, a wrapper, the server, a model or the capstone has changed since the journey was measured: "
        "run `under500 journey --write` on a quiet machine."
    )
