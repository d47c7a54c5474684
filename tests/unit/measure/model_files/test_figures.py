import json

import pytest

from harness import store
from harness.measure.model_files import figures
from harness.measure.model_files.divergence import Divergence
from harness.measure.model_files.figures import Exam
from harness.measure.model_files.token_speed import TokenSpeed
from harness.measure.quality.exam import ExamItem
from harness.models.served import UNTUNED, model_file
from harness.show.models_table import caption, formats, models_table
from tests.fakes import FakeModel, chunk
from tests.unit.measure.quality.test_quality import case

ITEMS = [
    ExamItem(case(), (chunk(3), chunk(1))),
    ExamItem(case(1, answerable=False), (chunk(3), chunk(4))),
]
SPEED = TokenSpeed(1200.0, 100.0, 250.0, 300, 5)


class One:
    """A model file with 1 MB of weights; counts how often it is loaded."""

    name, role, engine = "smollm2-support-Q8_0", "large", "llama.cpp"

    def __init__(self, folder):
        self.path = self.reference = folder / "smollm2-support-Q8_0.gguf"
        self.path.write_bytes(b"x" * 1_000_000)
        self.sha256 = "a" * 64
        self.loads = 0

    def load(self):
        self.loads += 1
        return FakeModel("[2] The Kestrel X200 is covered for 24 months.")

    def bytes_by_type(self):
        return {"Q8_0": 900_000, "F32": 1_000}


@pytest.fixture
def one(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "token_speed", lambda model, prompts: SPEED)
    monkeypatch.setattr(figures, "SHIPPED", tmp_path / "quality.json")
    return One(tmp_path)


def test_stored_figures_are_used_unless_fresh_ones_are_requested(one):
    first = figures.figures(one, ITEMS, bandwidth_gbs=1.0)
    assert figures.figures(one, ITEMS, bandwidth_gbs=1.0) == first
    assert one.loads == 1
    figures.figures(one, ITEMS, bandwidth_gbs=1.0, fresh=True)
    assert one.loads == 2


def test_another_file_of_that_name_is_measured_again(one):
    figures.figures(one, ITEMS, bandwidth_gbs=1.0)
    one.sha256 = "b" * 64
    figures.figures(one, ITEMS, bandwidth_gbs=1.0)
    assert one.loads == 2


def test_figures_of_another_version_are_measured_again(one):
    figures.figures(one, ITEMS, bandwidth_gbs=1.0)
    [kept] = store.home().glob("figures/*.json")
    with store.atomic_write(kept) as part:
        part.write_text(json.dumps({"name": "old"}))
    assert figures.figures(one, ITEMS, bandwidth_gbs=1.0).file_mb == 1.0
    assert one.loads == 2


def test_the_share_of_memory_speed_is_bytes_times_tokens(one):
    found = figures.figures(one, ITEMS, bandwidth_gbs=0.2)
    assert found.bandwidth_share == pytest.approx(901_000 * 100 / 0.2e9, rel=0.01)


def test_a_full_file_is_at_no_distance_from_itself_and_the_packaged_one_has_none(one):
    assert (found := figures.figures(one, ITEMS, 1.0)).kl == 0.0 and found.top1 == 1.0
    one.reference = None
    assert figures.measure(one, ITEMS, 1.0).kl is None


def test_the_distance_of_a_quantised_file_is_measured(one, tmp_path, monkeypatch):
    one.reference = tmp_path / "full.gguf"
    monkeypatch.setattr(figures, "LlamaModel", lambda path: path)
    monkeypatch.setattr(figures, "divergence", lambda model, full, texts: Divergence(0.01, 0.9, 5))
    assert figures.measure(one, ITEMS, 1.0).kl == 0.01


def test_quality_is_what_was_measured_here_or_else_what_was_shipped_or_nothing(one):
    assert figures.quality_of(one) is None
    shipped = Exam(exact=0.9, refusal=0.8, n=300, passages=3, where="shipped")
    figures.SHIPPED.write_text(json.dumps({one.name: shipped.model_dump()}))
    assert figures.quality_of(one) == shipped
    here = figures.examine(one, ITEMS, progress=False)
    assert (here.exact, here.refusal, here.n, here.passages, here.where) == (1, 0, 2, 2, "here")
    assert figures.figures(one, ITEMS, 1.0).quality == here


def test_what_was_measured_here_can_be_shipped_to_everybody(one):
    figures.examine(one, ITEMS, progress=False)
    shipped = json.loads(figures.ship([one]).read_text())
    assert shipped[one.name]["exact"] == 1 and shipped[one.name]["where"] == "shipped"


def test_a_model_that_is_not_there_is_refused_with_the_names_of_all():
    with pytest.raises(Exception, match=UNTUNED.lower()):
        model_file("gpt-5")


def test_the_table_says_what_is_in_the_file_and_where_its_numbers_come_from(one):
    found = [figures.figures(one, ITEMS, 1.0)]
    table = models_table(found)
    assert [column.header for column in table.columns][2:5] == ["MB", "KL, nats", "top-1"]
    assert "not measured yet" in caption(found) and "300 tokens" in caption(found)


def test_formats_are_named_by_weight_and_norms_are_left_out():
    assert formats({"F32": 1, "Q8_0": 300, "Q5_0": 700}) == "Q5_0 70%, Q8_0 30%"
