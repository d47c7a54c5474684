"""under500 worker: grading on this machine for `under500 grade --scheduler`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.output import console, require_extra, say


def worker(
    scheduler: Annotated[
        str,
        typer.Argument(
            help="The token file that `under500 scheduler` wrote, or, where the course's secret is already, "
            "the scheduler's address, such as tls://10.0.0.5:8786."
        ),
    ],
    processes: Annotated[int, typer.Option(min=1, help="Submissions graded at the same time.")] = 1,
    jail: Annotated[
        bool,
        typer.Option(
            help="Serve only with a jail. With --no-jail, serve `under500 grade --no-jail` as well."
        ),
    ] = True,
) -> None:
    """Grade submissions for a scheduler until interrupted.

    Only one process of a machine takes timed work, and only after `under500 prepare`.
    """
    require_extra("distributed", "class")
    with _joined(scheduler) as address:
        from grader.fleet.cluster import require_tls, serve
        from grader.sandbox.jail import require
        from harness import knobs, store

        require_tls(address)
        require(jail)
        prepared = store.sealed(knobs.path())
        timed = "including timed work" if prepared else "no timed work (`under500 prepare` first)"
        console.print(f"Grading for {address}: {processes} at a time, {timed}.", highlight=False)
        serve(address, processes, say)


@contextmanager
def _joined(scheduler: str) -> Iterator[str]:
    """Yield the scheduler's address; for the block, the secret is the token's if `scheduler` is a token file.

    The secret is in a private file, because other users can read a command line, and the processes that
    grade read it again. It must be set before `grader.secret` is imported.
    """
    if "://" in scheduler:
        yield scheduler
        return
    from grader.fleet import token

    joined = token.read(Path(scheduler))
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "key"
        key.touch(mode=0o600)
        key.write_text(joined.secret.hex(), encoding="ascii")
        os.environ["UNDER500_SECRET"] = str(key)
        yield joined.address
