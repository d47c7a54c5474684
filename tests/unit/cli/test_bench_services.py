"""`under500 bench` on addresses and objects."""

import json
import threading
from itertools import pairwise

import pytest
from typer.testing import CliRunner

from harness import entries
from harness.cli.kept_results import CHANGE, SERVICE
from harness.cli.main import app
from harness.learner.results import results
from harness.measure.machine import describe
from tests.fakes import pipeline
from tests.unit.chat.fake_service import EVENTS, GOOD, JSON, sending, service
from tests.unit.chat.served import served
from tests.unit.cli.fake_entries import HOGGED, KNOWN, QUIET, last_json

run = CliRunner().invoke
GOOD_SERVICE = sending(200, EVENTS, *GOOD)


@pytest.fixture(autouse=True)
def fakes(monkeypatch):
    monkeypatch.setattr(entries, "entry_named", KNOWN.__getitem__)
    monkeypatch.setattr(describe, "busy", lambda: QUIET)


@pytest.fixture
def own(tmp_path):
    def write(count):
        path = tmp_path / "own.jsonl"
        lines = [{"text": f"question {number}", "regex": "months"} for number in range(count)]
        path.write_text("\n".join(map(json.dumps, lines)))
        return ["--questions", str(path)]

    return write


def bench(a, b, *more):
    return run(app, ["bench", a, b, "--rate", "100", "--json", *more])


def right(text):
    return "24 months"


def wrong(text):
    return ["no ", "idea"]


def test_two_models_at_one_address_are_compared():
    with service(GOOD_SERVICE, models=("large", "small")) as server:
        models = ["--model", "large", "--model", "small"]
        result = bench(server.url, server.url, "-n", "6", "--seed", "1", "--noise", "5", *models)
    assert result.exit_code == 0, result.output
    values = last_json(result)
    assert values["ratio"]["p50"] > 0 and values["division"] == "open" and values["own"] is None
    assert results()[(SERVICE, CHANGE)].value == values["ratio"]["p50"]
    asked = [body["model"] for body in server.bodies]
    alone, compared = asked[: 2 * (2 + 6)], asked[2 * (2 + 6) :]
    assert set(alone) == {"large"} and values["noise"]["n"] == 6
    assert compared[4:8] == ["large", "small", "small", "large"] and len(compared) == 2 * (2 + 6)
    assert all(len(body["messages"]) == 1 for body in server.bodies)
    texts = [body["messages"][-1]["content"] for body in server.bodies]
    measured = texts[4:16], texts[20:]  # without those to warm up
    assert all(one != other for part in measured for one, other in pairwise(part))
    assert not set(texts[4:16]) & set(texts[16:]) - set(
        texts[:4]
    )  # what A alone is asked is new to both
    assert "at most 24 requests" in result.stdout and "at most 8 requests" in result.stdout


def test_quality_on_own_questions_is_gated(own):
    sides = f"{__name__}:right", f"{__name__}:wrong"
    worse = bench(*sides, "-n", "40", *own(21))
    assert worse.exit_code == 0, worse.output
    found = last_json(worse)["own"]
    assert (found["a"]["successes"], found["b"]["successes"], found["a"]["n"]) == (12, 0, 12)
    assert not found["holds"] and "not shown to hold" in worse.stdout
    assert not found["wrong"]["a"] and len(found["wrong"]["b"]) == 12
    first = found["wrong"]["b"][0]
    assert (first["expected"], first["got"]) == ("/months/", "no idea")
    assert worse.stdout.count("got “no idea”") == 5 and "7 more" in worse.stdout
    same = last_json(bench(sides[0], sides[0], "-n", "40", *own(42)))["own"]
    assert same["holds"] and same["worst"] < 0


def test_a_fault_of_a_alone_ends_the_run_and_no_noise_is_measured_unless_wanted():
    failed = bench("broken", "reference", "-n", "6")
    assert failed.exit_code == 1 and "broken went wrong" in failed.stdout
    assert (last_json(failed)["b"], last_json(failed)["noise"]) == ("reference", None)
    assert not results()
    without = last_json(bench("baseline", "reference", "-n", "6", "--noise", "0"))
    assert without["noise"] is None and without["ratio"]
    assert not results()  # entries of the course are no service of one's own


def test_an_interrupt_shows_the_blocks_that_are_measured(monkeypatch):
    asked = []

    def interrupted(text):
        asked.append(text)
        if len(asked) > 2 + 6:
            raise KeyboardInterrupt
        return "yes"

    monkeypatch.setitem(globals(), "interrupted", interrupted)
    result = bench(f"{__name__}:right", f"{__name__}:interrupted", "-n", "20", "--noise", "0")
    values = last_json(result)
    assert (result.exit_code, values["n"], values["interrupted"]) == (130, 6, True)
    assert values["ratio"] and results()


@pytest.mark.parametrize(("answers", "n"), [(1, 0), (2 * (2 + 6), 6)])
def test_an_interrupt_of_a_against_itself_keeps_what_is_measured(monkeypatch, answers, n):
    asked = []

    def interrupted(text):
        asked.append(text)
        if len(asked) > answers:
            raise KeyboardInterrupt
        return "yes"

    monkeypatch.setitem(globals(), "interrupted", interrupted)
    result = bench(f"{__name__}:interrupted", f"{__name__}:right", "-n", "6", "--noise", "10")
    values = last_json(result)
    assert (result.exit_code, values["n"], values["interrupted"]) == (130, n, True)
    assert len(values["samples"]["e2e_ms"]["a"]) == n and values["a"] == values["b"]
    assert not results()  # it is no change


def test_an_entry_is_compared_with_its_own_server():
    with served(pipeline(streaming=True)) as client:
        result = bench("reference", f"{client.base_url}/v1", "-n", "6")
    assert result.exit_code == 0, result.output
    assert set(last_json(result)["quality"]["b"]["shares"]) >= {"exact", "citation"}


def test_a_ratio_from_a_busy_machine_is_not_kept(monkeypatch):
    monkeypatch.setattr(describe, "busy", lambda: HOGGED)
    sides = f"{__name__}:right", f"{__name__}:wrong"
    result = bench(*sides, "-n", "6", "--noise", "0", "--busy")
    assert result.exit_code == 0 and last_json(result)["ratio"]
    assert "Not kept" in result.stdout and not results()


def test_a_service_that_refuses_gives_no_number():
    with service(sending(429, JSON | {"Retry-After": "9"})) as server:
        result = bench("reference", server.url, "-n", "6")
    assert result.exit_code == 1 and "asks to wait 9 s" in result.stdout


def test_an_answer_that_takes_longer_than_the_timeout_ends_the_comparison():
    def slow(handler):
        handler.send(200, EVENTS, GOOD[0])
        threading.Event().wait(2)

    with service(slow) as server:
        result = bench("reference", server.url, "-n", "2", "--noise", "0", "--timeout", "0.2")
    assert result.exit_code == 1 and "within 0.2 s" in result.stdout


@pytest.mark.parametrize("noise", ["1", "3", "4"])
def test_too_few_questions_for_the_noise_are_wrong_use(noise):
    result = bench("baseline", "reference", "-n", "6", "--noise", noise)
    assert result.exit_code == 2 and f"--noise {noise} gives" in last_json(result)["error"]


@pytest.mark.parametrize(("count", "n"), [(13, 10), (9, 6)])
def test_a_short_file_is_kept_for_a_and_b_and_it_is_said(own, count, n):
    result = bench(
        f"{__name__}:right", f"{__name__}:right", "-n", "10", "--noise", "6", *own(count)
    )
    values = last_json(result)
    assert (values["n"], values["noise"]) == (n, None)
    assert f"{count} questions: 2 to warm up, none for A" in result.stdout
    assert "takes 20 or more" in result.stdout and f"{n} for A and B" in result.stdout


def test_a_file_that_is_long_enough_is_not_spoken_of(own):
    result = bench(f"{__name__}:right", f"{__name__}:right", "-n", "12", "--noise", "6", *own(20))
    assert last_json(result)["noise"]["n"] == 6 and "to warm up" not in result.stdout


def test_options_for_an_address_are_of_no_use_to_objects_and_entries():
    more = ["-n", "2", "--noise", "0", "--no-usage"]
    result = bench(f"{__name__}:right", "reference", *more)
    assert result.exit_code == 0 and "address: --rate, --no-usage." in result.stderr


def test_too_few_for_a_ratio_show_their_range():
    result = bench(f"{__name__}:right", f"{__name__}:right", "-n", "4", "--noise", "0")
    assert result.exit_code == 0 and "there are 4: end-to-end A 0 to 0 ms" in result.stdout


def test_too_few_questions_and_too_many_models_are_wrong_use(own):
    assert bench("baseline", "reference", *own(3)).exit_code == 2
    models = ["--model", "a"] * 3
    assert bench("baseline", "reference", "-n", "2", *models).exit_code == 2
