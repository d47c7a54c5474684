"""under500 check NN: a learner's own verdict, from the referee that grades a class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.output import FAILED, Json, console, print_json
from harness.errors import WrongUseError

if TYPE_CHECKING:
    from grader.grading.lab import Lab
    from grader.grading.report import Report


def check(
    lab: Annotated[str, typer.Argument(help="Its number, such as 01, or the notebook itself.")],
    jail: Annotated[bool, typer.Option(help="Run it in a jail where there is one.")] = True,
    as_json: Json = False,
) -> None:
    """Grade your own notebook exactly as your instructor's machine does; exit status 0 is full points."""
    from grader.grading.notebook import read
    from grader.grading.referee import Setting, grade
    from grader.sandbox.jail import missing

    path = found(lab)
    notebook = read(path)
    with console.status(f"Grading {path.stem} …"):
        report = grade(_asked(path), notebook, Setting(jailed=jail and not missing()))
    _show(report)
    if as_json:
        print_json(report.to_json())
    if not report.complete or report.points < report.out_of:
        raise typer.Exit(FAILED)


def found(lab: str, labs: Path = Path("labs")) -> Path:
    """The notebook of the lab with that number, or the file itself. Raises WrongUseError."""
    if lab.endswith(".ipynb"):
        return Path(lab)
    matches = sorted(labs.glob(f"{lab}-*/{lab}-*.ipynb")) if lab.isdigit() else []
    if len(matches) != 1:
        there = ", ".join(sorted(path.name[:2] for path in labs.glob("[0-9][0-9]-*")))
        raise WrongUseError(
            f"There is no lab {lab} here: choose from {there}."
            if there
            else "There is no folder labs/ here: run this in the folder of the course."
        )
    return matches[0]


def _asked(path: Path) -> Lab:
    """The lab that the notebook's own check cells make: nobody to fool here but oneself."""
    import nbformat

    from grader.grading.lab import lab
    from grader.grading.notebook import NotebookError

    try:
        wanted = lab(path.stem, nbformat.read(path, as_version=4))
    except (ValueError, AttributeError, KeyError, nbformat.ValidationError) as error:
        raise NotebookError(f"{path.name} is not a whole notebook: get the lab anew.") from error
    if not wanted.grades:
        raise NotebookError(f"{path.name} has no check cell: is it a notebook from labs/?")
    return wanted


def _show(report: Report) -> None:
    for mark in report.marks:
        points = "–" if mark.points is None else f"{mark.points:g}"
        line = f"{mark.outcome:<11}{points:>4} of {mark.out_of:g}  {mark.id}"
        console.print(line, markup=False, highlight=False)
        for row in mark.reason.splitlines():
            console.print(f"    {row}", markup=False, highlight=False, soft_wrap=True)
    note = f"   {report.jailed}" if report.jailed else ""
    total = f"{report.points:g} of {report.out_of:g} points{note}"
    console.print(total, markup=False, highlight=False, soft_wrap=True)
