"""under500 interview history: past scores, which ideas are due when, and the day of the real interview."""

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
            help="Set the day of the real interview, such as 2027-01-31, so that ideas are due before it; "
            "'none' clears it."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show past interviews and which ideas to practise."""
    from harness.interview.practice.after_interview import review_plan
    from harness.interview.practice.history import history as past_interviews

    if interview_on is not None:
        past_interviews().plan(None if interview_on == NO_DATE else _day(interview_on))
    played, plan = past_interviews().interviews(last), review_plan()
    if as_json:
        print_json(_json(played, plan))
        return
    _show(played, plan)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise WrongUseError(f"'{text}' is not a date: write it like 2027-01-31.") from error


def _show(played: Sequence[Played], plan: ReviewPlan) -> None:
    if not played:
        console.print("No interview yet: play one with `under500 interview`.")
        return
    table = Table(
        title="Interviews, the latest at the bottom",
        title_justify="left",
        box=None,
        padding=(0, 1, 0, 0),
    )
    for name in ("", "scenario", "level", "mode", *played[0].scores):
        table.add_column(name)
    for p in played:
        scores = [str(score or "–") for score in p.scores.values()]
        table.add_row(f"{p.at.astimezone():%Y-%m-%d}", p.scenario, p.level, p.mode, *scores)
    console.print(table)
    for line in plan.lines:
        console.print(escape(line), highlight=False)


def _json(played: Sequence[Played], plan: ReviewPlan) -> dict[str, object]:
    return {
        "interviews": [
            {"at": _iso(p.at), "scenario": p.scenario, "level": p.level, "mode": p.mode}
            | {"scores": dict(p.scores), "ended": p.ended, "transcript": p.transcript}
            for p in played
        ],
        "due": [idea.id for idea in plan.due],
        "next_day": plan.day.isoformat() if plan.day else None,
        "scenario": plan.scenario,
    }


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
