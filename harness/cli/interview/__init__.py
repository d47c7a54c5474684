"""under500 interview: the mock interview in the terminal, its walkthroughs, and the scorer."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from harness.cli.interview.llm import Llm, LlmModel, chat, judge
from harness.cli.output import Json, console, print_json

if TYPE_CHECKING:
    from harness.interview.dialogue.moves import Move
    from harness.interview.dialogue.play import Play
    from harness.interview.llm.endpoint import Chat
    from harness.interview.llm.rewording import Rewording
    from harness.interview.scenario.interview_session import Session
    from harness.interview.scoring.scorecard import Scorecard

app = typer.Typer(help="Play the mock interview: a hidden cause, data on request, a fair score.")

PARTS = ("score", "history", "lint")  # verbs below this one, each in a module of its own
MINUTES = 20
PORT = 8866  # what Voilà takes by itself


@app.callback(invoke_without_command=True)
def interview(
    context: typer.Context,
    scenario: Annotated[str | None, typer.Option(help="S01 to S12; without, one is drawn.")] = None,
    level: Annotated[str, typer.Option(help="mid, senior or staff.")] = "senior",
    mode: Annotated[str, typer.Option(help="exam, or coach with hints.")] = "exam",
    minutes: Annotated[float, typer.Option(min=1, max=120, help="8, 20 or 35.")] = MINUTES,
    seed: Annotated[int | None, typer.Option(help="Play the same numbers again.")] = None,
    save: Annotated[Path | None, typer.Option(help="Where the transcript goes.")] = None,
    replay: Annotated[str | None, typer.Option(help="Step through a walkthrough instead.")] = None,
    page: Annotated[bool, typer.Option(help="In a browser instead, as a page of its own.")] = False,
    port: Annotated[int, typer.Option(help="Where that page is served.")] = PORT,
    browser: Annotated[bool, typer.Option(help="Open the browser with it.")] = True,
    llm: Llm = None,
    llm_model: LlmModel = None,
    as_json: Json = False,
) -> None:
    """Play a mock interview: ask for data, find the hidden cause, propose, explain, be scored."""
    if context.invoked_subcommand:
        return
    if page:
        from harness.cli.interview.page import served

        served(port, browser)
        return
    if replay:
        from harness.cli.interview.replay import replayed

        replayed(replay)
        return
    from harness.interview.dialogue.opening import new_file, new_session

    session = new_session(scenario, level, mode, minutes, seed)
    file = save or new_file(session)
    asked = chat(llm, llm_model)
    play = _play(session, file, asked)
    try:
        _talk(play, console.input)
    except (KeyboardInterrupt, EOFError):
        console.print("\nYou left early; nothing that was said is lost.")
    _after(play, file, asked, as_json)


def _play(session: Session, file: Path, asked: Chat | None) -> Play:
    from harness.interview.dialogue.opening import ready

    with console.status("Reading the cards …"):
        return ready(session, file, reword=_reword(session, asked))


def _reword(session: Session, asked: Chat | None) -> Rewording | None:
    if asked is None:
        return None
    from harness.interview.llm.connect import rewording
    from harness.interview.scoring.rubric import rubric

    return rewording(asked, session, rubric())


def _talk(play: Play, ask: Callable[[str], str]) -> None:
    from harness.cli.interview import screen

    screen.rules(play.session)
    screen.show(play.begin(), play.session)
    while not play.state.ended:
        text = _line(play, ask).strip()
        moves = _command(play, text, ask) if text.startswith("/") else play.say(text)
        screen.show(moves, play.session)


def _line(play: Play, ask: Callable[[str], str]) -> str:
    """What the candidate types; a backslash at the end goes on in the next line."""
    from harness.cli.interview import screen

    text = ask(f"\n[dim]{screen.clock(play.left)}[/] [bold green]You[/]  ")
    while text.endswith("\\"):
        text = text[:-1] + "\n" + ask("… ")
    return text


def _command(play: Play, text: str, ask: Callable[[str], str]) -> list[Move]:
    """Moves of a line that begins with a slash. Raises EOFError to leave."""
    from harness.cli.interview import screen

    name, _, rest = text[1:].partition(" ")
    if name in ("quit", "q", "exit"):
        raise EOFError
    if name == "pause":
        return _pause(play, ask)
    if name in ("open", "hint", "next"):
        return play.open(rest.strip().lower()) if name == "open" else getattr(play, name)()
    if name == "cards":
        screen.card_list(play.session, play.state.opened)
    elif name == "time":
        console.print(f"{screen.clock(play.left)} left; this is the part “{play.state.phase}”.")
    else:
        console.print(screen.COMMANDS, highlight=False)
    return play.tick()


def _pause(play: Play, ask: Callable[[str], str]) -> list[Move]:
    if not play.pause():
        console.print("An exam has no pause; the clock goes on.")
        return []
    ask("The clock stands still. Enter to go on. ")
    play.resume()
    return []


def _after(play: Play, file: Path, asked: Chat | None, as_json: bool) -> None:
    """The scorecard of a finished interview, and where its transcript is."""
    scores = _scored(play, asked) if play.state.ended else {}
    if asked and play.interviewer.reword:
        console.print(escape(play.interviewer.reword.banner), highlight=False)
    for name, text in (("Transcript", str(file)), ("Score it", f"under500 interview score {file}")):
        console.print(f"[bold]{name}[/]  {escape(text)}", soft_wrap=True, highlight=False)
    if as_json:
        print_json(
            {
                "scenario": play.session.scenario.id,
                "seed": play.session.seed,
                "transcript": str(file),
                "ended": play.state.ended or "left",
                "seconds": round(play.seconds, 1),
                "opened": list(play.state.opened),
                "scores": scores,
            }
        )


def _scored(play: Play, asked: Chat | None) -> dict[str, int | None]:
    """Shows the scorecard; its four scores."""
    from harness.interview.dialogue import gaps
    from harness.interview.report.scorecard_text import scorecard
    from harness.interview.scoring.rubric import rubric

    second = judge(asked, rubric()) if asked else None
    card = gaps.scored(play.session, play.interviewer.transcript(play.state), second)
    console.print(scorecard(card))
    _kept(play, card)
    return dict(card.scores)


def _kept(play: Play, card: Scorecard) -> None:
    """Into the history; what goes wrong there takes nothing from the scorecard."""
    from harness.interview.practice.after_interview import keep, review_plan
    from harness.interview.practice.history import HistoryError

    try:
        keep(play, card)
        lines = review_plan().lines
    except HistoryError as error:
        lines = [str(error)]
    for line in lines:
        console.print(escape(line), highlight=False)


for _part in PARTS:
    try:
        _verb = getattr(import_module(f"harness.cli.interview_{_part}"), _part)
    except (ImportError, AttributeError):
        continue
    app.command(_part)(_verb)
