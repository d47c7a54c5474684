"""under500 interview: the mock interview in the terminal, its walkthroughs, and the scorer."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from harness.cli.interview import history, lint, read, score
from harness.cli.interview.llm import Llm, LlmModel, chat, judge
from harness.cli.output import Json, console, print_json
from harness.errors import WrongUseError

if TYPE_CHECKING:
    from harness.interview.dialogue.moves import Input, Move
    from harness.interview.dialogue.play import Play
    from harness.interview.llm.endpoint import Chat
    from harness.interview.llm.rewording import Rewording
    from harness.interview.scenario.interview_session import Session
    from harness.interview.scoring.scorecard import Scorecard

app = typer.Typer(help="Play the mock interview: a hidden cause, data on request, a score.")

MINUTES = 20
THINKING_S, WORDS_PER_S = 10.0, 2.5  # before a turn, and while speaking
PORT = 8866  # Voilà's default


@app.callback(invoke_without_command=True)
def interview(
    context: typer.Context,
    scenario: Annotated[str | None, typer.Option(help="S01 to S18; random by default.")] = None,
    level: Annotated[str, typer.Option(help="mid, senior or staff.")] = "senior",
    mode: Annotated[str, typer.Option(help="exam, or coach for hints and pauses.")] = "exam",
    minutes: Annotated[float, typer.Option(min=1, max=120, help="Such as 8, 20 or 35.")] = MINUTES,
    seed: Annotated[int | None, typer.Option(help="Repeat the numbers of this seed.")] = None,
    style: Annotated[
        str, typer.Option(help="The interviewer: friendly, terse, sceptical or interrupting.")
    ] = "friendly",
    save: Annotated[Path | None, typer.Option(help="File for the transcript.")] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Go on with the interview of this transcript.")
    ] = None,
    from_turn: Annotated[
        int | None, typer.Option(min=1, help="With --resume: try again from this turn of yours.")
    ] = None,
    replay: Annotated[
        str | None, typer.Option(help="Step through this walkthrough or transcript instead.")
    ] = None,
    page: Annotated[bool, typer.Option(help="Serve the interview as a web page instead.")] = False,
    port: Annotated[int, typer.Option(help="Port of the web page.")] = PORT,
    browser: Annotated[bool, typer.Option(help="Open the web page in a browser.")] = True,
    llm: Llm = None,
    llm_model: LlmModel = None,
    as_json: Json = False,
) -> None:
    """Play a mock interview: ask for data, find the hidden cause, propose a fix, and get a score."""
    if context.invoked_subcommand:
        return
    if page:
        from harness.cli.interview.page import serve

        serve(port, browser)
        return
    if replay:
        from harness.cli.interview.replay import step_through

        step_through(replay)
        return
    from harness.interview.dialogue.opening import new_file, new_session

    model = chat(llm, llm_model)
    if resume:
        session, style, inputs = _earlier(resume, from_turn)
    else:
        session, inputs = new_session(scenario, level, mode, minutes, seed), ()
    file = save or new_file(session)
    play = _play(session, file, model, style)
    _interview(play, inputs)
    _finish(play, file, model, as_json)
    if resume and from_turn:
        _compare(resume, play)


def _interview(play: Play, inputs: Sequence[Input]) -> None:
    """Talk until the end; whoever leaves early gets the debrief, too."""
    from harness.cli.interview import screen

    try:
        _talk(play, console.input, inputs)
    except (KeyboardInterrupt, EOFError):
        console.print("\nYou left early; everything said so far is in the transcript.")
        screen.show(play.leave(), play.session)


def _earlier(file: Path, from_turn: int | None) -> tuple[Session, str, Sequence[Input]]:
    """Return session, style and inputs of an earlier interview, up to a turn."""
    from harness.interview.dialogue.earlier import before_turn, earlier

    before = earlier(file)
    inputs = before.inputs if from_turn is None else before_turn(before.inputs, from_turn - 1)
    if before.ended and from_turn is None:
        raise WrongUseError(
            f"The interview in {file} has ended: try again from one of your turns with --from-turn."
        )
    return before.session, before.style, inputs


def _play(session: Session, file: Path, model: Chat | None, style: str) -> Play:
    from harness.interview.dialogue.opening import ready

    clock = time.monotonic if sys.stdin.isatty() else SpokenTime()
    with console.status("Loading …"):
        return ready(session, file, clock, _reword(session, model), style)


def _reword(session: Session, model: Chat | None) -> Rewording | None:
    if model is None:
        return None
    from harness.interview.llm.connect import rewording
    from harness.interview.scoring.rubric import rubric

    return rewording(model, session, rubric())


def _talk(play: Play, ask: Callable[[str], str], inputs: Sequence[Input] = ()) -> None:
    from harness.cli.interview import screen

    screen.rules(play.session)
    for given, moves in play.replayed(inputs):
        if said := getattr(given, "text", None):
            screen.said(said, "You")
        screen.show(moves, play.session)
    while not play.state.ended:
        text = _line(play, ask).strip()
        if isinstance(play.clock, SpokenTime):
            play.clock.spoken(text)
        moves = _command(play, text, ask) if text.startswith("/") else play.say(text)
        screen.show(moves, play.session)


def _line(play: Play, ask: Callable[[str], str]) -> str:
    """Read what the candidate types; a backslash at the end continues on the next line."""
    from harness.cli.interview import screen

    text = ask(f"\n[dim]{screen.clock(play.left)}[/] [bold green]You[/]  ")
    while text.endswith("\\"):
        text = text[:-1] + "\n" + ask("… ")
    return text


def _command(play: Play, text: str, ask: Callable[[str], str]) -> list[Move]:
    """Run a line that begins with a slash; return the interviewer's moves. Raises EOFError to leave."""
    from harness.cli.interview import screen

    name, _, rest = text[1:].partition(" ")
    if name in ("quit", "q", "exit"):
        raise EOFError
    if name == "pause":
        return _pause(play, ask)
    if name in ("hint", "next"):
        return getattr(play, name)()
    if name == "open" and rest.strip():
        return _open(play, rest)
    if name in ("cards", "open"):
        screen.card_list(play.session, play.state.opened)
    elif name == "time":
        console.print(
            f"{screen.clock(play.left)} left; we are at {screen.PARTS[play.state.phase]}."
        )
    else:
        console.print(screen.COMMANDS, highlight=False)
    return play.tick()


def _open(play: Play, name: str) -> list[Move]:
    """Open a card by its id or its title."""
    from harness.interview.dialogue.choice import named_card

    return play.open(named_card(name, play.session.cards) or name.strip().lower())


def _pause(play: Play, ask: Callable[[str], str]) -> list[Move]:
    if not play.pause():
        console.print("An exam cannot be paused: the clock goes on. Use --mode coach for pauses.")
        return []
    if not sys.stdin.isatty():
        console.print("Turns that are piped in need no pause: only what is said takes time.")
    else:
        ask("The clock is stopped. Press Enter to go on. ")
    play.resume()
    return []


def _compare(before: Path, play: Play) -> None:
    """Show the scores of the earlier interview beside those of this one."""
    from harness.interview.dialogue import gaps
    from harness.interview.scenario import transcript

    old = gaps.scored(play.session, transcript.load(before)).scores
    new = gaps.scored(play.session, play.interviewer.transcript(play.state)).scores
    changes = (f"{name} {old[name] or '–'} → {new[name] or '–'}" for name in new)
    early = "  (you left this try early)" if play.state.ended == "left" else ""
    console.print(f"[bold]Before and now[/]  {', '.join(changes)}{early}", highlight=False)


@dataclass
class SpokenTime:
    """A clock for turns that nobody types: each takes as long as it would take to say it."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def spoken(self, text: str) -> None:
        """Let the time of a turn pass."""
        self.now += THINKING_S + len(text.split()) / WORDS_PER_S


def _finish(play: Play, file: Path, model: Chat | None, as_json: bool) -> None:
    """Show the scorecard of a finished interview, and the path of its transcript."""
    scores = _show_score(play, model)
    if model and play.interviewer.reword:
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


def _show_score(play: Play, model: Chat | None) -> dict[str, int | None]:
    """Show the scorecard, record it, and return its four scores."""
    from harness.interview.dialogue import gaps
    from harness.interview.practice.moments import moments
    from harness.interview.report.scorecard_text import scorecard
    from harness.interview.scoring.rubric import rubric

    second = judge(model, rubric())
    transcript = play.interviewer.transcript(play.state)
    card = gaps.scored(play.session, transcript, second)
    learned = moments(play.session, transcript, play.state.heard)
    console.print(scorecard(card, learned))
    for moment in learned:
        again = f"under500 interview --resume {play.file} --from-turn {moment.turn}"
        console.print(f"[bold]Try again[/]  {escape(again)}", soft_wrap=True, highlight=False)
    _record(play, card)
    return dict(card.scores)


def _record(play: Play, card: Scorecard) -> None:
    """Record the interview in the history and show what is due, or the history's error."""
    from harness.interview.practice.after_interview import record_interview, review_plan
    from harness.interview.practice.history import HistoryError

    try:
        record_interview(play, card)
        lines = review_plan().lines
    except HistoryError as error:
        lines = [str(error)]
    for line in lines:
        console.print(escape(line), highlight=False)


app.command("score")(score.score)
app.command("read")(read.read)
app.command("history")(history.history)
app.command("lint")(lint.lint)
