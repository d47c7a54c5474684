"""The journey in the README is the one that was measured, with the code that is here."""

from grader import reference
from grader.cli import journey
from harness.measure.journey import Journey


def test_the_table_in_the_readme_is_the_record(root):
    kept = Journey.model_validate_json(journey.record(root).read_text())
    text = (root / "README.md").read_text()
    assert journey.with_table(text, kept) == text
    assert journey.START in text


def test_the_record_is_not_older_than_the_code_it_describes(root):
    kept = Journey.model_validate_json(journey.record(root).read_text())
    assert kept.code == reference.described(), (
        "The code of the journey has changed: run `under500 journey --write` on a quiet machine."
    )
