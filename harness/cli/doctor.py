"""under500 doctor: what is ready, what is missing."""

from __future__ import annotations

import typer

from harness.cli.output import FAILED, Json, console, print_json


def doctor(as_json: Json = False) -> None:
    """Look at this machine: versions, what is ready, what is missing. Builds nothing."""
    from harness.setup.doctor import doctor as examine  # heavy imports only when the verb runs

    report = examine()
    if as_json:
        print_json(report.to_json())
    else:
        console.print(report)
    if not report.ready:
        raise typer.Exit(FAILED)
