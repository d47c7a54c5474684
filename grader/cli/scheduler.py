"""under500 scheduler: the meeting point of `under500 grade --scheduler` and the workers of other machines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.output import require_extra, say


def scheduler(
    host: Annotated[
        str,
        typer.Argument(help="Address of this machine that workers can reach, such as 10.0.0.5."),
    ],
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port that it listens on.")] = 8786,
    token: Annotated[
        Path, typer.Option(help="File to write for the workers; whoever has it is trusted.")
    ] = Path("fleet.token"),
) -> None:
    """Connect workers on other machines with `under500 grade`, until interrupted.

    All connections use TLS, and only processes with this course's secret can connect. The token file contains
    address and secret: copy it to each worker's machine, and delete it there afterwards.
    """
    require_extra("distributed", "class")
    from grader import secret
    from grader.fleet.cluster import FleetError, schedule
    from grader.fleet.token import Token
    from grader.workshop import readable_log

    readable_log.install()  # a log has texts by whoever is in the fleet
    made = Token(f"tls://{host}:{port}", secret.key())
    made.write(token)
    lines = (
        f"On each machine, with {token} copied there:  under500 worker {token.name}",
        f"In the course's folder:  under500 grade --scheduler {made.address}",
    )
    for line in lines:
        say(line)
    try:
        schedule(host, port)
    except OSError as error:
        raise FleetError(
            f"{host}:{port} cannot be used ({error.strerror or error}): name an address of this machine, "
            "and a port that is free (`--port`)."
        ) from error
