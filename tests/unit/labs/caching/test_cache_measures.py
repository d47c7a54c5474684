"""Stampede, staleness, prefix cache and latency by path, on fakes."""

import threading

import pytest

from harness.assistant import Question
from harness.labs.caching import prefix
from harness.labs.caching.cache_paths import by_path
from harness.labs.caching.prefix import Prefill, measure_layouts, passages
from harness.labs.caching.staleness import probe, stale_s
from harness.labs.caching.stampede import stampede
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


FACTS = ["12 months", "24 months"]


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
