"""under500 worker: this machine grades for the scheduler of `under500 grade --scheduler`."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.output import console


def worker(
    scheduler: Annotated[str, typer.Argument(help="Its address, such as tcp://10.0.0.5:8786.")],
    processes: Annotated[int, typer.Option(min=1, help="Submissions at the same time.")] = 1,
) -> None:
    """Grade for a Dask scheduler until it is interrupted; one process of a machine takes timed work."""
    from grader.fleet.cluster import serve
    from grader.sandbox.jail import missing
    from harness import knobs, store

    kind = (
        "timed work, too" if store.sealed(knobs.path()) else "no timed work (nothing is prepared)"
    )
    console.print(f"Grading for {scheduler}: {processes} at a time, {kind}.", highlight=False)
    if why := missing():
        console.print(f"Learners' code runs without a jail. {why}", soft_wrap=True)
    serve(scheduler, processes)
