"""The speedrun's record table below a bench: `under500 bench baseline NOTEBOOK --record`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.output import console, say
from harness.cli.services import is_service
from harness.errors import WrongUseError

if TYPE_CHECKING:
    from harness.measure.latency.bench import Bench

RECORD = Path(__file__).resolve().parents[2] / "docs" / "journey.json"
SLOW = "baseline"


def check_record(a: str, b: str | None) -> None:
    """Raise WrongUseError if a comparison of `a` and `b` has no place in the table, or there is no table."""
    if a != SLOW or b is None or is_service(b):
        raise WrongUseError(
            f"A record is a ratio to the slow assistant: `under500 bench {SLOW} NOTEBOOK --record`."
        )
    if not RECORD.is_file():
        raise WrongUseError(f"{RECORD} is missing: run this from a checkout, which has the record.")


def show_record(bench: Bench) -> None:
    """Print the record table with side B of `bench` in its place, or why B has none."""
    from harness.measure.latency.journey import Journey
    from harness.show.speedrun import entered, speedrun_text

    own = entered(bench)
    if own is None:
        say(
            f"No row for {bench.b.name}: the record needs a ratio, answers without a fault, and an entry "
            "that is not in the open division, as new questions never meet a cache."
        )
        return
    journey = Journey.model_validate_json(RECORD.read_text(encoding="utf-8"))
    console.print(speedrun_text(journey, own))
    say("Ratios carry over to another machine only roughly: measure `reference` on yours, too.")
