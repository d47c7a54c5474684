"""under500 workshop: a class on this machine, with an account for each learner."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.output import Json, console, print_json

app = typer.Typer(help="Run a class on this machine: JupyterHub, accounts, exchange and gradebook.")
Folder = Annotated[Path, typer.Option(help="Folder for homes, exchange and gradebook.")]
FOLDER = Path("/srv/under500")


@app.command()
def start(
    folder: Folder = FOLDER,
    learners: Annotated[
        int, typer.Option(min=1, max=999, help="Number of learners' accounts, without a roster.")
    ] = 4,
    roster: Annotated[
        Path | None,
        typer.Option(
            help="CSV file with the columns login, name, email, section: accounts for exactly these "
            "learners. Those who are no longer in it lose their account, and nothing else."
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(help="Port that people open; the next three are used too.")
    ] = 8000,
    hub: Annotated[
        bool, typer.Option(help="Start the hub; with --no-hub, only prepare everything.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Create what is missing and start the hub.

    Existing work and passwords are kept. Ctrl-C stops the hub and loses nothing.
    """
    from grader.workshop import start as starting
    from grader.workshop.paths import Workshop

    workshop = Workshop(folder.resolve(), port)
    persons = starting.prepare_hub(workshop, learners, roster)
    rows = starting.addresses(workshop, persons)
    if as_json:
        print_json({"folder": str(workshop.root), "people": [row[0] for row in rows]})
    else:
        _show(rows, workshop.accounts)
    if hub:
        raise typer.Exit(starting.run_hub(workshop))


@app.command()
def remove(folder: Folder = FOLDER) -> None:
    """Remove the accounts that a workshop created; homes, gradebook and exchange stay."""
    from grader.workshop import accounts
    from grader.workshop.paths import Workshop

    accounts.require_root()
    names = accounts.remove(Workshop(folder.resolve()))
    console.print(
        f"Removed {len(names)} accounts. The files in {folder} were kept.", highlight=False
    )


def _show(rows: list[tuple[str, str, str]], path: Path) -> None:
    from rich.table import Table

    table = Table("name", "password", "address", box=None, pad_edge=False, header_style="dim")
    for row in rows:
        table.add_row(*row)
    console.print(table, markup=False, highlight=False)
    console.print(
        f"This list is in {path}, which only root can read.", markup=False, highlight=False
    )
