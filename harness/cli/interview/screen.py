"""The interview in a terminal: moves, cards, the list of cards, the clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table

from harness.cli.output import console

if TYPE_CHECKING:
    from harness.interview.dialogue.moves import Move
    from harness.interview.scenario.cards import Card
    from harness.interview.scenario.interview_session import Session

PARTS = {  # of the interview, as the candidate knows them
    "intro": "the question",
    "clarify": "your first questions",
    "diagnose": "the search for the cause",
    "propose": "your plan",
    "stakeholder": "the product manager",
    "team": "the engineers",
    "wrap": "the last word",
    "debrief": "the debrief",
}
WIDTH = 100  # wider lines are hard to read
COMMANDS = """\
Ask in your own words, or type one of these:
  [bold]/cards[/]      list all cards           [bold]/open NAME[/]  open a card of that list
  [bold]/next[/]       go to the next part      [bold]/time[/]       show the time left
  [bold]/hint[/]       get a hint (coach mode)  [bold]/pause[/]      stop the clock (coach mode)
  [bold]/quit[/]       leave; the transcript is kept
End a line with \\ to continue on the next one."""


def show(moves: Iterable[Move], session: Session) -> None:
    """Show the interviewer's moves, one below the other."""
    from harness.interview.dialogue.moves import Offer, Say, Show

    for move in moves:
        if isinstance(move, Say):
            said(move.text)
        elif isinstance(move, Show):
            card(session.cards[move.card])
        elif isinstance(move, Offer):
            offer(move.cards)


def said(text: str, who: str = "Interviewer") -> None:
    """Show a turn; its text is escaped, since it may look like markup."""
    colour = "cyan" if who == "Interviewer" else "green"
    text = f"[bold {colour}]{who}[/]  {escape(text)}"
    console.print(Padding(text, (1, 0, 0, 0)), width=WIDTH, highlight=False)


def card(shown: Card) -> None:
    """Show a data card in a frame."""
    parts: list[RenderableType] = [escape(shown.note)]
    if shown.rows:
        parts += ["", _table(shown.columns, shown.rows)]
    panel = Panel(
        Group(*parts), title=f"[bold]{escape(shown.title)}[/]", title_align="left", width=WIDTH
    )
    console.print(panel, highlight=False)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(columns):
        labels = not number and any(row[0][:1].isalpha() for row in rows)
        table.add_column(escape(column), justify="left" if labels else "right")
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def offer(cards: Sequence[str]) -> None:
    """Show the cards of a "did you mean", each with the letter to answer with."""
    from harness.interview.scenario.cards import abouts

    lettered = zip("abc"[: len(cards)], cards, strict=True)
    lines = [f"  [bold]{letter}[/]  {escape(abouts()[name])}" for letter, name in lettered]
    console.print("\n".join(lines), highlight=False)


def card_list(session: Session, opened: Sequence[str]) -> None:
    """Show the list of all cards, with the opened ones marked."""
    from harness.interview.scenario.cards import abouts

    for name, about in abouts().items():
        mark = "[green]✓[/]" if name in opened else " "
        console.print(f" {mark} [bold]{name:<13}[/] {escape(about)}", highlight=False)


def clock(left_s: float) -> str:
    """Return the time as in "12:05"."""
    minutes, seconds = divmod(round(left_s), 60)
    return f"{minutes}:{seconds:02d}"


def rules(session: Session) -> None:
    """Show what the candidate should know before the interview begins."""
    mode = "with hints" if session.mode == "coach" else "exam: no hints"
    head = f"[bold]{escape(session.scenario.name)}[/]  ({session.level}, {mode}, {session.minutes:g} minutes)"
    console.print(Panel(f"{head}\n{COMMANDS}", width=WIDTH), highlight=False)
