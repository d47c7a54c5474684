"""Who grades a class: the referee, with what is paid once per run and not once per notebook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from grader.batch import Judge
from grader.jail import missing
from grader.referee import Setting, grade


@contextmanager
def judging(jailed: bool = True) -> Iterator[Judge]:
    """A judge for as many submissions as come."""
    yield partial(grade, setting=Setting(jailed=jailed and not missing()))
