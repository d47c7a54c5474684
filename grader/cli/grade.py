"""under500 grade: grading of a class, a folder or one notebook into gradebook and feedback pages."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.output import FAILED, Json, console, print_json, require_extra, say
from harness.errors import WrongUseError, readable

if TYPE_CHECKING:
    from grader.course.course import Course, Submission
    from grader.course.grade_class import Batch, Step

MAX_NOTES = 12  # on single submissions, in the terminal; the JSON has all of them
MAX_CHARS = 500  # of a text by a worker
PER_PROCESS = 6  # submissions: fewer are graded faster than another process starts


def grade(
    handed_in: Annotated[
        Path | None,
        typer.Argument(
            help="A notebook, or a folder of notebooks named after learners. Without it, everything in "
            "submitted/ is graded."
        ),
    ] = None,
    lab: Annotated[str, typer.Option(help="Grade only this lab: its number or name.")] = "",
    student: Annotated[str, typer.Option(help="Grade only this learner.")] = "",
    course: Annotated[
        Path, typer.Option(help="Folder of the course, with nbgrader_config.py.")
    ] = Path(),
    again: Annotated[bool, typer.Option(help="Also grade what has not changed since.")] = False,
    queued: Annotated[
        bool, typer.Option(help="Grade only undecided marks; run this on a quiet machine.")
    ] = False,
    workers: Annotated[
        int,
        typer.Option(
            min=0, help="Processes on this machine; 0 chooses by cores and amount of work."
        ),
    ] = 0,
    scheduler: Annotated[
        str,
        typer.Option(
            help="Grade on the workers of `under500 scheduler`, at the address that it printed."
        ),
    ] = "",
    jail: Annotated[
        bool,
        typer.Option(
            help="Run notebooks in a jail. Without one, nothing is graded unless you say --no-jail: then "
            "learners' code can do all that you can, and every page says so."
        ),
    ] = True,
    as_json: Json = False,
) -> None:
    """Grade submissions into the gradebook and write feedback pages.

    You can stop it at any time; the next run continues where it stopped.

    Exit status 0 means that every file has its result in the gradebook.
    """
    from grader.course.collect import Collected, collect, find_lab
    from grader.course.course import load_course
    from grader.course.grade_class import Batch
    from grader.sandbox.jail import require

    if not scheduler:  # otherwise each worker says it of its machine
        require(jail)
    loaded = load_course(course)
    name = find_lab(loaded, lab) if lab else ""
    present = Collected(loaded.submissions(), loaded.left_out())
    found = collect(loaded, handed_in, name) if handed_in else present
    chosen = [s for s in found.submissions if name in ("", s.lab) and student in ("", s.student)]
    for line in found.left_out:
        _say(line)
    if not chosen and not found.left_out:
        raise WrongUseError(
            "There are no submissions: put notebooks into submitted/<learner>/<lab>/, "
            "or name a folder of notebooks."
        )
    batch = Batch(loaded, again=again, queued=queued)
    due = batch.select(chosen)
    steps = _steps(batch, due, scheduler, workers or _default_workers(len(due)), jail)
    done: list[Step] = []
    try:
        for step in _with_progress(steps, len(due)):
            done.append(step)
    finally:  # after an error or an interrupt, what is finished is shown
        _show(done)
    if as_json:
        print_json(_summary(loaded, done) | {"left_out": found.left_out})
    if found.left_out or any(step.record is None or not step.record.entered for step in done):
        raise typer.Exit(FAILED)


def _default_workers(submissions: int) -> int:
    if find_spec("distributed") is None:  # several processes need the extra `class`
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(cores or 1, submissions // PER_PROCESS))


def _steps(
    batch: Batch, submissions: list[Submission], scheduler: str, workers: int, jail: bool
) -> Iterator[Step]:
    """Grade in this process, in several processes, or on a scheduler's workers; yield each step."""
    if not scheduler and workers == 1:
        yield from _in_this_process(batch, submissions, jail)
        return
    require_extra("distributed", "class")
    from grader.fleet.cluster import local, remote
    from grader.fleet.run import Fleet
    from grader.fleet.worker import RefereeFactory
    from grader.workshop import readable_log

    readable_log.install()  # a log has texts by whoever is in the fleet
    connect = partial(remote, scheduler) if scheduler else partial(local, workers)
    steps = Fleet(batch, connect, RefereeFactory(jail), _say).run(submissions)
    yield from steps if scheduler else _or_in_this_process(steps, batch, submissions, jail)


def _in_this_process(batch: Batch, submissions: list[Submission], jail: bool) -> Iterator[Step]:
    from grader.course.judge import lab_grader

    with lab_grader(jailed=jail) as judge:
        yield from replace(batch, judge=judge).run(submissions)


def _or_in_this_process(
    steps: Iterator[Step], batch: Batch, submissions: list[Submission], jail: bool
) -> Iterator[Step]:
    """Yield the steps of several processes; if those fail, of this process.

    Everybody on this machine can connect to their ports and may keep them from finding each other.
    """
    from grader.fleet.cluster import FleetError
    from grader.fleet.scheduler_connection import FAILED

    left = list(submissions)
    try:
        for step in steps:
            left.remove(step.submission)
            yield step
    except (FleetError, *FAILED) as error:
        if left:
            reason = type(error).__name__
            _say(f"The processes for grading failed ({reason}): grading goes on in this process.")
            yield from _in_this_process(batch, left, jail)


def _with_progress(steps: Iterator[Step], total: int) -> Iterable[Step]:
    """Yield the steps, with a progress bar that shows the last submission and the time left."""
    from tqdm import tqdm

    form = "{desc} {n_fmt}/{total_fmt} |{bar}| {elapsed}, {remaining} left"
    with tqdm(total=total, bar_format=form, disable=None) as bar:
        for step in steps:
            bar.set_description(readable(f"{step.submission.lab}, {step.submission.student}")[:40])
            bar.update()
            yield step


def _say(line: str) -> None:
    say(readable(line))


def _show(steps: list[Step]) -> None:
    from rich.table import Table

    table = Table("learner", "lab", "points", "", box=None, pad_edge=False, header_style="dim")
    for step in steps:
        student = readable(step.submission.student)
        table.add_row(student, step.submission.lab, _points(step), str(step.state))
    console.print(table, markup=False, highlight=False)
    notes = [
        f"{s.submission.student}: {s.record.note}" for s in steps if s.record and s.record.note
    ]
    for note in notes[:MAX_NOTES]:
        _say(note)
    if reasons := {step.record.report.no_jail for step in steps if step.record} - {""}:
        _say(f"Learners' code ran without a jail. {reasons.pop()[:MAX_CHARS]}")
    if waiting := sum(step.record is not None and step.record.report.queued for step in steps):
        console.print(
            f"{waiting} are undecided, because the machine was too busy. They cost no points: "
            "run `under500 grade --queued` when the machine is quiet.",
            soft_wrap=True,
        )


def _points(step: Step) -> str:
    if step.record is None:
        return "–"
    report = step.record.report
    unfinished = sum(mark.out_of for mark in report.marks if mark.points is None)
    suffix = f", {unfinished:g} open" if unfinished else ""
    return f"{report.points:g} of {report.out_of:g}{suffix}"


def _summary(course: Course, steps: list[Step]) -> dict[str, object]:
    return {"course": str(course.root), "submissions": [_values(course, step) for step in steps]}


def _values(course: Course, step: Step) -> dict[str, object]:
    submission, record = step.submission, step.record
    values = {"student": submission.student, "lab": submission.lab, "state": str(step.state)}
    if record is None:
        return values
    return values | {
        "points": record.report.points,
        "out_of": record.report.out_of,
        "complete": record.report.complete,
        "queued": record.report.queued,
        "in_gradebook": record.entered,
        "note": record.note,
        "feedback": str(course.feedback(submission.student, submission.lab)),
    }
