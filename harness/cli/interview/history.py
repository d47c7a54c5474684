"""under500 interview history: scores so far, what comes back when, and the day of the real interview."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from harness.cli.output import Json, console, print_json
from harness.errors import WrongUseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.interview.practice.after_interview import ReviewPlan
    from harness.interview.practice.history import Played

NO_DATE = "none"


def history(
    last: Annotated[int, typer.Option(min=1, help="How many interviews to show.")] = 10,
    interview_on: Annotated[
        str | None,
        typer.Option(
            help="Day of the real interview, 2027-01-31; ideas come back sooner. 'none': no day."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the interviews so far, and which ideas come back when."""
    from harness.interview.practice.after_interview import review_plan
    from harness.interview.practice.history import history as kept

    if interview_on is not None:
        kept().plan(None if interview_on == NO_DATE else _day(interview_on))
    played, back = kept().interviews(last), review_plan()
    if as_json:
        print_json(_json(played, back))
        return
    _show(played, back)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise WrongUseError(f"'{text}' is no day: write it like 2027-01-31.") from error


def _show(played: Sequence[Played], back: ReviewPlan) -> None:
    if not played:
        console.print("No interview yet: `under500 interview` plays one.")
        return
    table = Table(title="Interviews, the last one at the bottom", title_justify="left", box=None)
    for name in ("", "scenario", "level", "mode", *played[0].scores):
        table.add_column(name)
    for one in played:
        scores = [str(score or "–") for score in one.scores.values()]
        table.add_row(f"{one.at.astimezone():%Y-%m-%d}", one.scenario, one.level, one.mode, *scores)
    console.print(table)
    for line in back.lines:
        console.print(escape(line), highlight=False)


def _json(played: Sequence[Played], back: ReviewPlan) -> dict[str, object]:
    return {
        "interviews": [
            {"at": _iso(one.at), "scenario": one.scenario, "level": one.level, "mode": one.mode}
            | {"scores": dict(one.scores), "ended": one.ended, "transcript": one.transcript}
            for one in played
        ],
        "due": [one.id for one in back.due],
        "next_day": back.day.isoformat() if back.day else None,
        "scenario": back.scenario,
    }


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
