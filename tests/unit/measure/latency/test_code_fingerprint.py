"""What changes a fingerprint of code, and what does not."""

import pytest

from harness.measure.latency.code_fingerprint import code_fingerprint

CODE = '''
"""A module."""
import os

def area(side: float) -> float:
    """Return the area."""
    return side * side  # in square metres
'''


@pytest.mark.parametrize(
    "same",
    [
        CODE.replace("# in square metres", "# a square"),
        CODE.replace("Return the area.", "Return the area of a square."),
        CODE.replace("import os", "import sys"),
        CODE.replace("side * side", "(side *\n        side)"),
    ],
    ids=["comment", "docstring", "import", "layout"],
)
def test_what_a_reader_sees_does_not_count(same):
    assert code_fingerprint([same]) == code_fingerprint([CODE])


def test_a_function_may_move_to_another_file():
    other = "LIMIT = 3"
    assert code_fingerprint([CODE + other]) == code_fingerprint([other, CODE])


@pytest.mark.parametrize(
    "other",
    [CODE.replace("side * side", "side + side"), CODE + "LIMIT = 3", CODE.replace("area", "size")],
    ids=["operator", "constant", "name"],
)
def test_what_runs_counts(other):
    assert code_fingerprint([other]) != code_fingerprint([CODE])


def test_data_counts():
    assert code_fingerprint([CODE], [b"1"]) != code_fingerprint([CODE], [b"2"])
