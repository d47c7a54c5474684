"""under500 worker: grading on this machine for `under500 grade --scheduler`."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.output import console, require_extra


def worker(
    scheduler: Annotated[
        str, typer.Argument(help="Address of the scheduler, such as tcp://10.0.0.5:8786.")
    ],
    processes: Annotated[int, typer.Option(min=1, help="Submissions graded at the same time.")] = 1,
    jail: Annotated[
        bool,
        typer.Option(
            help="Serve only with a jail. With --no-jail, serve `under500 grade --no-jail` as well."
        ),
    ] = True,
) -> None:
    """Grade submissions for a Dask scheduler until interrupted.

    Only one process of a machine takes timed work, and only after `under500 prepare`.
    """
    require_extra("distributed", "class")
    from grader.fleet.cluster import serve
    from grader.sandbox.jail import require
    from harness import knobs, store

    require(jail)
    prepared = store.sealed(knobs.path())
    timed = "including timed work" if prepared else "no timed work (run `under500 prepare` first)"
    console.print(f"Grading for {scheduler}: {processes} at a time, {timed}.", highlight=False)
    serve(scheduler, processes)
