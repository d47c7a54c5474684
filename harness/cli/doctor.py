"""under500 doctor: a check of this machine."""

from __future__ import annotations

import typer

from harness.cli.output import FAILED, Json, console, print_json


def doctor(as_json: Json = False) -> None:
    """Check this machine: versions, what is ready and what is missing. Builds nothing."""
    from harness.setup.doctor import doctor as check  # heavy imports only when the verb runs

    report = check()
    if as_json:
        print_json(report.to_json())
    else:
        console.print(report)
    if not report.ready:
        raise typer.Exit(FAILED)
