"""under500 prepare: build what is missing on this machine."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from harness.cli.output import Json, console, print_json


def prepare(
    busy: Annotated[bool, typer.Option("--busy", help="Calibrate on a busy machine, too.")] = False,
    recalibrate: Annotated[
        bool, typer.Option(help="Calibrate again, even if that is done.")
    ] = False,
    tier: Annotated[
        str, typer.Option(help="Also download larger models: laptop (5 GB) or gpu (23 GB).")
    ] = "offline",
    yes: Annotated[bool, typer.Option("--yes", help="Download without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Build models, knowledge base vectors and calibration; what is there and intact is kept."""
    from harness import knobs, store
    from harness.cli.download import download
    from harness.setup import preparation  # heavy imports only when the verb runs
    from harness.show.text import text_waterfall

    took: dict[str, float] = {}
    with preparation.alone():
        if tier != "offline":
            download(tier, yes)
        for step in preparation.steps(force_busy=busy, recalibrate=recalibrate):
            started = time.perf_counter()
            state = "ready"
            if not step.ready():
                console.print(f"[bold]{step.name}[/]: building …")
                step.build(lambda line: console.print(f"  {line}", highlight=False, soft_wrap=True))
                state = "built"
            took[step.name] = round(time.perf_counter() - started, 1)
            console.print(f"[bold]{step.name}[/]: {state} ({took[step.name]} s)")
    console.print(text_waterfall(preparation.typical_trace()))
    if as_json:
        record = knobs.load()
        print_json({"home": str(store.home()), "seconds": took, "baseline": record.model_dump()})
