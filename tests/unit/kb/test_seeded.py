"""Reproducible random draws."""

from hypothesis import given
from hypothesis import strategies as st

from harness.kb import seeded

keys = st.lists(st.one_of(st.text(max_size=5), st.integers()), max_size=4)


def test_a_code_is_the_blake2b_of_its_key():
    # From the shell: printf 'kestrel\x1f1' | b2sum -l 64
    assert seeded.code("kestrel", 1) == "7e7f47eef8bd7a4c"


def test_parts_of_a_key_do_not_run_together():
    assert seeded.code("a", "bc") != seeded.code("ab", "c")


@given(keys)
def test_a_fraction_stays_below_one(key):
    assert 0 <= seeded.fraction(*key) < 1


@given(st.lists(st.integers(), max_size=30), keys)
def test_shuffling_keeps_everything_and_repeats_itself(options, key):
    shuffled = seeded.shuffled(options, *key)
    assert sorted(shuffled) == sorted(options)
    assert shuffled == seeded.shuffled(options, *key)
