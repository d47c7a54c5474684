"""Stampede, staleness, prefix cache and latency by path, on fakes."""

import threading

import pytest

from harness.assistant import Question
from harness.labs.caching import prefix
from harness.labs.caching.cache_paths import by_path, mean_ms
from harness.labs.caching.entry_sizes import median_bytes, size_row
from harness.labs.caching.prefix import Prefill, measure_layouts, passages
from harness.labs.caching.prompt_pairs import AGAIN, COLD, PromptPairs
from harness.labs.caching.staleness import AnswerStore, EditedArticle, probe, stale_s
from harness.labs.caching.stampede import OneAtATime, stampede, stampedes
from harness.wrappers.response_cache import ResponseCache
from harness.wrappers.text_store import text_store
from tests.fakes import chunk
from tests.unit.wrappers.counting import Counting


def test_all_callers_ask_and_their_waits_are_in_order():
    calls, lock = [], threading.Lock()

    def answer():
        with lock:
            calls.append(1)

    waits = stampede(answer, callers=5)
    assert len(calls) == len(waits) == 5
    assert [wait.end_ms for wait in waits] == sorted(wait.end_ms for wait in waits)
    assert all(0 <= wait.start_ms <= wait.end_ms for wait in waits)


def test_an_error_of_a_caller_is_raised():
    def broken():
        raise OSError("on fire")

    with pytest.raises(OSError, match="on fire"):
        stampede(broken, callers=3)


def test_each_way_to_answer_a_stampede_has_its_own_count_of_computations():
    reader = Reader()
    reader.seen = "an earlier prompt"
    compute = OneAtATime(reader, lambda: reader.seen)
    runs = stampedes({"all": compute, "nobody": lambda: None, "all again": compute}, compute, 3)
    assert {name: n for name, (_, n) in runs.items()} == {"all": 3, "nobody": 0, "all again": 3}
    assert all(len(waits) == 3 for waits, _ in runs.values())
    assert compute() == ""  # the prefix cache is empty


FACTS = ["12 months", "24 months"]


def test_an_edit_changes_one_fact_of_an_article():
    article = EditedArticle(chunk(1, "Warranty: 12 months."), tuple(FACTS))
    assert article.version(0) == article.chunk
    assert article.version(1) == chunk(1, "Warranty: 24 months.")


def test_an_answer_store_keeps_the_deadline():
    store = AnswerStore()
    store.put("key", "an answer", 60.0)
    assert store.get("key") == ("an answer", 60.0)
    assert store.get("another key") is None


def test_a_probe_measures_how_long_an_answer_is_stale():
    seen = probe(lambda at_s, version: FACTS[at_s >= 300], FACTS, [100], [0, 100, 200, 300])
    assert [observation.right for observation in seen] == [True, False, False, True]
    assert stale_s(seen, 100) == 200
    never = probe(lambda at_s, version: FACTS[0], FACTS, [100], [0, 200])
    assert stale_s(never, 100) == float("inf")


class Reader:
    """A model that keeps its last prompt; each letter is a token."""

    def __init__(self):
        self.context, self.seen, self.log = self, "", []

    def tokens(self, text):
        return list(text)

    def read(self, tokens):
        pairs = zip(self.seen, tokens, strict=False)
        reused = next(
            (i for i, (a, b) in enumerate(pairs) if a != b), min(len(self.seen), len(tokens))
        )
        self.seen = "".join(tokens)
        self.log.append(self.seen)
        return reused

    def greedy(self):
        yield 7

    def forget(self):
        self.seen = ""


def test_layouts_take_turns_and_each_starts_from_its_own_earlier_prompt():
    reader = Reader()
    prefills = measure_layouts(
        reader,
        {"cold": lambda n: ("", f"ab{n}"), "warm": lambda n: ("abx", f"aby{n}")},
        rounds=2,
    )
    assert [(prefill.reused, prefill.tokens) for prefill in prefills["cold"]] == [(0, 3), (0, 3)]
    assert [(prefill.reused, prefill.tokens) for prefill in prefills["warm"]] == [(2, 4), (2, 4)]
    assert reader.log == ["ab0", "abx", "aby0", "ab1", "abx", "aby1"]


def as_listed(instructions, passages, question, today):
    return " ".join([*(text for _, text in passages), today, question])


def test_pairs_of_prompts_have_the_same_passages_and_another_question_and_day():
    questions = [Question(text) for text in ("first?", "second?", "third?")]
    given = [("a", "one"), ("b", "two"), ("c", "three")]
    cases = PromptPairs(questions, lambda question: given).cases({"listed": as_listed})
    assert list(cases) == [COLD, "listed", AGAIN]
    assert cases[COLD](0)[0] == ""
    first, second = cases["listed"](0)
    assert "one two three 1 May first?" in first
    assert "2 May third?" in second
    assert all(text in second for _, text in given)
    assert len({cases["listed"](0)[1] for _ in range(20)}) > 1  # orders
    before, timed = cases[AGAIN](1)
    assert before == timed and "second?" in timed


def test_sizes_of_entries(tmp_path):
    store = text_store(tmp_path)
    for key, text in {"a": "one", "b": "three", "c": "seventeen"}.items():
        store.put(key, text)
    assert median_bytes(store) == len(store.cache["b"])  # with what the store adds to each text
    assert size_row("an answer", 1500).split() == [
        *("an", "answer", "1.5", "kB,", "a", "million", "of", "them", "1.5", "GB")
    ]


def test_a_mean_is_over_the_texts():
    asked = []
    assert mean_ms(asked.append, ["a", "b"]) >= 0
    assert asked == ["a", "b"]


def test_kv_bytes_follow_the_header(monkeypatch):
    class Field:
        def __init__(self, value):
            self.contents = lambda: value

    sizes = {
        "block_count": 30,
        "attention.head_count": 9,
        "attention.head_count_kv": 3,
        "embedding_length": 576,
    }
    reader = type("R", (), {"fields": {f"llama.{k}": Field(v) for k, v in sizes.items()}})
    monkeypatch.setattr(prefix, "GGUFReader", lambda path: reader)
    assert prefix.kv_bytes("model.gguf", 1) == 2 * 30 * 3 * 64 * 2


def test_passages_have_an_id_to_sort_by():
    assert passages([chunk(2, "T.")]) == [("c2", "Kestrel X2: Warranty. T.")]
    assert Prefill(1.0, 2, 1).reused == 1


def test_times_are_grouped_by_what_answered(tmp_path):
    cache = ResponseCache(Counting(), text_store(tmp_path), "v")
    questions = [Question(text) for text in ("one", "two", "one", "one")]
    times = by_path(cache, questions, progress=False)
    assert {path: len(ms) for path, ms in times.items()} == {"miss": 2, "response": 2}
