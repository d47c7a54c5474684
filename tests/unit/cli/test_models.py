"""The verbs about models: what they say and refuse, with nothing loaded or downloaded."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from safetensors.torch import load_file
from typer.testing import CliRunner

from harness.cli import download as downloading
from harness.cli.main import app
from harness.measure.machine import describe
from harness.measure.model_files import figures
from harness.measure.model_files.figures import Exam, Figures
from harness.measure.quality import exam
from harness.models import catalog, hub, served
from harness.models.offline import LARGE
from tests.unit.test_knobs import RECORD

run = CliRunner().invoke
ONE = Figures(
    name="smollm2-support-Q8_0",
    role="large",
    engine="llama.cpp",
    file_mb=145.0,
    bytes_by_type={"Q8_0": 144_000_000, "F32": 1_000_000},
    kl=0.004,
    top1=0.958,
    quality=Exam(exact=0.96, refusal=0.93, n=300, passages=3, where="shipped"),
    prefill_tok_s=750.0,
    decode_tok_s=136.0,
    ttft_ms=400.0,
    prompt_tokens=300,
    bandwidth_share=0.6,
)
NEED = hub.Need(catalog.SMOLLM2_360M_GGUF, 386_000_000)


def last_json(result):
    return json.loads(result.stdout.strip().splitlines()[-1])


@pytest.fixture
def measured(monkeypatch):
    """Record the requested measurements instead of measuring for minutes."""
    asked = []

    def fake(file, items, bandwidth, fresh):
        asked.append((file.name, len(items), fresh))
        return ONE

    monkeypatch.setattr(served, "model_files", lambda: [SimpleNamespace(name=n) for n in "ab"])
    monkeypatch.setattr(exam, "draw_exam", lambda n, passages: ["item"] * n)
    monkeypatch.setattr(describe, "measure_bandwidth", lambda: describe.Bandwidth(20.0, 12.0))
    monkeypatch.setattr(figures, "figures", fake)
    return asked


def test_models_lists_every_file_with_its_figures(measured):
    result = run(app, ["models", "--json"])
    assert result.exit_code == 0, result.output
    [first, second] = last_json(result)["models"]
    assert first == second == ONE.model_dump()
    assert {"name", "role", "file_mb", "bytes_by_type", "kl", "top1"} <= set(first)
    assert {"exact", "refusal"} <= set(first["quality"])
    assert {"prefill_tok_s", "decode_tok_s", "ttft_ms"} <= set(first)
    assert measured == [("a", 8, False), ("b", 8, False)]


def test_an_exam_comes_before_the_figures(measured, monkeypatch):
    sat = []
    monkeypatch.setattr(figures, "examine", lambda file, items: sat.append((file.name, len(items))))
    assert run(app, ["models", "--exam", "20", "--fresh"]).exit_code == 0
    assert sat == [("a", 20), ("b", 20)]
    assert [fresh for *_, fresh in measured] == [True, True]


def test_a_model_that_is_not_there_is_wrong_use():
    result = run(app, ["models", "--only", "gpt-5"])
    assert result.exit_code == 2
    assert "smollm2-135m-support-q8_0" in result.stderr


def test_tuning_needs_a_recipe():
    result = run(app, ["tune", "gpt-5"])
    assert result.exit_code == 2
    assert "smollm2-135m-support" in result.stderr


def test_rounds_are_averaged_and_nothing_is_tuned(tmp_path):
    packaged = LARGE.adapter
    rounds = ["--mean", str(packaged), "--mean", str(packaged)]
    result = run(app, ["tune", LARGE.name, *rounds, "--folder", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.stderr
    made = Path(json.loads(result.stdout.splitlines()[-1])["adapter"])
    weights = "adapter_model.safetensors"
    mean, original = load_file(made / weights), load_file(packaged / weights)
    assert made == tmp_path / LARGE.name
    assert all(tensor.equal(original[name]) for name, tensor in mean.items())


def test_a_mean_of_what_is_not_there_is_one_sentence(tmp_path):
    result = run(app, ["tune", LARGE.name, "--mean", str(tmp_path)])
    assert result.exit_code == 2
    assert "There is no adapter in" in result.stderr


@pytest.fixture
def fetched(monkeypatch):
    """Return a tier that needs one model; fetching it only takes note."""
    names = []
    monkeypatch.setattr("harness.setup.preparation.steps", lambda **_: [])
    monkeypatch.setattr("harness.measure.latency.typical_trace.typical_trace", lambda: _trace())
    monkeypatch.setattr(hub, "plan", lambda tier, thorough: () if names else (NEED,))
    monkeypatch.setattr(hub, "fetch", lambda model, progress: names.append(model.name))
    return names


def _trace():
    from harness.measure.latency.trace import Span, Trace

    return Trace(tuple(Span(**span) for span in RECORD.typical))


def test_size_and_licence_are_shown_before_a_download_and_it_happens_once(fetched):
    result = run(app, ["prepare", "--tier", "laptop", "--yes"])
    assert fetched == [NEED.model.name], result.output
    assert "386" in result.stdout and "Apache-2.0" in result.stdout
    assert "ready" in run(app, ["prepare", "--tier", "laptop"]).stdout


def test_without_a_terminal_nothing_is_downloaded_unasked(fetched):
    result = run(app, ["prepare", "--tier", "laptop"])
    assert (result.exit_code, fetched) == (2, [])
    assert "--yes" in result.stderr


def test_a_declined_download_fetches_nothing(fetched, monkeypatch):
    terminal = type("Terminal", (), {"isatty": lambda _: True})()
    monkeypatch.setattr(downloading.sys, "stdin", terminal)
    monkeypatch.setattr(downloading.typer, "confirm", lambda *_, **__: False)
    with pytest.raises(downloading.typer.Exit):
        downloading.download("laptop", agreed=False)
    assert fetched == []


def test_a_tier_that_does_not_exist_is_wrong_use(monkeypatch):
    result = run(app, ["prepare", "--tier", "moon"])
    assert result.exit_code == 2
    assert "laptop" in result.stderr
