"""Steps from one pipeline to a faster one: one change per step, with its cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.measure.latency.journey import JourneyStep
from harness.pipeline import Pipeline
from harness.serve.entry import Division, Entry
from harness.serve.network import Network
from harness.wrappers.hidden_pointer import HiddenPointer


@dataclass(frozen=True)
class Change:
    """A change of the pipeline's `fields`, or of the network.

    cost: what it costs, in a few words. detour: whether it is measured and shown, but not kept afterwards.
    """

    name: str
    cost: str
    fields: Mapping[str, object] = field(default_factory=dict)
    network: Network | None = None
    detour: bool = False


def journey_steps(first: Entry, changes: Sequence[Change]) -> list[JourneyStep]:
    """Return `first`, whose assistant is a Pipeline, and the entry after each change, in order."""
    return [JourneyStep(first), *_steps(first.assistant, first.network, changes)]


def _steps(
    pipeline: Pipeline, network: Network, changes: Sequence[Change]
) -> Iterator[JourneyStep]:
    for change in changes:
        new_pipeline, new_network = replace(pipeline, **change.fields), change.network or network
        entry = _entry(change.name, new_pipeline, new_network)
        yield JourneyStep(entry, change.cost, change.detour)
        if not change.detour:
            pipeline, network = new_pipeline, new_network


def _entry(name: str, pipeline: Pipeline, network: Network) -> Entry:
    """Return an entry in the closed division, which resets the generator if it has a method `fresh`."""
    fresh = getattr(pipeline.generate, "fresh", None)
    return Entry(name, HiddenPointer(pipeline), network, Division.CLOSED, fresh or (lambda: None))
