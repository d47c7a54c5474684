"""under500 board: the state of the class in the terminal, as a page, as a table, or sent to Canvas."""

from __future__ import annotations

import os
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.output import Json, console, print_json
from harness.errors import WrongUseError

if TYPE_CHECKING:
    from grader.course.course import Course

# An environment variable, because other users of the machine can read a command line.
TOKEN = "CANVAS_TOKEN"


def board(
    course: Annotated[
        Path, typer.Option(help="Folder of the course, with nbgrader_config.py.")
    ] = Path(),
    page: Annotated[
        Path | None,
        typer.Option(
            help="Also write the board to this HTML file, and a page per learner beside it."
        ),
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Also write all marks to this CSV file.")] = None,
    platform: Annotated[
        str,
        typer.Option(
            "--for", help="Write the CSV file in the columns of canvas, moodle or gradescope."
        ),
    ] = "",
    similar: Annotated[
        Path | None,
        typer.Option(
            help="Also write pairs of learners with similar code to this CSV file: a hint."
        ),
    ] = None,
    canvas: Annotated[
        str,
        typer.Option(
            help="Send the marks of --lab to this Canvas assignment: "
            "https://HOST/courses/NUMBER/assignments/NUMBER. Needs an access token in CANVAS_TOKEN."
        ),
    ] = "",
    lab: Annotated[
        str, typer.Option(help="Lab whose marks go to Canvas: its number or name.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Show progress, undecided marks, common mistakes and latencies of the class."""
    from grader.board import board_page, learner_page
    from grader.board import overview as boards
    from grader.board import similar as similarity
    from grader.course.course import load_course

    loaded = load_course(course)
    # Marks first: the overview reads learners' code, and whatever that does to it costs nobody their marks.
    if csv:
        csv.write_text(_table(loaded, platform), encoding="utf-8", newline="")
    if canvas:
        _send(loaded, lab, canvas)
    overview = boards.board(loaded)
    if page:
        page.write_text(board_page.page(overview), encoding="utf-8")
        folder = page.with_name(board_page.LEARNERS)
        folder.mkdir(exist_ok=True)
        for name, text in learner_page.pages(loaded, overview, page.name):
            (folder / name).write_text(text, encoding="utf-8")
    if similar:
        similar.write_text(similarity.as_csv(overview.similar), encoding="utf-8", newline="")
    if as_json:
        print_json(asdict(overview))
    else:
        console.print(board_page.text(overview), markup=False, highlight=False)


def _table(course: Course, platform: str) -> str:
    """Return all marks as CSV, for a learning platform or, with "", in our own columns."""
    from grader.board import lms_export, marks_export

    if not platform:
        return marks_export.as_csv(course)
    if platform not in lms_export.PLATFORMS:
        raise WrongUseError(
            f"There are no columns for {platform}: use {', '.join(lms_export.PLATFORMS)}, or leave out --for."
        )
    return lms_export.as_csv(course, lms_export.PLATFORMS[platform])


def _send(course: Course, lab: str, url: str) -> None:
    from grader.board import marks_export
    from grader.course.collect import find_lab

    try:
        from canvasapi import Canvas
        from canvasapi.exceptions import CanvasException
    except ImportError as error:
        raise WrongUseError(
            "Sending to Canvas needs canvasapi: run `pip install 'under500[workshop]'`."
        ) from error
    host, number, assignment = split_url(url)
    if not (token := os.environ.get(TOKEN)):
        raise WrongUseError(f"Canvas needs an access token: put one into {TOKEN}.")
    name = find_lab(course, lab)
    try:
        target = Canvas(host, token).get_course(number)
        marks_export.to_canvas(course, name, target, assignment)
    except (CanvasException, OSError) as error:
        raise marks_export.ExportError(
            f"Canvas refused the marks ({error}). Nothing was changed here; try again."
        ) from error
    console.print(f"Sent the marks of {name} to {host}.", highlight=False)


def split_url(url: str) -> tuple[str, int, int]:
    """Return host, course and assignment of a Canvas assignment's URL. Raises WrongUseError."""
    match = re.fullmatch(r"(https?://[^/]+)/courses/(\d+)/assignments/(\d+)/?", url)
    if not match:
        raise WrongUseError(
            f"{url} is not the address of a Canvas assignment: open the assignment in a browser and copy "
            "its address, such as https://canvas.example.edu/courses/12/assignments/34."
        )
    return match[1], int(match[2]), int(match[3])
