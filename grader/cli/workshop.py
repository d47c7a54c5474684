"""under500 workshop: a class on this machine, each learner in an account of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.output import Json, console, print_json

app = typer.Typer(help="A class on this machine: JupyterHub, accounts, exchange, gradebook.")
Folder = Annotated[Path, typer.Option(help="Where homes, exchange and gradebook are.")]
FOLDER = Path("/srv/under500")


@app.command()
def start(
    folder: Folder = FOLDER,
    learners: Annotated[int, typer.Option(min=1, max=99, help="Accounts to make.")] = 4,
    port: Annotated[int, typer.Option(help="Of the address; the next two are used, too.")] = 8000,
    hub: Annotated[bool, typer.Option(help="Bring it up, not only make it ready.")] = True,
    as_json: Json = False,
) -> None:
    """Make what is missing and bring the hub up; Ctrl-C ends it and loses nothing."""
    from grader.workshop import start as starting
    from grader.workshop.paths import Workshop

    workshop = Workshop(folder.resolve(), port)
    persons = starting.ready(workshop, learners)
    rows = starting.addresses(workshop, persons)
    if as_json:
        print_json({"folder": str(workshop.root), "people": [row[0] for row in rows]})
    else:
        _show(rows, workshop.accounts)
    if hub:
        raise typer.Exit(starting.hub(workshop))


@app.command()
def remove(folder: Folder = FOLDER) -> None:
    """Remove the accounts that a workshop has made; homes, gradebook and exchange stay."""
    from grader.workshop import accounts
    from grader.workshop.paths import Workshop

    accounts.allowed()
    names = accounts.remove(Workshop(folder.resolve()))
    console.print(f"Removed {len(names)} accounts. {folder} is still there.", highlight=False)


def _show(rows: list[tuple[str, str, str]], path: Path) -> None:
    from rich.table import Table

    table = Table("name", "password", "address", box=None, pad_edge=False, header_style="dim")
    for row in rows:
        table.add_row(*row)
    console.print(table, markup=False, highlight=False)
    console.print(f"This list is in {path}, for root alone.", markup=False, highlight=False)
