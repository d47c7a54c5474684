"""under500 check NN: grading of one's own notebook with the referee that grades the class."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.output import FAILED, Json, console, print_json, problems, say
from harness.errors import WrongUseError

if TYPE_CHECKING:
    from grader.grading.lab import Lab
    from grader.grading.report import Report
    from harness.learner.attempts import Attempt


def check(
    lab: Annotated[
        str, typer.Argument(help="Number of the lab, such as 01, or path of the notebook.")
    ],
    jail: Annotated[
        bool,
        typer.Option(
            help="Run the notebook in a jail. Your own labs, named by number, also run where there is none; "
            "for a file, which may be anybody's, say --no-jail."
        ),
    ] = True,
    as_json: Json = False,
) -> None:
    """Grade your notebook exactly as your instructor does.

    Exit status 0 means full points.
    """
    from grader.grading.notebook import read
    from grader.grading.referee import Setting, grade
    from grader.sandbox.jail import require, why_no_jail

    path = notebook_path(lab)
    if lab.endswith(".ipynb"):
        require(jail)
    notebook = read(path)
    with console.status(f"Grading {path.stem} …"):
        report = grade(_lab(path), notebook, Setting(jailed=jail and not why_no_jail()))
    _show(report)
    _remember(_lab(path), report)
    if as_json:
        print_json(report.to_json())
    if not report.complete or report.points < report.out_of:
        raise typer.Exit(FAILED)


def _remember(lab: Lab, report: Report) -> None:
    """Record the points for the learner's page."""
    from harness.learner.attempts import AttemptsError, record

    try:
        record(attempts(lab, report))
    except AttemptsError as error:
        say(str(error), problems)


def attempts(lab: Lab, report: Report) -> Iterator[Attempt]:
    """Yield an attempt for each mark that has points, with its median times if it was timed."""
    from harness.learner.attempts import REFEREE, Attempt, exercise_key

    for mark in report.marks:
        if mark.points is None:
            continue
        grade = lab.grades[mark.id]
        own, bar = map(median, zip(*mark.pairs, strict=True)) if mark.pairs else (None, None)
        key = exercise_key(grade.check, grade.options)
        yield Attempt(key, mark.points / mark.out_of, REFEREE, own, bar)


def notebook_path(lab: str, labs: Path = Path("labs")) -> Path:
    """Return the path of the lab with that number, or `lab` itself if it is a path of a notebook.

    Raises WrongUseError if there is no such lab.
    """
    if lab.endswith(".ipynb"):
        return Path(lab)
    matches = sorted(labs.glob(f"{lab}-*/{lab}-*.ipynb")) if lab.isdigit() else []
    if len(matches) != 1:
        numbers = ", ".join(sorted(path.name[:2] for path in labs.glob("[0-9][0-9]-*")))
        raise WrongUseError(
            f"There is no lab {lab} here: choose from {numbers}."
            if numbers
            else "There is no folder labs/ here: run this in the folder of the course."
        )
    return matches[0]


def _lab(path: Path) -> Lab:
    """Return the lab as defined by the notebook's own check cells.

    A learner may change them, but only deceives themselves: a class is graded against the released lab.
    """
    import nbformat

    from grader.grading.lab import lab
    from grader.grading.notebook import NotebookError

    try:
        own = lab(path.stem, nbformat.read(path, as_version=4))
    except (ValueError, AttributeError, KeyError, nbformat.ValidationError) as error:
        raise NotebookError(
            f"{path.name} is not a complete notebook: fetch the lab again."
        ) from error
    if not own.grades:
        raise NotebookError(f"{path.name} has no check cell: is it a notebook from labs/?")
    return own


def _show(report: Report) -> None:
    for mark in report.marks:
        points = "–" if mark.points is None else f"{mark.points:g}"
        line = f"{mark.outcome:<11}{points:>4} of {mark.out_of:g}  {mark.id}"
        console.print(line, markup=False, highlight=False)
        for row in mark.reason.splitlines():
            say(f"    {row}")
    note = f"   {report.no_jail}" if report.no_jail else ""
    total = f"{report.points:g} of {report.out_of:g} points{note}"
    say(total)
