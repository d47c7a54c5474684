"""The budget page's data: from results, from the calibration, and from what is no result."""

import json
import re

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.errors import WrongUseError
from harness.measure.service.budget import ASSUMED, asked, read_budget
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
    ("parts", "late"),
    [
        ({"network": 50, "writing": 600, "server, before it replies": 350}, {"writing": 600}),
        ({"generate": 800, "postprocess": 100, "their step": 100}, {"generate": 500, "postprocess": 100}),
        ({"generate": 100, "their step": 900}, {"generate": 100}),
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
    assert not budget.streamed and "assumed" in budget.source


def test_a_bench_gives_the_factor_of_its_change(kept):
    budget = read_budget(kept(BENCH))
    assert [(part.ms, part.after_ms) for part in budget.parts] == [(300, 0), (600, 600)]
    first, *_ = techniques(budget, {})
    assert (first.id, first.factor, first.low, first.measured) == ("bench", 3.0, 2.8, True)


def test_a_bench_of_answers_in_one_piece_is_not_streamed(kept):
    at_once = {side: {"p50": ms - 0.02, "n": 44} for side, ms in (("a", 900.0), ("b", 300.0))}
    budget = read_budget(kept(BENCH | {"ttft_ms": at_once}))
    assert not budget.streamed and budget.source.endswith(ASSUMED)
    assert [(part.ms, part.after_ms) for part in budget.parts] == [(900, 450)]


BAD = [{}, [], {"error": "no"}, profile({}), BENCH | {"ratio": None}, profile({"a": -1})]


@pytest.mark.parametrize("values", BAD)
def test_what_is_no_result_is_one_sentence(kept, values):
    with pytest.raises(WrongUseError, match="holds no result"):
        read_budget(kept(values))


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
