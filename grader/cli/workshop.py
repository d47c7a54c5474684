"""under500 workshop: a class on this machine, with an account for each learner."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.output import Json, console, print_json
from harness.errors import WrongUseError

if TYPE_CHECKING:
    from grader.workshop.accounts import Person
    from grader.workshop.paths import Workshop

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
        int, typer.Option(help="Port that people open; the next two are used too.")
    ] = 8000,
    domain: Annotated[
        str,
        typer.Option(
            help="Host name that people open. Each server gets a subdomain, so all names under it must lead "
            "to this machine. Without it, people come through a tunnel to localhost."
        ),
    ] = "localhost",
    tls: Annotated[
        str,
        typer.Option(
            metavar="CERTIFICATE,KEY",
            help="Two PEM files, valid for the domain and all names under it. Without it, a TLS proxy of "
            "your own on this machine passes requests on, with their Host header.",
        ),
    ] = "",
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

    files = tuple(Path(file).resolve() for file in tls.split(",")) if tls else ()
    if len(files) not in (0, 2):
        raise WrongUseError("--tls takes two files, CERTIFICATE,KEY, separated by a comma.")
    workshop = Workshop(folder.resolve(), port, domain, files)
    persons = starting.prepare_hub(workshop, learners, roster)
    if as_json:
        people = [person.name for person in persons]
        print_json({"folder": str(workshop.root), "people": people})
    else:
        _show(workshop, persons)
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


def _show(workshop: Workshop, persons: list[Person]) -> None:
    from rich.table import Table

    from grader.workshop import origins

    table = Table("name", "password", box=None, pad_edge=False, header_style="dim")
    for person in persons:
        table.add_row(person.name, person.password)
    console.print(table, markup=False, highlight=False)
    for line in (
        f"This list is in {workshop.accounts}, which only root can read.",
        origins.reason(workshop),
        f"The instructor's board is at {origins.board(workshop)}.",
    ):
        console.print(line, markup=False, highlight=False)
