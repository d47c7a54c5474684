"""under500 prepare: build everything that is missing on this machine."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from harness.cli.output import Json, console, print_json


def prepare(
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Do not calibrate if the machine is still busy after a minute."
        ),
    ] = False,
    recalibrate: Annotated[
        bool, typer.Option(help="Calibrate again, even if that is done already.")
    ] = False,
    tier: Annotated[
        str,
        typer.Option(help="Tier of models: offline, or laptop (downloads 5 GB) or gpu (23 GB)."),
    ] = "offline",
    embed: Annotated[
        bool,
        typer.Option(help="Compute the vectors of the help centre here, instead of those shipped."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Download without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Build the models, the knowledge base vectors and the calibration, if missing or damaged."""
    from harness import knobs, store
    from harness.measure.latency.typical_trace import typical_trace
    from harness.setup import stamp
    from harness.show.text import text_waterfall

    usual = tier == "offline" and not (strict or recalibrate or embed)
    seconds: dict[str, float] = {}
    if usual and stamp.unchanged():
        console.print("Everything is ready: no file has changed since the last check.")
    else:
        seconds = _build(strict, recalibrate, tier, embed, yes)
        stamp.write()
    if trace := typical_trace():
        console.print(text_waterfall(trace))
    if as_json:
        record = knobs.load()
        print_json({"home": str(store.home()), "seconds": seconds, "baseline": record.model_dump()})


def _build(strict: bool, recalibrate: bool, tier: str, embed: bool, yes: bool) -> dict[str, float]:
    """Check every step, build what is missing, and return the seconds that each took."""
    from harness import knobs, store
    from harness.cli.download import download
    from harness.setup import preparation  # heavy imports only when something is to be checked
    from harness.setup.doctor import CACHE_GB

    seconds: dict[str, float] = {}
    if not store.sealed(knobs.path()):
        console.print(
            f"Models, vectors and calibration take {CACHE_GB} GB in {store.home()}, and minutes."
        )
    with preparation.exclusive():
        if tier != "offline":
            download(tier, yes)
        steps = preparation.steps(strict=strict, recalibrate=recalibrate, embed=embed)
        for number, step in enumerate(steps, 1):
            place = f"{number} of {len(steps)}  [bold]{step.name}[/]"
            started = time.perf_counter()
            state = "ready"
            if not step.ready():
                console.print(f"{place}: building …")
                step.build(lambda line: console.print(f"  {line}", highlight=False, soft_wrap=True))
                state = "built"
            seconds[step.name] = round(time.perf_counter() - started, 1)
            console.print(f"{place}: {state} ({seconds[step.name]} s)")
    return seconds
