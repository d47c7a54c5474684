"""Time to first token by what the model had read before: nothing, a shared beginning, the same prompt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness.labs.caching.prefix import Reading
from harness.measure.latency.stats import bootstrap_ratio, median_ratio
from harness.labs.caching.latency_rows import sample_rows
from harness.show.style import Picture, percent


def prefixes(
    readings: Mapping[str, Sequence[Reading]], cold: str, warm: str, artefact: str
) -> Picture:
    """A row for each name; cold, warm: those to compare; artefact: the one that measures nothing.

    Raises TooFewSamplesError below 5 rounds.
    """
    ms = {name: [one.ttft_ms for one in many] for name, many in readings.items()}
    ratio = median_ratio(ms[cold], ms[warm])
    interval = bootstrap_ratio(ms[cold], ms[warm])
    title = f"{warm}: first token {ratio:.1f} times as soon (95 % interval {interval})"
    n = len(ms[cold])
    note = f"TTFT in this process, n = {n} each, in turn; behind the names: share known already"
    rows = {f"{name}, {percent(_known(many))}": ms[name] for name, many in readings.items()}
    pale = [row for row, name in zip(rows, readings, strict=True) if name == artefact]
    return sample_rows(rows, title, note, "ms to the first token, logarithmic; bar: p50", pale)


def _known(many: Sequence[Reading]) -> float:
    return float(np.mean([one.known / one.tokens for one in many]))
