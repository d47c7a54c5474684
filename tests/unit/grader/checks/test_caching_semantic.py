"""The check of the semantic cache's guard, with an embedder that ignores greetings and product names."""

import re

import numpy as np
import pytest

from grader import checks
from grader.checks import caching_semantic
from grader.exercise.exercise import CheckFailed
from harness.kb.products import products
from tests.unit.grader.checks.golden_submissions import function_of, load

NAMES = re.compile("|".join(re.escape(product.name) for product in products()))
TONES = re.compile(r"^(Hi|Hello!|Quick question:|Sorry.*?again\.|Good morning,|One more thing:)")
EXCELLENT, *OTHERS = [one.values[0] for one in load("caching_semantic", "excellent")]


def embed(texts):
    """Return bags of hashed words, unit norm, without greetings and product names."""
    vectors = np.zeros((len(texts), 256), np.float32)
    for row, text in enumerate(texts):
        for word in re.findall(r"\w+", NAMES.sub("", TONES.sub("", text)).lower()):
            vectors[row, sum(map(ord, word)) * len(word) % 256] += 1
        vectors[row, 0] += 0.1
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(autouse=True)
def without_weights(monkeypatch):
    monkeypatch.setattr(caching_semantic, "embedder", lambda: embed)
    monkeypatch.setattr(caching_semantic, "TOPICS", 40)


def test_a_good_guard_earns_all_points_again_and_again(capsys):
    for _ in range(3):
        assert checks.meaning(function_of(EXCELLENT), 0.9, out_of=10) == 10.0
        [line] = capsys.readouterr().out.splitlines()
        assert "passed" in line


@pytest.mark.parametrize("one", OTHERS)
def test_a_guard_in_another_style_earns_all_points(one):
    assert checks.meaning(function_of(one), 0.9, out_of=10) == 10.0


@pytest.mark.parametrize("one", load("caching_semantic", "typical", "bad"))
def test_a_mistake_is_named(one, capsys):
    try:
        points = checks.meaning(function_of(one), 0.9, out_of=10)
        said = capsys.readouterr().out
    except CheckFailed as failed:
        points, said = 0, str(failed)
    assert points == one["points"]
    assert one["says"] in " ".join(said.split())
    for label in ("expected", "got", "look at"):
        assert f"\n  {label}" in said


@pytest.mark.parametrize(
    ("threshold", "says"),
    [
        (-1.0, "of the hits wrong"),  # everything that passes the guard hits
        (
            1.01,
            "a hit for 20%",
        ),  # nothing hits: rounding may carry a cosine above 1, but not this far
        (None, "a number for the threshold"),
        ("0.8", "plain number"),
    ],
)
def test_a_threshold_that_is_too_low_too_high_or_none(threshold, says, capsys):
    assert checks.meaning(function_of(EXCELLENT), threshold, out_of=10) == 6.0
    assert says in " ".join(capsys.readouterr().out.split())


def test_a_guard_without_its_exercise_says_so():
    def empty(text):
        raise NotImplementedError("Lab 07, exercise 5: meaning() is still empty.")

    with pytest.raises(CheckFailed, match="still empty"):
        checks.meaning(empty, None, out_of=10)


@pytest.mark.parametrize("second", [None, 0, KeyError("layout")])
def test_a_layout_that_a_second_process_does_not_have_fails(second):
    class Here:
        def __call__(self, instructions, passages, question, today):
            return "\n".join(
                [instructions, *(text for _, text in sorted(passages)), today, question]
            )

        def restarted(self, name):
            if isinstance(second, KeyError):
                raise second
            return second

    with pytest.raises(CheckFailed, match="layout"):
        checks.layout(Here())
