"""Questions about the learner's own measurements: "your Q8_0 run gave 2.6 times: why not 4?"

The interviewer asks at most one in an interview, once its idea has been named. They do not affect the score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from harness import knobs, semconv
from harness.interview.content_files import CONTENT, Strict, Text, read
from harness.interview.dialogue.moves import State
from harness.learner import results
from harness.learner.results import Result
from harness.store import StoreError

KEY = "own."
NAMED = ("mention", "applied", "explained")


class OwnWords(Strict):
    """The words for one measurement.

    says: a statement for the debrief. asks: a question, asked once the expectation `target` has been named.
    """

    target: str
    says: Text
    asks: Text


class ResultWords(OwnWords):
    """The words for the result `name` of a lab."""

    lab: str
    name: str


class Words(Strict):
    """The content file of words for measurements."""

    results: tuple[ResultWords, ...]
    baseline: OwnWords


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """The words for one measurement, with its numbers filled in."""

    target: str
    says: str
    asks: str

    @property
    def key(self) -> str:
        """Return the key under which the interviewer's state records the question."""
        return f"{KEY}{self.target}"


@cache
def words() -> Words:
    """Return the shipped words."""
    return read(CONTENT / "own.yaml", Words)


def own_numbers() -> tuple[OwnNumber, ...]:
    """Return what has been measured on this machine: results of labs, then the baseline's calibration."""
    return (*_lab_numbers(), *_baseline_numbers())


def worth_asking(
    own: Sequence[OwnNumber], state: State, levels: Callable[[], Mapping[str, str]]
) -> OwnNumber | None:
    """Return the first measurement whose idea was named; None if one was asked about before.

    levels: returns the level of each expectation; called only if needed, since it scores the transcript.
    """
    if not own or any(key.startswith(KEY) for key in state.used):
        return None
    level_of = levels()
    return next((number for number in own if level_of.get(number.target) in NAMED), None)


def _lab_numbers() -> Iterator[OwnNumber]:
    measured = results.results()
    for entry in words().results:
        if result := measured.get((entry.lab, entry.name)):
            yield _filled(entry, **_values(result))


def _values(result: Result) -> dict[str, str]:
    interval = ""
    if result.low is not None and result.high is not None:
        low, high = map(_two_digits, (result.low, result.high))
        interval = f" (95 % interval {low} to {high}, n={result.n})"
    return {"value": _two_digits(result.value), "interval": interval}


def _two_digits(value: float) -> str:
    """Return the number with two significant digits and no exponent, such as 1.9 or 180."""
    return f"{float(f'{value:.2g}'):,g}"


def _baseline_numbers() -> Iterator[OwnNumber]:
    try:
        record = knobs.load()
    except StoreError:
        return  # not calibrated yet
    generate_ms = record.stages_ms[semconv.GENERATE]
    yield _filled(
        words().baseline,
        total=f"{record.e2e_ms:,.0f} ms",
        generate=f"{generate_ms:,.0f} ms",
        left=f"{record.e2e_ms - generate_ms:,.0f} ms",
        n=f"{record.n}",
    )


def _filled(entry: OwnWords, **values: str) -> OwnNumber:
    return OwnNumber(entry.target, entry.says.format(**values), entry.asks.format(**values))
