"""The checks of labs 00 to 11 on golden submissions: excellent, typical, bad and empty ones."""

import re

import pytest

from grader import checks
from grader.exercise import call_limits
from grader.exercise.exercise import CheckFailed
from tests.unit.grader.checks.golden_submissions import answer, load, wordings

LABS = {
    "start_here": ("00", ("timings",)),
    "profile": (
        "01",
        ("breakdown", "percentile", "explain", "ceiling", "smallest_fix"),
    ),
    "retrieval": ("06", ("exact", "recall_at", "walk", "cheapest", "filtered", "reranked")),
    "retrieval_build": ("06", ("select", "insert", "nearest_bits")),
    "retrieval_descent": ("06", ("descend",)),
    "caching": ("07", ("answer_key", "cached", "together", "safe_threshold", "layout")),
    "caching_lookup": ("07", ("lookup",)),
    "architecture": ("09", ("cut_off", "finish_ms", "hedged", "head_share", "masked")),
    "architecture_budget": ("09", ("afford",)),
    "load": ("08", ("waits", "good", "in_system", "serve", "admit")),
    "streaming": ("02", ("stream", "frame", "parse", "times", "deliver")),
    "load_kv_budget": ("08", ("plan", "stay")),
    "load_servers": ("08", ("one_queue",)),
    "streaming_standard": ("02", ("lines_of", "events_of")),
    "streaming_ahead": ("02", ("produce", "buffered")),
    "smaller_models": ("03", ("until_done", "answer_ms", "frontier", "worst_case", "choose")),
    "smaller_models_stop": ("03", ()),
    "smaller_models_worst": ("03", ()),
    "smaller_models_layers": ("03", ("kept_weights", "importance")),
    "smaller_models_pruning": ("03", ()),
    "smaller_models_adam": ("03", ()),
    "smaller_models_healing": ("03", ("answer_loss", "adam")),
    "quantization": ("04", ("quantise", "error", "step_ms", "pick")),
    "quantization_bytes": ("04", ("pack_q8", "pack_q4", "unpack_q4", "weighted")),
    "quantization_kl": ("04", ("kl",)),
    "speculation": ("05", ("agree", "accept", "tokens_a_step", "speedup", "best_length")),
    "speculation_alpha": ("05", ("estimate_alpha",)),
    "speculation_loop": ("05", ("verify", "propose", "speculative")),
    "mock_interview": ("11", ("card_ms", "finding", "three_sentences")),
}
OUT_OF = {
    "times": 25,
    "answer_key": 20,
    "timings": 70,
    "percentile": 15,
}  # checks that give a part of their points


def every(*kinds):
    return [one for lab in LABS for one in load(lab, *kinds)]


@pytest.mark.parametrize("one", every("excellent"))
def test_an_excellent_submission_passes_with_one_line(one, capsys):
    for _ in range(10):
        points, _ = answer(one, OUT_OF.get(one["check"]))
        assert points == one.get("points")
        [line] = capsys.readouterr().out.splitlines()
        assert "passed" in line


@pytest.mark.parametrize("one", every("typical", "bad"))
def test_a_mistake_is_named_and_says_where_to_look(one, capsys, monkeypatch):
    # a loop that never ends takes eight in a lab
    monkeypatch.setattr(call_limits, "TIMEOUT_S", 4.0)
    points, said = answer(one, OUT_OF.get(one["check"]))
    assert points == one.get("points", 0)
    printed = capsys.readouterr().out
    said = said or printed  # a check with partial points prints what failed
    assert any(words in " ".join(said.split()) for words in wordings(one["says"])), said
    for label in ("expected", "got", "look at"):
        assert f"\n  {label}" in said
    # before it, what the function printed
    block = said[re.search(r"Lab \d\d", said).start() :].splitlines()[:9]
    assert max(map(len, block)) <= 86  # `nbgrader validate` cuts there


@pytest.mark.parametrize(
    ("number", "name"), [(number, name) for number, names in LABS.values() for name in names]
)
def test_an_empty_exercise_says_so(number, name):
    def empty(*arguments):
        raise NotImplementedError(f"Lab {number}: {name}() is still empty.")

    options = {"out_of": OUT_OF[name]} if name in OUT_OF else {}
    with pytest.raises(CheckFailed, match="still empty"):
        getattr(checks, name)(empty, **options)
    with pytest.raises(CheckFailed, match="look at"):
        getattr(checks, name)(None, **options)


def test_a_right_sampler_passes_again_and_again():
    """Sixty tests of 20,000 draws each at a false-alarm rate of 1e-7: chance fails no right answer."""
    one, *_ = [
        p.values[0] for p in load("speculation", "excellent") if p.values[0]["check"] == "accept"
    ]
    for _ in range(10):
        assert answer(one) == (None, "")
