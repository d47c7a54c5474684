"""under500 progress: what is done, what is due and what is next."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.output import OK, Json, console, print_json, say


def progress(
    page: Annotated[
        Path | None, typer.Option(help="Write the page as a notebook to this file instead.")
    ] = None,
    forget: Annotated[
        bool,
        typer.Option("--forget", help="Delete what is remembered of you on this machine."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Show your labs, points, predictions, latencies and interviews, what is due today and what is next.

    Everything is read from this machine, and nothing leaves it. --forget does not touch your notebooks.
    """
    if forget:
        _forget(yes, as_json)
        return
    from harness.progress.my_progress import my_progress

    found = my_progress()
    if page:
        # nbformat imports jsonschema, and that a grammar of IRIs: seconds for what no notebook's schema uses.
        sys.modules.setdefault("rfc3987_syntax", None)
        from harness.progress.progress_page import write_notebook

        write_notebook(page, found)
    elif not as_json:
        from harness.progress.progress_text import progress_text

        console.print(progress_text(found), highlight=False)
    if as_json:
        print_json(found.to_json())


def _forget(agreed: bool, as_json: bool) -> None:
    from harness.progress.forget import forget, remembered

    files = remembered()
    for path in files:
        say(str(path))
    if files and not agreed and not typer.confirm(f"Delete these {len(files)} files?"):
        raise typer.Exit(OK)
    forget(files)
    done = "Deleted. Your notebooks are unchanged." if files else "Nothing is remembered."
    console.print(done)
    if as_json:
        print_json({"deleted": [str(path) for path in files]})
