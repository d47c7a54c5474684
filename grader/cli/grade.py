"""under500 grade: a class, a folder of notebooks or one notebook, into gradebook and feedback pages."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.output import FAILED, Json, console, print_json
from harness.errors import WrongUseError

if TYPE_CHECKING:
    from grader.course.course import Course, Work
    from grader.course.grade_class import Batch, Step

SHOWN = 12  # notes of single submissions in the terminal; all of them are in the JSON
WORTH = 6  # submissions for each process: fewer are done before it has started


def grade(
    handed_in: Annotated[
        Path | None,
        typer.Argument(help="A notebook, or a folder of notebooks named after learners."),
    ] = None,
    lab: Annotated[str, typer.Option(help="Only this lab: its number or its name.")] = "",
    student: Annotated[str, typer.Option(help="Only this learner.")] = "",
    course: Annotated[Path, typer.Option(help="The folder with nbgrader_config.py.")] = Path(),
    again: Annotated[bool, typer.Option(help="Also what has not changed since.")] = False,
    queued: Annotated[
        bool, typer.Option(help="Only what waits for a quiet machine; run it on one.")
    ] = False,
    workers: Annotated[
        int, typer.Option(min=0, help="Processes on this machine; 0: as many as there is work for.")
    ] = 0,
    scheduler: Annotated[
        str, typer.Option(help="Address of a Dask scheduler: its workers grade.")
    ] = "",
    jail: Annotated[bool, typer.Option(help="Run it in a jail where there is one.")] = True,
    as_json: Json = False,
) -> None:
    """Grade what was handed in; stop it at any time, the next run goes on behind what is finished."""
    from grader.course.collect import collected, named
    from grader.course.course import course as course_in
    from grader.course.grade_class import Batch

    here = course_in(course)
    wanted = named(here, lab) if lab else ""
    works = collected(here, handed_in, wanted) if handed_in else here.works()
    works = [work for work in works if wanted in ("", work.lab) and student in ("", work.student)]
    if not works:
        raise WrongUseError(
            "Nothing was handed in: put notebooks into submitted/<learner>/<lab>/, "
            "or name a folder of them."
        )
    batch = Batch(here, again=again, queued=queued)
    due = batch.wanted(works)
    steps = list(_watched(_steps(batch, due, scheduler, workers or _worth(due), jail), due))
    _show(steps)
    if as_json:
        print_json(_summary(here, steps))
    if any(step.record is None or not step.record.entered for step in steps):
        raise typer.Exit(FAILED)


def _worth(works: list[Work]) -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(cores or 1, len(works) // WORTH))


def _steps(
    batch: Batch, works: list[Work], scheduler: str, workers: int, jail: bool
) -> Iterator[Step]:
    """Graded in this process, in several of this machine, or by the workers of a scheduler."""
    if not scheduler and workers == 1:
        from grader.course.judge import lab_grader

        with lab_grader(jailed=jail) as judge:
            yield from replace(batch, judge=judge).run(works)
        return
    from grader.fleet.cluster import local, remote
    from grader.fleet.run import Fleet
    from grader.fleet.worker import Referees

    connect = partial(remote, scheduler) if scheduler else partial(local, workers)
    yield from Fleet(batch, connect, Referees(jail), _say).run(works)


def _watched(steps: Iterator[Step], works: list[Work]) -> Iterable[Step]:
    """The steps, with a bar that says whose was the last one and how long it will take."""
    from tqdm import tqdm

    form = "{desc} {n_fmt}/{total_fmt} |{bar}| {elapsed}, {remaining} left"
    with tqdm(total=len(works), bar_format=form, disable=None) as bar:
        for step in steps:
            bar.set_description(f"{step.work.lab}, {step.work.student}"[:40])
            bar.update()
            yield step


def _say(line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _show(steps: list[Step]) -> None:
    from rich.table import Table

    table = Table("learner", "lab", "points", "", box=None, pad_edge=False, header_style="dim")
    for step in steps:
        table.add_row(step.work.student, step.work.lab, _points(step), str(step.state))
    console.print(table, markup=False, highlight=False)
    notes = [f"{s.work.student}: {s.record.note}" for s in steps if s.record and s.record.note]
    for note in notes[:SHOWN]:
        console.print(note, markup=False, highlight=False, soft_wrap=True)
    if outside := {step.record.report.jailed for step in steps if step.record} - {""}:
        console.print(f"Learners' code ran without a jail. {outside.pop()}", soft_wrap=True)
    if waiting := sum(step.record is not None and step.record.report.queued for step in steps):
        console.print(
            f"{waiting} stayed undecided beside other programs and cost nothing: "
            "run `under500 grade --queued` when the machine is quiet.",
            soft_wrap=True,
        )


def _points(step: Step) -> str:
    if step.record is None:
        return "–"
    report = step.record.report
    still = sum(mark.out_of for mark in report.marks if mark.points is None)
    return f"{report.points:g} of {report.out_of:g}" + (f", {still:g} open" if still else "")


def _summary(here: Course, steps: list[Step]) -> dict[str, object]:
    return {"course": str(here.root), "submissions": [_one(here, step) for step in steps]}


def _one(here: Course, step: Step) -> dict[str, object]:
    work, record = step.work, step.record
    values = {"student": work.student, "lab": work.lab, "state": str(step.state)}
    if record is None:
        return values
    found = {"points": record.report.points, "out_of": record.report.out_of}
    whole = {"complete": record.report.complete, "queued": record.report.queued}
    said = {"in_gradebook": record.entered, "note": record.note}
    page = {"feedback": str(here.feedback(work.student, work.lab))}
    return values | found | whole | said | page
