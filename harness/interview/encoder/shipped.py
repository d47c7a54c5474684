"""The shipped encoder, with a cache, for interviewer and scorer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from pathlib import Path

from harness.interview.content_files import CONTENT, BadContentError
from harness.interview.encoder.tuned_encoder import TunedEncoder
from harness.interview.encoder.weights_file import stored, unpacked

SHIPPED = CONTENT / "encoder.npz"
DECIMALS = 2  # of log odds; differences between machines are far smaller
REMEMBERED = 2000  # texts: several long interviews

Odds = Mapping[str, Mapping[str, float]]  # task -> label -> log odds
Read = Callable[[str, str], Odds]  # of a text, and of what was said before it or ""


@cache
def encoder() -> Read:
    """Return the process's encoder, which remembers what it has read.

    Raises StoreError if MiniLM is not built, and BadContentError if the file of changes is missing.
    """
    from harness.models.engines.embedding import embedder

    if not (arrays := stored(SHIPPED)):
        raise BadContentError(
            f"{SHIPPED.name} is missing: install the project again, or run "
            "`under500 interview lint --learn` (three hours)."
        )
    return remembering(unpacked(arrays, embedder()))


def remembering(tuned: TunedEncoder) -> Read:
    """Return a function that reads each of the last texts once."""

    @lru_cache(REMEMBERED)
    def read(text: str, before: str) -> Odds:
        found = tuned.odds(text, before)
        return {
            task: dict(zip(labels, _rounded(found[task].tolist()), strict=True))
            for task, labels in tuned.tasks.items()
        }

    return read


def learned_from(path: Path = SHIPPED) -> str:
    """Return the name of the content and the model that a file was learned from; "" without a file."""
    return str(stored(path).get("learned_from", ""))


def _rounded(odds: list[float]) -> list[float]:
    return [round(value, DECIMALS) for value in odds]
