from threading import Thread

import numpy as np
import pytest

from harness.assistant import Answer
from harness.wrappers.entity_guard import EntityGuard
from harness.wrappers.expiry import Expiry
from harness.wrappers.semantic_cache import CAPACITY, Remembered, SemanticCache, SemanticMemory
from tests.unit.wrappers.counting import Clock, Counting, texts

GUARD = EntityGuard(["Kestrel X200", "Kestrel X300", "Marlow Duo"])
FIRST = "Is the Kestrel X200 covered for 12 months?"


def alike(texts):
    """Embed every text as the same vector, so that only the guard can distinguish them."""
    return np.tile(np.array([1, 0], np.float32), (len(texts), 1))


def by_length(texts):
    """Embed texts at an angle of a tenth of a radian per character."""
    return np.array([[np.cos(len(t) / 10), np.sin(len(t) / 10)] for t in texts], np.float32)


def cache(inner=None, embed=alike, threshold=0.9, version="v1", **fields):
    return SemanticCache(inner or Counting(), embed, GUARD, threshold, version, **fields)


@pytest.mark.parametrize(
    "text",
    [
        "For 12 months the kestrel x200 is covered, is it?",
        "Kestrel X200: cover for 12-month?",
        "12 months' cover for my Kestrel X200",
        "Does Halden cover the KESTREL X200 for 12 months",
    ],
)
def test_a_paraphrase_gets_the_cached_answer(text):
    assert texts(cache(), FIRST, text) == ["answer 1", "answer 1"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (FIRST, "Is the Kestrel X300 covered for 12 months?"),  # another product
        (FIRST, "Is the Marlow Duo covered for 12 months?"),
        (FIRST, "Is the Kestrel X900 covered for 12 months?"),  # does not exist
        (FIRST, "Is the Kestrel covered for 12 months?"),
        (FIRST, "Is the Kestrel X200 covered for 24 months?"),  # another number
        (FIRST, "Is the Kestrel X200 covered for 12 weeks?"),  # another unit
        (FIRST, "Is the Kestrel X200 covered for months?"),
        (FIRST, "Is the Kestrel X200 covered for twelve months?"),  # safe, though the same
        (FIRST, "Is the Kestrel X200 not covered for 12 months?"),  # the contrary
        (FIRST, "Isn't the Kestrel X200 covered for 12 months?"),
        (FIRST, "Is the Kestrel X200 covered for 12 months in Canada?"),
        ("Kestrel X200 to Canada?", "Kestrel X200 to Australia?"),
        ("Kestrel X200 to Germany?", "Kestrel X200 to France?"),  # names the guard does not know
        ("Kestrel X200: turn it on", "Kestrel X200: turn it off"),
        ("Kestrel X200: is $39 right?", "Kestrel X200: is 39 right?"),
        ("Kestrel X200: code E7", "Kestrel X200: code E8"),
        ("Kestrel X200: two years?", "Kestrel X200: three years?"),
        ("Kestrel X200: one year?", "Kestrel X200: one month?"),
        ("Kestrel X200: at least?", "Kestrel X200: at most?"),
        ("Kestrel X200 without cover", "Kestrel X200 cover"),
        ("Kestrel X200: never not", "Kestrel X200: not"),
        ("Kestrel X200 or Marlow Duo?", "Kestrel X200?"),
        ("the Kestrel X200 can't", "the Kestrel X200 can"),
        ("the Kestrel X200 won’t", "the Kestrel X200"),
        ("Kestrel X200: 1.5 m", "Kestrel X200: 1.6 m"),
        ("Kestrel X200: minimum?", "Kestrel X200: maximum?"),
    ],
)
def test_a_near_miss_never_hits_however_alike_the_embedder_finds_it(one, other):
    for first, second in ((one, other), (other, one)):
        assert texts(cache(), first, second) == ["answer 1", "answer 2"]


def test_a_pronoun_is_no_number_and_a_word_that_starts_alike_no_opposite():
    assert GUARD("which one is it, Kestrel X200") == GUARD("Kestrel X200: it is which")
    assert GUARD("official Kestrel X200 locker") == GUARD("Kestrel X200")


def test_a_question_without_a_product_is_left_alone():
    def never(texts):
        pytest.fail("it need not be embedded")

    assert texts(cache(embed=never), "Which is best?", "Which is best?") == ["answer 1", "answer 2"]


def test_only_what_is_near_enough_hits():
    text = "Kestrel X200 cover"
    near, far = text + "?", text + " please, and soon"
    one = cache(embed=by_length, threshold=0.99)
    assert texts(one, text, near, far) == ["answer 1", "answer 1", "answer 2"]


def test_the_nearest_of_several_is_taken():
    one = cache(embed=by_length, threshold=0.9)
    short, long = "Kestrel X200 ok", "Kestrel X200 is that ok"
    assert texts(one, short, long, "Kestrel X200 is that all ok")[2] == "answer 2"


def test_an_old_answer_and_one_of_another_version_are_not_used():
    clock, inner = Clock(), Counting()
    memory = SemanticMemory()
    fields = {"expiry": Expiry(100, 0, clock), "memory": memory}
    old = cache(inner, version="v1", **fields)
    assert texts(old, FIRST, FIRST) == ["answer 1", "answer 1"]
    assert texts(cache(inner, version="v2", **fields), FIRST) == ["answer 2"]
    clock.now += 100
    assert texts(old, FIRST) == ["answer 3"]


def test_failures_are_not_kept():
    truncated = cache(Counting(flags=("truncated",)))
    assert texts(truncated, FIRST, FIRST) == ["answer 1", "answer 2"]
    broken = Counting(error=OSError("disk on fire"))
    one = cache(broken)
    with pytest.raises(OSError, match="on fire"):
        texts(one, FIRST)
    broken.error = None
    assert texts(one, FIRST) == ["answer 2"]


def test_the_memory_has_an_end_and_the_oldest_makes_room():
    memory = SemanticMemory()
    for n in range(CAPACITY + 1):
        memory.add(Remembered(n, np.ones(1, np.float32), Answer("a"), 1.0))
    assert len(memory.questions) == CAPACITY
    assert memory.nearest(0, np.ones(1, np.float32), 0.0) == (-1.0, None)
    assert memory.nearest(1, np.ones(1, np.float32), 0.0)[0] == 1.0


def test_many_threads_may_ask_at_once():
    one = cache()
    questions = [f"Kestrel X200 for {n} months?" for n in range(40)]
    threads = [Thread(target=texts, args=(one, *questions)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asked = len(one.inner.asked)
    texts(one, *questions)
    assert len(one.inner.asked) == asked
