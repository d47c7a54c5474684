"""The learner's own measurements, in the interviewer's mouth: "your Q8_0 run gave 2.6 times: why not 4?"

They are asked about once in an interview, when the idea is on the table; the scorer knows nothing of them.
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
    """How one measurement is told (`says`) and asked about (`asks`), once `target` has been named."""

    target: str
    says: Text
    asks: Text


class ResultWords(OwnWords):
    """Of one result of a lab."""

    lab: str
    name: str


class Words(Strict):
    """The file of questions about own measurements."""

    results: tuple[ResultWords, ...]
    baseline: OwnWords


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """One measurement of the learner's, in words, numbers filled in."""

    target: str
    says: str
    asks: str

    @property
    def key(self) -> str:
        """How the interviewer remembers to have asked about it."""
        return f"{KEY}{self.target}"


@cache
def words() -> Words:
    """The shipped words."""
    return read(CONTENT / "own.yaml", Words)


def own_numbers() -> tuple[OwnNumber, ...]:
    """What has been measured on this machine, results of labs first; empty where nothing was."""
    return (*_of_labs(), *_of_baseline())


def worth_asking(
    own: Sequence[OwnNumber], state: State, levels: Callable[[], Mapping[str, str]]
) -> OwnNumber | None:
    """The one to ask about now: its idea was named; None when one was asked already: one is enough.

    levels: by expectation; asked for only when they are needed, as they cost a scoring.
    """
    if not own or any(key.startswith(KEY) for key in state.used):
        return None
    found = levels()
    return next((one for one in own if found.get(one.target) in NAMED), None)


def _of_labs() -> Iterator[OwnNumber]:
    found = results.results()
    for one in words().results:
        if result := found.get((one.lab, one.name)):
            yield _filled(one, **_numbers(result))


def _numbers(result: Result) -> dict[str, str]:
    interval = ""
    if result.low is not None and result.high is not None:
        interval = f" (95 % interval {result.low:.2g} to {result.high:.2g}, n={result.n})"
    return {"value": f"{result.value:.2g}", "interval": interval}


def _of_baseline() -> Iterator[OwnNumber]:
    try:
        record = knobs.load()
    except StoreError:
        return  # not calibrated yet: nothing was measured
    model = record.stages_ms[semconv.GENERATE]
    yield _filled(
        words().baseline,
        total=f"{record.e2e_ms:,.0f} ms",
        generate=f"{model:,.0f} ms",
        left=f"{record.e2e_ms - model:,.0f} ms",
        n=f"{record.n}",
    )


def _filled(one: OwnWords, **numbers: str) -> OwnNumber:
    return OwnNumber(one.target, one.says.format(**numbers), one.asks.format(**numbers))
