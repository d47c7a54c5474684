import shutil

import pytest

from harness.interview.lint.rubric_rules import lint
from harness.interview.scoring.rubric import FOLDER, RubricError, rubric

CORE = {
    *("SYS-MEASURE", "SYS-BREAKDOWN", "SYS-TARGET", "STK-SMALLER", "STK-STREAM", "STK-CACHE"),
    *("STK-ANN", "TRD-COST", "TRD-OPTIONS", "COM-CHOICE"),
}
OUTSTANDING = {
    *("SYS-FLOOR", "SYS-RANK", "SYS-SLO", "STK-PARALLEL", "TRD-RULE", "COM-EXPERIMENT"),
}


def test_all_31_expectations_and_11_misconceptions_with_their_tiers():
    loaded = rubric()
    assert len(loaded.expectations) == 31 and len(loaded.misconceptions) == 11
    assert {e.id for e in loaded.expectations if e.tier == "core"} == CORE
    assert {e.id for e in loaded.expectations if e.tier == "outstanding"} == OUTSTANDING


def test_every_expectation_names_a_lab_and_has_examples():
    for expectation in rubric().expectations:
        assert expectation.lab.startswith("labs/")
        assert len(expectation.examples) >= 8 and len(expectation.counterexamples) >= 4


def test_the_rubric_does_what_its_examples_say(scorer):
    wrong = [f"{entry.id}: {sentence}" for entry in lint(scorer) for sentence in entry.wrong]
    assert wrong == []


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(FOLDER, tmp_path / "rubric")


def changed(copy, name, old, new):
    path = copy / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return copy


def test_another_rubric_has_another_checksum(copy):
    assert rubric(copy).sha256 == rubric().sha256
    other = shutil.copytree(copy, copy.parent / "other")
    changed(other, "2-stack.yaml", "smaller, distilled", "tiny, distilled")
    assert rubric(other).sha256 != rubric().sha256


@pytest.mark.parametrize(
    ("name", "old", "new", "named"),
    [
        ("2-stack.yaml", "expectations:", "expectations: [", "2-stack.yaml"),
        ("2-stack.yaml", "tier: core", "tier: great", "2-stack.yaml.*expectations.0.tier"),
        ("2-stack.yaml", "id: STK-STREAM", "id: STK-SMALLER", "STK-SMALLER twice"),
        ("misconceptions.yaml", "[STK-STREAM]", "[STK-NONE]", "STK-NONE"),
        ("guards.yaml", "hedge:", "hedges:", "guards.yaml.*hedge"),
    ],
)
def test_broken_content_is_named_with_its_file(copy, name, old, new, named):
    with pytest.raises(RubricError, match=named):
        rubric(changed(copy, name, old, new))
