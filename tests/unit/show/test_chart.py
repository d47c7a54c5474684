"""The parts that charts share."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from harness.measure.stats import Interval
from harness.show import chart


@pytest.fixture
def axes():
    axes = Figure().add_subplot()
    axes.set_xlim(0, 10)
    axes.set_ylim(0, 1)
    return axes


def tinted(axes):
    """Return (lowest, highest) x of the tinted side."""
    x, _ = axes.patches[-1].get_corners().T
    return x.min(), x.max()


def test_a_number_of_items_is_required():
    chart.require([1], "files")
    chart.require({1: 2, 3: 4}, "files", least=2, most=2)
    with pytest.raises(ValueError, match="at least 1 files, not 0"):
        chart.require([], "files")
    with pytest.raises(ValueError, match="1 to 2 curves, not 3"):
        chart.require([1, 2, 3], "curves", most=2)


def test_rows_stand_below_each_other_with_their_numbers_and_headings():
    columns = chart.Columns(2.0, (("TTFT", 50), ("end-to-end", 120)))
    cells = [("1 ms", "2 ms"), ("3 ms", "4 ms")]
    figure, axes = chart.rows_picture("T", "n", ["first", "second"], columns, "ms", cells)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["first", "second"]
    assert axes.get_ylim() == (1.5, -0.5)
    y = {text.get_text(): text.xy[1] for text in axes.texts}
    assert (y["1 ms"], y["2 ms"], y["3 ms"], y["4 ms"]) == (0, 0, 1, 1)
    assert {"TTFT", "end-to-end"} <= set(y)
    assert repr(figure.described(["more"])) == "T\nn\nmore"


def test_a_row_needs_a_text_for_each_column():
    columns = chart.Columns(2.0, (("TTFT", 50), ("end-to-end", 120)))
    with pytest.raises(ValueError, match="zip"):
        chart.rows_picture("T", "n", ["one"], columns, "ms", [("1 ms",)])


def test_ticks_are_set_where_they_are_in_view(axes):
    axes.set_xscale("log")
    axes.set_xlim(0.4, 11)
    chart.ticks(axes.xaxis)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.5", "1", "2", "5", "10"]
    assert not len(axes.xaxis.get_minorticklocs())


@pytest.mark.parametrize(("side", "expected"), [("below", (0, 4)), ("above", (4, 10))])
def test_a_bound_tints_the_forbidden_side(axes, side, expected):
    chart.bound(axes, "x", 4, side)
    assert tinted(axes) == expected


def test_the_speedup_axis_shows_1_and_tints_the_losses(axes):
    chart.speedup_axis(axes, [2.0, 3.5])
    low, high = axes.get_xlim()
    assert low < 1 < 3.5 < high
    assert tinted(axes) == (pytest.approx(low), 1)


def test_an_interval_is_a_bar_below_its_dot(axes):
    chart.interval_dot(axes, 5.0, 0, Interval(4.0, 7.0), "black")
    (bar,) = axes.collections
    assert bar.get_segments()[0][:, 0].tolist() == [4.0, 7.0]
    chart.interval_dot(axes, 5.0, 0, None, "black")
    assert len(axes.collections) == 1


def test_names_at_the_ends_keep_their_order_and_distance(axes):
    chart.name_the_ends(axes, [(0.5, "b", "red"), (0.49, "a", "red"), (0.9, "c", "red")], 0.1)
    assert [text.get_text() for text in axes.texts] == ["a", "b", "c"]
    heights = [text.xy[1] for text in axes.texts]
    assert min(np.diff(heights)) >= 0.1 - 1e-9
