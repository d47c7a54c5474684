"""under500 board: the class in the terminal, as a page, as a table, into Canvas."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.output import Json, console, print_json
from harness.errors import WrongUseError

if TYPE_CHECKING:
    from grader.course.course import Course

TOKEN = "CANVAS_TOKEN"  # an environment variable: a secret on the command line is everybody's


def board(
    course: Annotated[Path, typer.Option(help="The folder with nbgrader_config.py.")] = Path(),
    page: Annotated[Path | None, typer.Option(help="Write it as a page.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write all marks as a table.")] = None,
    canvas: Annotated[
        str,
        typer.Option(help="Send one lab's marks: https://HOST/courses/NUMBER/assignments/NUMBER"),
    ] = "",
    lab: Annotated[str, typer.Option(help="Which lab goes to Canvas.")] = "",
    as_json: Json = False,
) -> None:
    """Who is where, what is open, what goes wrong most, how fast the class is."""
    from grader.board import board_page, marks_export
    from grader.board import overview as boards
    from grader.course.course import course as course_in

    here = course_in(course)
    found = boards.board(here)
    if page:
        page.write_text(board_page.page(found), encoding="utf-8")
    if csv:
        csv.write_text(marks_export.as_csv(here), encoding="utf-8", newline="")
    if canvas:
        _send(here, lab, canvas)
    if as_json:
        print_json(asdict(found))
    else:
        console.print(board_page.text(found), markup=False, highlight=False)


def _send(here: Course, lab: str, address: str) -> None:
    from grader.board import marks_export
    from grader.course.collect import named

    try:
        from canvasapi import Canvas
        from canvasapi.exceptions import CanvasException
    except ImportError as error:
        raise WrongUseError(
            "Canvas needs canvasapi: run `pip install 'under500[workshop]'`."
        ) from error
    host, number, assignment = parts(address)
    if not (token := os.environ.get(TOKEN)):
        raise WrongUseError(f"Canvas asks who you are: put an access token into {TOKEN}.")
    name = named(here, lab)
    try:
        target = Canvas(host, token).get_course(number)
        marks_export.to_canvas(here, name, target, assignment)
    except (CanvasException, OSError) as error:
        raise marks_export.ExportError(
            f"Canvas took nothing ({error}): nothing was changed here."
        ) from error
    console.print(f"Marks of {name} are on their way to {host}.", highlight=False)


def parts(address: str) -> tuple[str, int, int]:
    """Host, course and assignment of a Canvas address. Raises WrongUseError."""
    import re

    found = re.fullmatch(r"(https?://[^/]+)/courses/(\d+)/assignments/(\d+)/?", address)
    if not found:
        raise WrongUseError(
            f"{address} is no address of a Canvas assignment: open it in a browser and copy the "
            "address, such as https://canvas.example.edu/courses/12/assignments/34."
        )
    return found[1], int(found[2]), int(found[3])
