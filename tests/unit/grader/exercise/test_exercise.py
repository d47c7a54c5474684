"""What the shared methods of an exercise accept, and what their messages say."""

import pytest

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import MS, CheckFailed, Exercise, Unit, hint
from grader.exercise.observed_stream import MOST_EVENTS, ObservedStream, read_stream

MINE = Exercise("05", 2, "mine")


def said(failed):
    return " ".join(str(failed.value).split())


def test_expect_accepts_what_is_equal_or_near():
    MINE.expect([1, 2], [1, 2], "as tokens", "the loop")
    MINE.expect(20.05, 20.0, "in all", "the sum", unit=MS)
    MINE.expect(101.0, 100.0, "MB", "the size", unit=Unit("{:.0f}", 0.0, relative=0.01))


def test_expect_names_both_values_and_where_to_look():
    with pytest.raises(CheckFailed) as failed:
        MINE.expect(20.2, 20.0, "in all", lambda got, more: f"{got} {more}", "of it", unit=MS)
    for part in ("expected 20.0 ms in all", "got 20.2 ms", "look at 20.2 of it"):
        assert part in said(failed)
    with pytest.raises(CheckFailed, match="'b'"):
        MINE.expect("a", "b", "as a name", "the loop")


def test_expect_asks_for_a_hint_only_on_failure():
    MINE.expect(1, 1, "step", lambda got: 1 / 0)


@pytest.mark.parametrize(
    ("value", "kinds", "n"),
    [("ab", list | tuple, None), ("ab", str | list, None), ([1], list, 2), (None, str, None)],
)
def test_returned_refuses_other_types_and_lengths(value, kinds, n):
    with pytest.raises(CheckFailed, match="a list"):
        MINE.returned(value, kinds, "a list", n=n)


def test_returned_gives_the_value_back():
    assert MINE.returned("ab", str, "a name") == "ab"
    assert MINE.returned((1, 2), tuple | list, "a pair", n=2) == (1, 2)


def test_a_hint_is_that_of_the_nearest_mistake():
    mistakes = {"the unit": 1.0, "the sign": 1.05, "the sum": 9.0}
    assert hint(1.06, mistakes, "the rest") == "the sign"
    assert hint(5.0, mistakes, "the rest") == "the rest"


def test_read_stream_records_how_far_the_source_was_read():
    source = ObservedStream("abc")
    seen = read_stream(
        CallLimits(MINE), "letters", lambda pieces, up: map(up, pieces), source, str.upper
    )
    assert seen == [(1, "A"), (2, "B"), (3, "C")]


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda pieces: None, "a generator of letters"),
        (lambda pieces: "abc", "a generator of letters"),
        (lambda pieces: iter(int, 1), f"{MOST_EVENTS:,}"),
    ],
)
def test_read_stream_refuses_what_is_no_stream_or_does_not_end(function, says):
    with pytest.raises(CheckFailed) as failed:
        read_stream(CallLimits(MINE), "letters", function, ObservedStream("abc"))
    assert says in said(failed)
