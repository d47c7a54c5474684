"""Load tests of an entry over HTTP: one user, users who come at random, and several loads one after another.

Each test serves the entry for itself. The requests in flight are counted at the clients, where they may also
be refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from statistics import median

from harness.assistant import Assistant, Question
from harness.labs.load.admission import AdmissionControl, InFlightCounter
from harness.measure.load.clients import clients
from harness.measure.load.goodput import LoadRun
from harness.measure.load.load_generator import AT_ONCE, MakeAssistant, closed_loop, open_loop
from harness.serve.entry import Entry

LONE = 3  # requests before each run under load: their median is robust against one interruption

Accept = Callable[[int], bool]  # requests in flight -> whether to admit one more


@dataclass(frozen=True, slots=True)
class CountedRun(LoadRun):
    """A run with the number of requests in flight, averaged over it."""

    in_flight: float


def without_distance(entry: Entry) -> Entry:
    """Return the entry with a network round trip of 0 ms."""
    return replace(entry, network=replace(entry.network, rtt_ms=0.0))


def one_user(entry: Entry, questions: Sequence[Question], warm_up: int = 2) -> LoadRun:
    """Let one user ask the questions without a pause; the first `warm_up` are not part of the run."""
    with entry.deployed() as client, clients(client) as new_client:
        closed_loop(new_client, questions[:warm_up], users=1)
        return closed_loop(new_client, questions[warm_up:], users=1)


def random_users(
    entry: Entry,
    questions: Sequence[Question],
    per_s: float,
    *,
    seed: int = 0,
    at_once: int = AT_ONCE,
    accept: Accept = lambda ahead: True,
) -> CountedRun:
    """Ask the questions at the times of a Poisson process of `per_s` requests a second on average.

    at_once: connections. accept: requests in flight -> whether to admit one more; one that is refused is a
    fault of the run.
    """
    with entry.deployed() as client, clients(client) as new_client:
        return _counted(new_client, questions, per_s, seed, at_once, accept)


def measured_loads(
    entry: Entry,
    most_per_s: float,
    sizes: Mapping[float, int],
    questions: Sequence[Question],
    seed: int = 0,
) -> dict[float, CountedRun]:
    """Return load -> run for random users at each load, a share of `most_per_s` requests a second.

    sizes: load -> number of requests. The runs take the questions in turn, and begin again after the last.
    """
    source = cycle(questions)
    with entry.deployed() as client, clients(client) as new_client:
        return {
            load: _counted(new_client, list(islice(source, n)), load * most_per_s, seed)
            for load, n in sizes.items()
        }


def lone_and_busy(
    entry: Entry, alone: LoadRun, questions: Sequence[Question], load: float, n: int, runs: int
) -> tuple[list[float], list[float]]:
    """Return the median TTFT in ms of three lone requests, and of random users, for each of `runs` runs.

    alone: one user's run that begins with the first three questions. They are asked again before each run,
    and its rate is a share `load` of what the machine serves just then. Every run asks `n` other questions.
    """
    lone_ms, busy_ms = [], []
    with entry.deployed() as client, clients(client) as new_client:
        for seed in range(runs):
            lone = closed_loop(new_client, questions[:LONE], users=1)
            per_s = load * alone.throughput_per_s * _total_ms(alone) / _total_ms(lone)
            asked = questions[LONE + n * seed :][:n]
            lone_ms.append(_median_ttft_ms(lone))
            busy_ms.append(_median_ttft_ms(open_loop(new_client, asked, per_s, seed=seed)))
    return lone_ms, busy_ms


def arrivals(run: LoadRun) -> tuple[list[float], list[float], list[float]]:
    """Return for each request when it was due, how long it was served and how long it waited, in ms."""
    answered = [request for request in run.requests if request.e2e_ms is not None]
    return (
        [request.intended_ms for request in answered],
        [request.outcome.e2e_ms for request in answered],
        [request.waited_ms for request in answered],
    )


def stays(run: LoadRun) -> tuple[list[float], list[float]]:
    """Return when each request arrived and when its answer ended, in ms since the run began."""
    starts, served, waited = arrivals(run)
    return starts, [sum(times) for times in zip(starts, waited, served, strict=True)]


def first_texts(run: LoadRun) -> list[tuple[float, float, float | None]]:
    """Return (intended, sent, first text) of each request, in ms since the run began; None without text."""
    return [
        (
            request.intended_ms,
            request.intended_ms + request.waited_ms,
            None if request.ttft_ms is None else request.intended_ms + request.ttft_ms,
        )
        for request in run.requests
    ]


def _counted(
    new_client: MakeAssistant,
    questions: Sequence[Question],
    per_s: float,
    seed: int,
    at_once: int = AT_ONCE,
    accept: Accept = lambda ahead: True,
) -> CountedRun:
    counter = InFlightCounter()

    def controlled() -> Assistant:
        return AdmissionControl(new_client(), accept, counter)

    run = open_loop(controlled, questions, per_s, seed=seed, at_once=at_once)
    return CountedRun(run.requests, run.seconds, run.load, counter.request_s / run.seconds)


def _total_ms(run: LoadRun) -> float:
    """Return the end-to-end times of the first three requests, added up."""
    return sum(request.e2e_ms for request in run.requests[:LONE])


def _median_ttft_ms(run: LoadRun) -> float:
    return median(request.ttft_ms for request in run.requests if request.ttft_ms is not None)
