import pytest

from harness import store
from harness.assistant import Answer, BadQuestionError, Done, Question, Token
from harness.wrappers.precomputed import Precomputed, Table, compute, load, save
from tests.unit.wrappers.counting import ASKED, Counting, texts

QUESTIONS = [Question("How long?"), Question("How heavy?")]


def test_what_was_computed_ahead_is_there_and_the_rest_falls_through():
    table = compute(Counting("ahead"), QUESTIONS, "v1")
    inner = Counting("inner")
    asked = texts(Precomputed(inner, table, "v1"), "how LONG", "How heavy?", "How tall?")
    assert asked == ["ahead 1", "ahead 2", "inner 1"]


def test_an_answer_comes_whole_and_with_its_sources():
    table = compute(Counting("ahead"), [ASKED], "v1")
    events = list(Precomputed(Counting(), table, "v1").stream(ASKED))
    assert events == [Token("ahead 1"), Done(Answer("ahead 1", ("c1",)))]


def test_a_table_of_another_version_is_not_used():
    table = compute(Counting("ahead"), QUESTIONS, "v1")
    assert texts(Precomputed(Counting("inner"), table, "v2"), "How long?") == ["inner 1"]


def test_answers_that_went_wrong_are_left_out():
    assert compute(Counting(flags=("truncated",)), QUESTIONS, "v1").answers == {}


def test_a_bad_question_is_refused():
    with pytest.raises(BadQuestionError):
        list(Precomputed(Counting(), Table(version="v1", answers={}), "v1").stream(Question("")))


def test_a_saved_table_is_the_same(tmp_path):
    table = compute(Counting("ähead"), QUESTIONS, "v1")
    save(table, tmp_path / "table.json")
    assert load(tmp_path / "table.json") == table


def test_a_missing_damaged_or_foreign_table_is_refused(tmp_path):
    path = tmp_path / "table.json"
    with pytest.raises(store.StoreError):
        load(path)
    save(compute(Counting(), QUESTIONS, "v1"), path)
    path.write_text("{}")
    with pytest.raises(store.CorruptFileError):
        load(path)
    with store.atomic_write(path) as part:
        part.write_text('{"answers": []}')
    with pytest.raises(store.CorruptFileError, match="table of answers"):
        load(path)
