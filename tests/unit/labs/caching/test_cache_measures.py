"""Stampede, staleness, kept prefixes and paths, on fakes."""

import threading

import pytest

from harness.assistant import Question
from harness.labs.caching import prefix
from harness.labs.caching.cache_paths import by_path
from harness.labs.caching.prefix import Reading, layouts, texts
from harness.labs.caching.staleness import probe, stale_s
from harness.labs.caching.stampede import stampede
from harness.wrappers.response_cache import ResponseCache
from harness.wrappers.text_store import text_store
from tests.fakes import chunk
from tests.unit.wrappers.counting import Counting


def test_all_callers_ask_and_their_waits_come_in_order():
    asked, lock = [], threading.Lock()

    def answer():
        with lock:
            asked.append(1)

    waits = stampede(answer, callers=5)
    assert len(asked) == len(waits) == 5
    assert [wait.end_ms for wait in waits] == sorted(wait.end_ms for wait in waits)
    assert all(0 <= wait.start_ms <= wait.end_ms for wait in waits)


def test_an_error_of_a_caller_comes_out():
    def broken():
        raise OSError("on fire")

    with pytest.raises(OSError, match="on fire"):
        stampede(broken, callers=3)


FACTS = ["12 months", "24 months"]


def test_a_probe_sees_how_long_an_answer_stays_behind_its_article():
    looks = probe(lambda at_s, version: FACTS[at_s >= 300], FACTS, [100], [0, 100, 200, 300])
    assert [look.right for look in looks] == [True, False, False, True]
    assert stale_s(looks, 100) == 200
    never = probe(lambda at_s, version: FACTS[0], FACTS, [100], [0, 200])
    assert stale_s(never, 100) == float("inf")


class Reader:
    """A model that remembers its last prompt, a letter a token."""

    def __init__(self):
        self.context, self.seen, self.log = self, "", []

    def tokens(self, text):
        return list(text)

    def read(self, tokens):
        pairs = zip(self.seen, tokens, strict=False)
        known = next(
            (i for i, (a, b) in enumerate(pairs) if a != b), min(len(self.seen), len(tokens))
        )
        self.seen = "".join(tokens)
        self.log.append(self.seen)
        return known

    def greedy(self):
        yield 7

    def forget(self):
        self.seen = ""


def test_layouts_are_read_in_turn_and_each_from_its_own_past():
    reader = Reader()
    found = layouts(
        reader,
        {"cold": lambda n: ("", f"ab{n}"), "warm": lambda n: ("abx", f"aby{n}")},
        rounds=2,
    )
    assert [(one.known, one.tokens) for one in found["cold"]] == [(0, 3), (0, 3)]
    assert [(one.known, one.tokens) for one in found["warm"]] == [(2, 4), (2, 4)]
    assert reader.log == ["ab0", "abx", "aby0", "ab1", "abx", "aby1"]


def test_kept_bytes_follow_the_header(monkeypatch):
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
    assert prefix.kept_bytes("model.gguf", 1) == 2 * 30 * 3 * 64 * 2


def test_texts_carry_the_id_that_they_are_sorted_by():
    assert texts([chunk(2, "T.")]) == [("c2", "Kestrel X2: Warranty. T.")]
    assert Reading(1.0, 2, 1).known == 1


def test_times_are_kept_apart_by_who_answered(tmp_path):
    cache = ResponseCache(Counting(), text_store(tmp_path), "v")
    asked = [Question(text) for text in ("one", "two", "one", "one")]
    times = by_path(cache, asked, progress=False)
    assert {path: len(ms) for path, ms in times.items()} == {"miss": 2, "response": 2}
