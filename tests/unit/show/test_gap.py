"""The picture of two numbers per stage states its finding and draws what both have."""

from __future__ import annotations

from harness.show.gap import gap
from tests.unit.show.figures import in_order, title, words

NAMES = ("your guess", "measured")


def test_the_title_names_the_largest_factor():
    figure = gap({"generate": 2000, "retrieve": 600}, {"generate": 2500, "retrieve": 300}, NAMES)
    assert in_order(title(figure), "Vector search", "600 ms", "300 ms", "2.0")
    assert repr(figure).startswith(title(figure))


def test_two_equal_sides_agree():
    figure = gap({"generate": 2500}, {"generate": 2500}, NAMES)
    assert in_order(title(figure), "Your guess", "measured", "agree")


def test_numbers_and_names_stand_beside_the_dots():
    figure = gap({"generate": 2000}, {"generate": 2500}, NAMES)
    assert {"2,000", "2,500", *NAMES} <= words(figure)


def test_the_network_is_marked_as_simulated_and_the_axis_has_its_unit():
    axes = gap({"network": 50}, {"network": 100}, NAMES).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["network (SIM)"]
    assert axes.get_xlabel().startswith("ms")


def test_stages_that_only_one_side_has_and_zeros_do_no_harm():
    figure = gap({"network": 0, "cache": 3}, {"network": 100, "generate": 5}, NAMES)
    assert len(figure.axes[0].get_yticklabels()) == 1
