"""Results of labs, and what the interviewer makes of them."""

import ast
from dataclasses import replace

import nbformat
import pytest

from harness.cli.kept_results import CHANGE, REMAINS, SERVICE, TOTAL
from harness.interview.dialogue import own_numbers
from harness.interview.dialogue.moves import Phase, State, Tick, Utterance
from harness.interview.scoring.rubric import rubric
from harness.learner import results
from harness.learner.results import ResultError, keep_result
from tests.unit.interview.interviews import interviewer, words


def test_the_last_measurement_counts():
    keep_result("04-quantization", "q8_0", 2.4)
    kept = keep_result("04-quantization", "q8_0", 2.6, interval=(2.5, 2.7), n=20)
    assert results.results() == {("04-quantization", "q8_0"): kept}


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), "fast", None])
def test_a_result_must_be_a_positive_number(value):
    with pytest.raises(ResultError, match="positive"):
        keep_result("04-quantization", "q8_0", value)


@pytest.mark.parametrize("name", ["", "../q8", "a/b"])
def test_a_name_stays_in_its_folder(name):
    with pytest.raises(ResultError):
        keep_result("04-quantization", name, 2.0)


def test_a_damaged_file_is_left_out():
    keep_result("04-quantization", "q8_0", 2.4)
    (results.folder() / "05-speculative-decoding.draft.json").write_text("{")
    (results.folder() / "06-retrieval-hnsw.hnsw.json").write_text('{"value": 3}')
    assert list(results.results()) == [("04-quantization", "q8_0")]


def test_without_results_there_are_no_own_numbers():
    assert own_numbers.own_numbers() == ()


def test_a_result_is_told_with_its_interval():
    keep_result("04-quantization", "q8_0", 2.6, interval=(2.5, 2.7), n=20)
    [one] = own_numbers.own_numbers()
    assert one.target == "STK-QUANT"
    assert "2.6 times as fast as F32 (95 % interval 2.5 to 2.7, n=20)" in one.says
    assert "gave 2.6 times" in one.asks and one.asks.endswith("?")


@pytest.mark.parametrize(
    "value,told", [(0.94, "0.94"), (1, "1"), (1.96, "2"), (184.2, "180"), (12345, "12,000")]
)
def test_a_number_is_told_with_two_digits(value, told):
    keep_result("07-caching", "hit", value)
    [one] = own_numbers.own_numbers()
    assert f"was {told} times" in one.says


def kept(notebook):
    """Return lab and name of each result that the code cells of `notebook` keep."""
    for cell in nbformat.read(notebook, as_version=4).cells:
        for node in ast.walk(ast.parse(cell.source if cell.cell_type == "code" else "")):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "kit.keep_result":
                yield tuple(argument.value for argument in node.args[:2])


def test_the_labs_keep_what_the_interview_asks_about(root):
    notebooks = (root / "solutions").glob("*/*.ipynb")
    asked = {(one.lab, one.name) for one in own_numbers.words().results}
    verbs = {(SERVICE, name) for name in (TOTAL, REMAINS, CHANGE)}
    assert {result for notebook in notebooks for result in kept(notebook)} | verbs == asked


def test_the_own_service_is_told_like_a_lab():
    keep_result(SERVICE, TOTAL, 1234.5, "ms", (1200.0, 1300.0), 44)
    keep_result(SERVICE, CHANGE, 2.5, interval=(2.4, 2.6), n=44)
    total, change = own_numbers.own_numbers()
    assert "1,200 ms end-to-end, p50 (95 % interval 1,200 to 1,300, n=44)" in total.says
    assert "2.5 times as long" in change.asks and change.target == "SYS-REMEASURE"


def test_every_target_is_an_idea_of_the_rubric():
    found = own_numbers.words()
    assert {one.target for one in (*found.results, found.baseline)} <= set(rubric().by_id)


def test_the_interviewer_asks_about_it_once_when_the_idea_is_named():
    keep_result("04-quantization", "q8_0", 2.6)
    own = own_numbers.own_numbers()
    one = replace(interviewer("S01", levels={"STK-QUANT": "applied"}), own=own)
    state, moves = State(phase=Phase.PROPOSE), []
    said = []
    for t, text in enumerate(
        ("I would quantise it to int8.", "Memory is not all.", "I would do so."), 1
    ):
        state, moves = one.step(state, Utterance(float(t), text))
        said.append(words(moves))
    assert sum("Your Q8_0 run gave 2.6 times" in text for text in said) == 1
    assert "Your Q8_0 run" in said[0]


def test_it_waits_for_the_idea():
    keep_result("04-quantization", "q8_0", 2.6)
    own = own_numbers.own_numbers()
    assert own_numbers.worth_asking(own, State(), lambda: {"STK-CACHE": "explained"}) is None
    assert own_numbers.worth_asking((), State(), dict) is None


def test_the_debrief_tells_the_own_numbers_last():
    keep_result("04-quantization", "q8_0", 2.6)
    one = replace(interviewer("S01", minutes=10), own=own_numbers.own_numbers())
    _, moves = one.step(one.begin()[0], Tick(600.0))
    assert "As to your own numbers: In lab 04" in words(moves)
