"""A way from one pipeline to a faster one: changes, one a step, and what each of them costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.measure.latency.journey import Stop
from harness.pipeline import Pipeline
from harness.serve.entry import Division, Entry
from harness.serve.network import Network
from harness.wrappers.hidden_pointer import HiddenPointer


@dataclass(frozen=True)
class Change:
    """One step: fields of the pipeline that change, or the network.

    cost: what it is paid with, in a few words. detour: tried, shown, and not kept for the steps after it.
    """

    name: str
    cost: str
    fields: Mapping[str, object] = field(default_factory=dict)
    network: Network | None = None
    detour: bool = False


def journey_steps(first: Entry, changes: Sequence[Change]) -> list[Stop]:
    """`first` and what each change makes of it, in order; `first.assistant` is a Pipeline."""
    return [Stop(first), *_steps(first.assistant, first.network, changes)]


def _steps(pipeline: Pipeline, network: Network, changes: Sequence[Change]) -> Iterator[Stop]:
    for change in changes:
        tried, way = replace(pipeline, **change.fields), change.network or network
        yield Stop(_entry(change.name, tried, way), change.cost, change.detour)
        if not change.detour:
            pipeline, network = tried, way


def _entry(name: str, pipeline: Pipeline, network: Network) -> Entry:
    """In the closed division: a generator that can forget what it read for others does."""
    fresh = getattr(pipeline.generate, "fresh", None)
    return Entry(name, HiddenPointer(pipeline), network, Division.CLOSED, fresh or (lambda: None))
