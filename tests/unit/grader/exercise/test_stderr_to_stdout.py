"""Stderr is diverted at every level, and restored afterwards."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from grader.exercise.stderr_to_stdout import stderr_to_stdout


def make_noise(logger: logging.Logger) -> None:
    print("python", file=sys.stderr)
    logger.error("logger")
    os.write(2, b"descriptor\n")
    subprocess.run(["sh", "-c", "echo child >&2"], check=True)


@contextmanager
def logger() -> Iterator[logging.Logger]:
    """Yield a logger whose handler took hold of stderr before the block."""
    noise = logging.getLogger("noise")
    noise.propagate = False
    handler = logging.StreamHandler(sys.stderr)
    noise.addHandler(handler)
    yield noise
    noise.removeHandler(handler)


def test_nothing_reaches_stderr_and_nothing_is_lost(capfd):
    with logger() as noise, stderr_to_stdout():
        make_noise(noise)
    out, err = capfd.readouterr()
    assert err == ""
    assert set(out.split()) == {"python", "logger", "descriptor", "child"}


def test_stderr_works_again_afterwards_even_after_an_error(capfd):
    before = sys.stderr
    with logger() as noise:
        with pytest.raises(RuntimeError), stderr_to_stdout():
            raise RuntimeError
        make_noise(noise)
    assert sys.stderr is before
    assert set(capfd.readouterr().err.split()) == {"python", "logger", "descriptor", "child"}


def test_it_may_be_nested(capfd):
    with stderr_to_stdout(), stderr_to_stdout():
        print("inner", file=sys.stderr)
    print("outer", file=sys.stderr)
    assert capfd.readouterr() == ("inner\n", "outer\n")
