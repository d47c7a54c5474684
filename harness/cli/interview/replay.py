"""under500 interview --replay: a walkthrough step by step, with questions that ask for a prediction."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.padding import Padding
from rich.rule import Rule

from harness.cli.interview import screen
from harness.cli.output import console

if TYPE_CHECKING:
    from harness.interview.practice.walkthrough import Walkthrough

KEYS = "[dim]Enter: next · b: back · a number: go to that step · s: score so far · q: quit[/]"
PROMPT = "[dim]›[/] "


def step_through(name: str) -> None:
    """Step through the walkthrough `name`, or a file; without a terminal, show all steps."""
    from harness.interview.practice.walkthrough import walkthrough

    walk = walkthrough(name)
    _head(walk)
    if not sys.stdin.isatty() and not console.is_terminal:
        for number in range(len(walk.steps)):
            _step(walk, number)
    else:
        _interactive(walk)
    _score(walk, len(walk.steps))
    console.print(
        f"\n[bold]What to learn from it[/]  {escape(walk.words(walk.lesson))}", width=screen.WIDTH
    )


def _interactive(walk: Walkthrough) -> None:
    number: int | None = 0
    while number is not None and number < len(walk.steps):
        if (predict := walk.steps[number].predict) and not _ask(predict):
            return
        _step(walk, number)
        number = _next_step(walk, number)


def _ask(predict: str) -> bool:
    """Ask for a prediction; return False to leave."""
    console.print(
        Padding(f"[bold yellow]Pause and predict[/]  {escape(predict)}", (1, 0, 0, 0)),
        width=screen.WIDTH,
    )
    return _answer() is not None


def _next_step(walk: Walkthrough, number: int) -> int | None:
    """Return the step to show next, or None to leave."""
    while True:
        key = _answer()
        if key is None or key in ("q", "quit"):
            return None
        if key == "s":
            _score(walk, number + 1)
            continue
        if key == "b":
            return max(0, number - 1)
        return min(len(walk.steps), max(1, int(key))) - 1 if key.isdecimal() else number + 1


def _answer() -> str | None:
    try:
        return console.input(PROMPT).strip().lower()
    except (EOFError, KeyboardInterrupt):
        return None


def _head(walk: Walkthrough) -> None:
    console.print(Rule(f"{walk.scenario} · {walk.kind} · {escape(walk.title)}"))
    console.print(KEYS)


def _step(walk: Walkthrough, number: int) -> None:
    step, event = walk.steps[number], walk.events[number]
    at = f"[dim]{number + 1} of {len(walk.steps)}, {screen.clock(step.t)}[/]"
    console.print(Padding(at, (1, 0, 0, 0)))
    if event.open_card:
        screen.card(walk.session.cards[event.open_card])
    else:
        screen.said(event.text or "", "Interviewer" if event.who == "interviewer" else "Candidate")
    if step.note:
        note = f"[yellow]{escape(walk.words(step.note))}[/]"
        console.print(Padding(note, (0, 0, 0, 4)), width=screen.WIDTH, highlight=False)


def _score(walk: Walkthrough, steps: int) -> None:
    """Show the scores of the first `steps` steps."""
    from harness.interview.dialogue.gaps import scored

    with console.status("Scoring …"):
        card = scored(walk.session, walk.transcript(steps))
    scores = " · ".join(f"{name} {value or '–'}" for name, value in card.scores.items())
    console.print(f"\n[bold]Score after {steps} steps[/]  {scores}", highlight=False)
