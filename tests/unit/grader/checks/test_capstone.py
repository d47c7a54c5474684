"""The checks of lab 10, on parts without models: what passes, what does not, and what they say."""

import time
from dataclasses import replace

import pytest

from grader import checks
from grader.checks import capstone, capstone_caches, capstone_memo
from grader.exercise.exercise import CheckFailed
from harness.assistant import Query
from harness.kb.articles import chunks
from harness.kb.questions import draw
from harness.measure.latency.timing import Clock
from harness.serve.entry import Division, Entry
from harness.serve.network import Network
from tests.fakes import Scripted, saying

NEAR = Network(rtt_ms=1, keep_alive=True, preflight=())
CASES = draw("dev", 40, seed=11, history_turns=0)
BY_TEXT = {case.question.text: case for case in CASES}
BY_ID = {chunk.id: chunk for chunk in chunks()}


@pytest.fixture(autouse=True)
def known_questions(monkeypatch):
    """Fresh questions would need a model; these are fresh enough for a fake that knows them."""
    answerable = [case for case in CASES if case.answerable]
    monkeypatch.setattr(capstone, "fresh_cases", lambda n: CASES[:n])
    monkeypatch.setattr(capstone_caches, "answerable_cases", lambda n: answerable[:n])


def finding(right=lambda case: True):
    """Stages that find the gold passage where `right` says so."""

    def retrieve(query, k):
        case = BY_TEXT[query.text]
        wrong = BY_ID[case.near_misses[0]] if case.near_misses else chunks()[0]
        return [BY_ID[case.gold] if right(case) else wrong][:k]

    return lambda question: Query(question.text, None), retrieve


def writing(question, passages):
    yield from ("It is ", BY_TEXT[question.text].fact, ".")


class Knowing:
    def stream(self, question):
        case = BY_TEXT[question.text]
        yield from saying(case.reference, citations=(case.gold or "",)).stream(question)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda slow: slow, "4 round trips"),
        (lambda slow: replace(slow, keep_alive=True), "3 round trips"),
        (lambda slow: replace(NEAR, rtt_ms=1), "users do not move"),
        (lambda slow: None, "a Network"),
    ],
)
def test_a_way_that_is_no_shorter_or_moves_the_users(function, said):
    with pytest.raises(CheckFailed, match=said):
        checks.way(function)


def test_one_round_trip_passes(capsys):
    checks.way(lambda slow: replace(slow, keep_alive=True, preflight=()))
    assert "passed" in capsys.readouterr().out


def test_a_search_that_finds_the_gold_passage_first_passes(capsys):
    checks.search(finding)
    assert "passed" in capsys.readouterr().out


def test_a_search_that_finds_near_misses_does_not():
    with pytest.raises(CheckFailed, match="the filter"):
        checks.search(lambda: finding(lambda case: False))
    with pytest.raises(CheckFailed, match="two stages"):
        checks.search(lambda: finding()[0])


def test_a_writer_is_judged_by_its_facts_and_must_stream(capsys):
    checks.writer(lambda: writing)
    assert "passed" in capsys.readouterr().out
    with pytest.raises(CheckFailed, match="everything in one"):
        checks.writer(lambda: lambda question, passages: ["".join(writing(question, passages))])
    with pytest.raises(CheckFailed, match="which model"):
        checks.writer(lambda: lambda question, passages: iter(["No ", "idea."]))


def test_an_entry_is_asked_through_http(capsys):
    checks.entry(lambda: Entry("mine", Knowing(), NEAR))
    assert "right through HTTP, closed division" in capsys.readouterr().out


class Computing(Knowing):
    def __init__(self, cpu_s):
        self.cpu_s = cpu_s

    def stream(self, question):
        until = time.process_time() + self.cpu_s
        while time.process_time() < until:
            pass
        yield from super().stream(question)


@pytest.mark.parametrize(
    ("mine", "said"),
    [
        (Entry("mine", Knowing(), NEAR), "CPU time"),
        (Entry("mine", Knowing(), NEAR, Division.NO_MODEL), "an entry without a language model"),
        (Entry("mine", Computing(0.05), NEAR), "passed"),
    ],
)
def test_practice_names_an_entry_without_a_language_model(mine, said, monkeypatch, capsys):
    bar = Entry("yardstick", Computing(0.2), NEAR)
    monkeypatch.setattr(capstone.entries, "entry_named", lambda name: bar)
    monkeypatch.setattr(capstone, "BAR_OF", capstone.BAR_OF.model_copy(update={"most": 12}))
    try:
        checks.under_bar(lambda: mine)
    except CheckFailed as failed:
        print(failed)
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (Knowing(), "an Entry"),
        (Entry("mine", Scripted(), NEAR), "an answer to every question"),
        (Entry("mine", saying("It is covered for 999 months."), NEAR), "right of"),
        (Entry("mine", "assistant", NEAR), "what the Entry is made of"),
    ],
)
def test_an_entry_that_is_none_or_does_not_answer(made, said):
    with pytest.raises(CheckFailed, match=said):
        checks.entry(lambda: made)


class Ticking:
    """A clock that only work moves: a millisecond a look, and what writing an answer takes."""

    def __init__(self):
        self.ns = 0

    def now_ns(self):
        self.ns += 10**6
        return self.ns

    def write(self):
        self.ns += 10**8


TICKING = Ticking()


@pytest.fixture
def ticking(monkeypatch):
    monkeypatch.setattr(capstone_caches, "CLOCK", Clock(TICKING.now_ns))


def cached(inner, key=lambda text: " ".join(text.split()), division=Division.OPEN):
    """`inner` with answers kept by `key`."""
    kept = {}

    class Cached:
        def stream(self, question):
            name = key(question.text)
            if name not in kept:
                TICKING.write()
                kept[name] = list(inner.stream(question))
            yield from kept[name]

    return Entry("mine", Cached(), NEAR, division)


class Telling:
    """Right about the known questions, and something else about each of the others."""

    def stream(self, question):
        case = BY_TEXT.get(" ".join(question.text.split()))
        text = case.reference if case else f"About {question.text}"
        yield from saying(text, citations=(case.gold,) if case else ()).stream(question)


class Hesitating:
    """An assistant that caches nothing: it waits a second before what it has not been asked before."""

    def __init__(self):
        self.seen = set()

    def stream(self, question):
        name = " ".join(question.text.split())
        for _ in range(1 if name in self.seen else 10):
            TICKING.write()
        self.seen.add(name)
        yield from Telling().stream(question)


def test_a_cache_that_is_declared_and_tells_products_apart_passes(ticking, capsys):
    checks.remembering(lambda: cached(Telling()))
    assert "passed" in capsys.readouterr().out


def blind(text):
    """Return the question without the names in it."""
    return " ".join(word for word in text.split() if not any(map(str.isupper, word)))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (cached(Telling(), division=Division.CLOSED), "the open division"),
        (cached(Telling(), key=lambda text: text), "asked again"),
        (cached(Telling()), "passed"),
        (cached(saying("It is.")), "the assistant that you cache"),
        (cached(Telling(), key=blind), "an answer of its own"),
        (Entry("mine", Hesitating(), NEAR, Division.OPEN), "beside the network"),
        (cached(Scripted()), "an answer to every question"),
        (None, "an Entry"),
    ],
)
def test_caches_that_hide_forget_or_mix_up(made, said, ticking, capsys):
    try:
        checks.remembering(lambda: made)
    except CheckFailed as failed:
        print(failed)
    assert said in capsys.readouterr().out


OPTION = {
    "what": "ship the small model",
    "cost": "some answers worse",
    "ttft_ms": 90,
    "e2e_ms": 200,
}
OPTIONS = [
    OPTION,
    OPTION | {"what": "ship one passage", "cost": "search must be right", "e2e_ms": 400},
    OPTION | {"what": "show words early", "cost": "the end comes no sooner", "e2e_ms": 1400},
]
ASK = "Do users need all of it in 500 ms?"
RULE = "If the first words are enough, streaming."


def test_a_complete_memo_passes_and_an_incomplete_one_says_what_is_missing(capsys):
    checks.memo(OPTIONS, ASK, RULE)
    said = capsys.readouterr().out
    assert "passed" in said and "options with numbers" in said


def test_numbers_of_a_memo_are_those_of_a_measured_step(monkeypatch, capsys):
    monkeypatch.setattr(capstone_memo, "in_notebook", lambda: True)
    measured = {str(o["e2e_ms"]): (o["ttft_ms"] + 0.4, o["e2e_ms"] - 0.4) for o in OPTIONS}
    monkeypatch.setattr(capstone_memo, "kept_steps", lambda: measured)
    checks.memo(OPTIONS, ASK, RULE)
    for changed in ({"e2e_ms": 210}, {"ttft_ms": 60}):
        with pytest.raises(CheckFailed, match="a step you measured"):
            checks.memo([OPTION | changed, *OPTIONS[1:]], ASK, RULE)
    monkeypatch.setattr(capstone_memo, "kept_steps", dict)
    checks.memo([OPTION | {"e2e_ms": 210}, *OPTIONS[1:]], ASK, RULE)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"options": OPTIONS[:1]}, "three options"),
        ({"options": [OPTION] * 3}, "three different values of `what`"),
        ({"options": [*OPTIONS[:2], "ship it"]}, "a dict as option 3"),
        ({"options": [*OPTIONS[:2], OPTIONS[2] | {"e2e_ms": None}]}, "e2e_ms of option 3"),
        ({"options": [*OPTIONS[:2], OPTIONS[2] | {"what": "x x x"}]}, "three different words"),
        ({"options": [OPTION | {"ttft_ms": 9000}, *OPTIONS[1:]]}, "first text before its end"),
        ({"options": [OPTION | {"ttft_ms": 0}, *OPTIONS[1:]]}, "above zero"),
        (
            {"options": [OPTION | {"e2e_ms": 400}, *OPTIONS[1:]]},
            "three different values of `e2e_ms`",
        ),
        ({"ask": "a b c d e f"}, "question back in a sentence"),
        ({"ask": "Users need all of the answer soon."}, "which ends with"),
        ({"rule": "It depends."}, "a rule in a sentence"),
        ({"rule": "We ship whatever turns out to be fast."}, "a condition"),
    ],
)
def test_an_incomplete_memo_says_what_is_missing(change, said):
    memo = {"options": OPTIONS, "ask": ASK, "rule": RULE, **change}
    with pytest.raises(CheckFailed, match=said):
        checks.memo(*memo.values())
