import pytest

from harness.wrappers import keys
from harness.wrappers.expiry import Expiry
from harness.wrappers.keys import answer_version, key, normalised
from tests.unit.wrappers.counting import Clock


@pytest.mark.parametrize(
    "text",
    [
        "How long is it covered?",
        "  how LONG is\n it covered ",
        "How long is it covered?!",
        "How long is it covered …",
        "HOW LONG IS IT COVERED.",
    ],
)
def test_spelling_that_means_nothing_is_taken_off(text):
    assert normalised(text) == "how long is it covered"


def test_composed_and_decomposed_letters_are_the_same():
    assert normalised("Caf\u00e9 X200") == normalised("cafe\u0301 x200")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("warranty of 12 months?", "warranty of 24 months?"),
        ("Kestrel X200 weight", "Kestrel X300 weight"),
        ("Is it covered?", "Is it not covered?"),
        ("X200", "X²00"),
        ("cafe", "café"),
        ("It's -5", "It's 5"),
        ("???", "!!!"),
    ],
)
def test_everything_else_counts(one, other):
    assert normalised(one) != normalised(other)


def test_parts_of_a_key_do_not_run_together():
    assert len({key("a", "bc"), key("ab", "c"), key("abc"), key("a", "bc", "")}) == 4


def test_a_version_changes_with_all_that_an_answer_depends_on(monkeypatch):
    before = answer_version("model")
    assert before == answer_version("model")
    versions = {before, answer_version("other"), answer_version("model", "k=2")}
    monkeypatch.setattr(keys.articles, "content_hash", lambda: "changed")
    versions.add(answer_version("model"))
    monkeypatch.setattr(keys, "passages", lambda chunks: "another instruction")
    versions.add(answer_version("model"))
    assert len(versions) == 5


@pytest.mark.parametrize(("chance", "lives"), [(0.0, 90), (0.5, 100), (1.0, 110)])
def test_jitter_spreads_the_deadlines(chance, lives):
    clock = Clock()
    expiry = Expiry(ttl_s=100, jitter=0.1, clock=clock, chance=lambda: chance)
    deadline = expiry.deadline()
    clock.now += lives - 1
    assert not expiry.over(deadline)
    clock.now += 1.001
    assert expiry.over(deadline)


def test_deadlines_differ_unless_told_otherwise():
    expiry = Expiry(clock=lambda: 0.0)
    assert len({expiry.deadline() for _ in range(10)}) > 1
