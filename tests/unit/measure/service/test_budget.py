"""The budget page's data: from results, from the calibration, and from what is no result."""

import json
import re

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.errors import WrongUseError
from harness.measure.service import bounded_file
from harness.measure.service.budget import WHOLE, Change, asked, read_budget
from harness.measure.service.techniques import Factor, assumed, techniques
from harness.show.budget_page import BudgetView, budget_page
from tests.unit.cli.fake_entries import last_json


def profile(parts, e2e=1000.0, ttft=400.0, streamed=True, name="mine"):
    return {
        "name": name,
        "e2e_ms": {"p50": e2e, "n": 44},
        "ttft_ms": {"p50": ttft, "n": 44},
        "streamed": streamed,
        "prompt_tokens": 900,
        "completion_tokens": 30,
        "ceilings": [{"part": part, "part_ms": ms} for part, ms in parts.items()],
    }


BENCH = {
    "a": "slow",
    "b": "fast",
    "n": 44,
    "e2e_ms": {"a": {"p50": 900.0}, "b": {"p50": 300.0}},
    "ttft_ms": {"a": {"p50": 300.0}, "b": {"p50": 100.0}},
    "ratio": {"p50": 3.0, "low": 2.8, "high": 3.2},
}


@pytest.fixture
def kept(tmp_path):
    def write(values):
        path = tmp_path / "result.json"
        path.write_text(f"a table\n{json.dumps(values)}\n")
        return path

    return write


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ({}, {"rest": 400, "writing": 600}),
        ({"network": 100, "writing": 500}, {"network": 100, "rest": 300, "writing": 600}),
        ({"network": 400, "queue": 400, "writing": 700}, {"network": 200, "queue": 200, "writing": 600}),
    ],
)  # fmt: skip
def test_parts_add_up_to_the_measured_medians(kept, parts, found):
    budget = read_budget(kept(profile(parts)))
    assert {part.name: part.ms for part in budget.parts} == pytest.approx(found)
    whole = read_budget(kept(profile(parts, streamed=False)))
    assert sum(part.ms for part in whole.parts) == pytest.approx(1000)


def test_the_mean_is_known_beside_the_median(kept):
    values = profile({"network": 400})
    values["e2e_ms"]["mean"] = 1300.0
    assert read_budget(kept(values)).mean_ratio == 1.3
    assert read_budget(kept(BENCH)).mean_ratio is None


@pytest.mark.parametrize(
    ("parts", "late"),
    [
        ({"network": 50, "writing": 600, "server, before it replies": 350}, {"writing": 600}),
        ({"generate, to first text": 300, "their step": 100, "writing": 600}, {"writing": 600}),
    ],
)  # fmt: skip
def test_a_profile_knows_what_comes_after_the_first_text(kept, parts, late):
    budget = read_budget(kept(profile(parts)))
    assert {part.name: part.ms for part in budget.parts} == parts
    assert {part.name: part.after_ms for part in budget.parts if part.after_ms} == late
    assert (budget.streamed, budget.tokens) == (True, 30) and "n = 44" in budget.source


def test_what_was_not_streamed_could_be(kept):
    parts = {"retrieve": 100, "generate": 800, "postprocess": 100}
    budget = read_budget(kept(profile(parts, ttft=1000.0, streamed=False)))
    assert {part.name: part.after_ms for part in budget.parts} == {
        "retrieve": 0,
        "generate": 400,
        "postprocess": 100,
    }
    assert not budget.streamed and budget.source.endswith(WHOLE) and not budget.course


def test_a_bench_gives_the_factor_of_its_change(kept):
    budget = read_budget(kept(BENCH))
    assert [(part.ms, part.after_ms) for part in budget.parts] == [(300, 0), (600, 600)]
    first, *_ = techniques(budget, {})
    assert (first.id, first.factor, first.low, first.measured) == ("bench", 3.0, 2.8, True)
    assert first.after_share == pytest.approx(2 / 3)


@pytest.mark.parametrize(("b_ttft", "share"), [(299.98, None), (30.0, 0.9)])
def test_a_bench_of_answers_in_one_piece_is_not_streamed(kept, b_ttft, share):
    ttft = {"a": {"p50": 899.98, "n": 44}, "b": {"p50": b_ttft, "n": 44}}
    budget = read_budget(kept(BENCH | {"ttft_ms": ttft}))
    assert not budget.streamed and budget.source.endswith(WHOLE)
    assert [(part.ms, part.after_ms) for part in budget.parts] == [(900, 450)]
    assert budget.bench == Change(3.0, 2.8, 3.2, 44, share and pytest.approx(share))


FEW = [
    (profile({}, e2e=None), "44 warm requests"),
    (BENCH | {"ratio": None}, "questions"),
]


@pytest.mark.parametrize(("values", "sentence"), FEW)
def test_a_result_without_a_median_is_one_sentence(kept, values, sentence):
    with pytest.raises(WrongUseError, match=f"no median.*{sentence}"):
        read_budget(kept(values))


@pytest.mark.parametrize("values", [profile({}), BENCH])
def test_programs_beside_the_measurement_are_said(kept, values, tmp_path):
    path, out = kept(values | {"beside": "1.5 of 2 cores (hog)."}), tmp_path / "b.html"
    result = CliRunner().invoke(app, ["budget", str(path), "-o", str(out)])
    assert "too long: 1.5 of 2 cores (hog)." in result.stdout
    assert "too long: 1.5 of 2 cores (hog)." in budget_page(read_budget(path), [])
    assert "too long" not in budget_page(read_budget(kept(values)), [])


def test_tokens_that_nobody_counted_are_unknown(kept):
    unknown = {"prompt_tokens": None, "completion_tokens": None}
    for values in (profile({}) | unknown, BENCH):
        budget = read_budget(kept(values))
        assert (budget.prompt_tokens, budget.tokens) == (None, None)


def test_an_open_connection_is_kept_already(kept):
    ids = [
        {each.id for each in techniques(read_budget(kept(profile(parts))), {})}
        for parts in ({"network": 50, "writing": 600}, {"connection": 50, "writing": 600})
    ]
    assert "kept" not in ids[0] and "kept" in ids[1]


BAD = [{}, [], {"error": "no"}, profile({"a": -1})]


@pytest.mark.parametrize("values", BAD)
def test_what_is_no_result_is_one_sentence(kept, values):
    with pytest.raises(WrongUseError, match="holds no result"):
        read_budget(kept(values))


def test_a_file_that_is_too_large_is_named(kept, monkeypatch):
    monkeypatch.setattr(bounded_file, "MOST_BYTES", 10)
    with pytest.raises(WrongUseError, match="more than"):
        read_budget(kept(BENCH))


def test_files_that_are_empty_or_not_there_are_named(tmp_path):
    (tmp_path / "empty").write_text("")
    for name in ("empty", "missing", "."):
        with pytest.raises(WrongUseError):
            read_budget(tmp_path / name)


def test_own_factors_replace_assumptions_and_only_what_moves_a_part_is_offered():
    own = {("04-quantization", "q8_0"): Factor(2.6, 2.5, 2.7, 20), ("elsewhere", ""): Factor(9.0)}
    found = {each.id: each for each in techniques(asked(), own)}
    assert (found["quant"].factor, found["quant"].measured, found["quant"].n) == (2.6, True, 20)
    assert not found["smaller"].measured and set(found) == {each.id for each in assumed()}


def test_technique_ids_differ_and_factors_speed_up():
    ids = [each.id for each in assumed()]
    assert len(set(ids)) == len(ids) and all(each.factor >= 1 for each in assumed())


def test_no_name_can_leave_the_block_of_data(kept):
    evil = '</script><script>alert(1)</script><img src=x onerror="alert(2)">'
    budget = read_budget(kept(profile({evil: 500}, name=evil)))
    page = budget_page(budget, [])
    assert page.count("<script") == 2 and "<img" not in page
    data = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1]
    assert json.loads(data)["budget"]["name"] == evil
    assert not re.search(r'(?:src|href)="?https?:', page) and "default-src 'none'" in page
    frame = BudgetView(page)._repr_html_()
    assert "allow-same-origin" not in frame and frame.count("<") == 2


def test_the_verb_writes_a_page(kept, tmp_path, monkeypatch):
    run, out = CliRunner().invoke, tmp_path / "b.html"
    result = run(app, ["budget", str(kept(BENCH)), "-o", str(out), "--json"])
    assert result.exit_code == 0, result.output
    assert "fast" in out.read_text() and last_json(result)["budget"]["name"] == "slow"
    assert run(app, ["budget", "-o", str(tmp_path / "no" / "b.html")]).exit_code == 2
    monkeypatch.setenv("UNDER500_HOME", str(tmp_path))
    alone = run(app, ["budget", "-o", str(out)])
    assert alone.exit_code == 0 and "not measured" in alone.stdout
