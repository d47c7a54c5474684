"""The mock interview in a notebook or on a web page: a form, the conversation, the scorecard."""

from __future__ import annotations

import html
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import ipywidgets as widgets

from harness.errors import PlainError
from harness.interview.dialogue import gaps, opening
from harness.interview.dialogue.earlier import before_turn, earlier
from harness.interview.dialogue.moves import Input
from harness.interview.dialogue.play import Clock, Play
from harness.interview.dialogue.speech import Style
from harness.interview.llm.connect import chat_model, rewording, second_opinion
from harness.interview.llm.connect import privacy_warning as privacy_warning
from harness.interview.llm.endpoint import Chat
from harness.interview.notebook.conversation_widget import Conversation
from harness.interview.practice.after_interview import record_interview, review_plan
from harness.interview.practice.history import HistoryError
from harness.interview.practice.moments import Moment, moments
from harness.interview.report.dimension_bars import NO_GUESS
from harness.interview.report.scorecard_page import scorecard_page
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.scenario import scenarios
from harness.interview.scoring.rubric import rubric
from harness.interview.scoring.scorecard import Scorecard

LEVELS = ("mid", "senior", "staff")
MODES = (("exam: no hints", "exam"), ("coach: hints and pauses", "coach"))
MINUTES = (8, 20, 35)
GRADED = "NBGRADER_EXECUTION"  # set by nbgrader while it runs a notebook, without a user
WIDE = widgets.Layout(width="max-content")


def interview(
    scenario: str | None = None,
    level: str = "senior",
    mode: str = "exam",
    minutes: float = opening.MINUTES,
    seed: int | None = None,
    guess: Mapping[str, float] = NO_GUESS,
    clock: Clock = time.monotonic,
    llm: str | None = None,
    llm_model: str | None = None,
    style: str = Style.FRIENDLY,
) -> widgets.Widget:
    """Return the interview as a widget; the arguments preset its form.

    seed: the same seed gives the same numbers. guess: expected scores, shown on the scorecard.
    llm, llm_model: a chat model's address (or "local") and name, for a second opinion on near misses.
    Raises WrongUseError for an invalid level, mode, time or address, BadContentError for an unknown scenario.
    """
    opening.new_session(scenario, level, mode, minutes, seed)
    chat = chat_model(llm, llm_model) if llm else None
    if os.environ.get(GRADED):
        return widgets.Label(
            "The interview is not started while a notebook is graded: open it in JupyterLab."
        )
    form = Form(scenario, level, mode, minutes, style)
    return Panel(form, seed, guess, clock, chat).box


@dataclass
class Form:
    """The choice of scenario, level, mode and time."""

    scenario: str | None
    level: str
    mode: str
    minutes: float
    style: str = Style.FRIENDLY
    fields: widgets.Widget = field(init=False)
    start: widgets.Button = field(init=False)

    def __post_init__(self) -> None:
        named = [
            (f"{scenario.id}  {scenario.name}", scenario.id) for scenario in scenarios().values()
        ]
        minutes = sorted({*MINUTES, self.minutes})
        name = self.scenario and self.scenario.upper()
        self._scenario = _choice("Scenario", [("random", None), *named], name)
        self._level = _choice("Level", list(LEVELS), self.level)
        self._mode = _choice("Mode", list(MODES), self.mode)
        self._minutes = _choice("Time", [(f"{m:g} minutes", m) for m in minutes], self.minutes)
        self.manner = _choice("Interviewer", [str(style) for style in Style], str(self.style))
        self.start = widgets.Button(description="Start the interview", button_style="primary")
        chosen = [self._scenario, self._level, self._mode, self._minutes, self.manner, self.start]
        self.fields = widgets.HBox(chosen, layout=widgets.Layout(flex_flow="row wrap"))

    def session(self, seed: int | None) -> Session:
        """Return the chosen session."""
        return opening.new_session(
            self._scenario.value,
            self._level.value,
            self._mode.value,
            self._minutes.value,
            seed,
        )


def _choice(name: str, options: list, value: object) -> widgets.Dropdown:
    style = {"description_width": "max-content"}
    return widgets.Dropdown(
        description=name, options=options, value=value, style=style, layout=WIDE
    )


class Panel:
    """The whole panel, in `box`: the form, then the conversation with its buttons, then the scorecard."""

    def __init__(
        self,
        form: Form,
        seed: int | None,
        guess: Mapping[str, float],
        clock: Clock,
        chat: Chat | None = None,
    ) -> None:
        self.form, self.seed, self.guess, self.clock = form, seed, guess, clock
        self.chat = chat
        self.talk: Conversation | None = None
        self.status = widgets.HTML(_review_html())
        self.box = widgets.VBox(self._first())
        form.start.on_click(lambda _: self.begin())

    def _first(self) -> list[widgets.Widget]:
        """Return the form, with a button for an interview that was interrupted."""
        left = opening.unfinished()
        if left is None:
            return [self.form.fields, self.status]
        resume = _button("Go on where you left", f"continue {left.name}", lambda: self.resume(left))
        return [self.form.fields, resume, self.status]

    def resume(self, file: Path, turn: int | None = None) -> None:
        """Go on with the interview of a transcript; with `turn`, again from that turn of the candidate."""
        try:
            before = earlier(file)
        except PlainError as error:
            self._say(str(error))
            return
        inputs = before.inputs if turn is None else before_turn(before.inputs, turn - 1)
        self._begin(before.session, before.style, inputs)

    def begin(self) -> None:
        """Load the models and ask the question."""
        try:
            session = self.form.session(self.seed)
        except PlainError as error:
            self._say(str(error))
            return
        self._begin(session, self.form.manner.value, ())

    def _begin(self, session: Session, style: str, inputs: Sequence[Input]) -> None:
        warning = privacy_warning(self.chat) if self.chat else None
        self._say(f"{warning or ''} Loading; the first time this takes some seconds.")
        self.form.start.disabled = True
        try:
            reword = rewording(self.chat, session, rubric()) if self.chat else None
            file = opening.new_file(session)
            play = opening.ready(session, file, self.clock, reword, style)
            self.talk = Conversation(play, self._after, inputs)
        except (PlainError, OSError) as error:
            self._say(str(error))
            self.form.start.disabled = False
            return
        self._say("")
        self.box.children = [self.talk, self._buttons(self.talk)]

    def _buttons(self, talk: Conversation) -> widgets.Widget:
        play = talk.play
        buttons = [
            _button("Next part", "go on; what you said so far counts", lambda: talk.act(play.next))
        ]
        if play.session.mode == "coach":
            buttons.append(
                _button("Hint", "an idea earns less after a hint", lambda: talk.act(play.hint))
            )
            buttons.append(
                _button("Pause", "stop or restart the clock", lambda: talk.act(play.toggle_pause))
            )
        leave = _button("Leave", "end here, with debrief and score", lambda: talk.act(play.leave))
        return widgets.HBox([*buttons, leave])

    def _after(self) -> None:
        """Show the scorecard once the interview has ended."""
        talk = self.talk
        if talk is None or not talk.play.state.ended or len(self.box.children) > 2:
            return
        card, learned = _scored(talk.play, self.chat)
        page = widgets.HTML(_debrief(talk.play, self.guess, self.chat, card, learned))
        again = [self._retry(talk.play, moment) for moment in learned]
        another = _button("Play another one", "start a new interview", self._again)
        self.box.children = [talk, page, widgets.HBox([*again, another])]

    def _retry(self, play: Play, moment: Moment) -> widgets.Button:
        name = f"Try again from turn {moment.turn}"
        hint = "the interview goes on from there; the score before and after is in the history"
        return _button(name, hint, lambda: self.resume(play.file, moment.turn))

    def _again(self) -> None:
        self.talk, self.status.value = None, _review_html()
        self.form.start.disabled = False
        self.box.children = self._first()

    def _say(self, text: str) -> None:
        self.status.value = f'<p role="status">{html.escape(text)}</p>' if text else ""


def _button(name: str, tooltip: str, act: Callable[[], None]) -> widgets.Button:
    button = widgets.Button(description=name, tooltip=tooltip, layout=WIDE)
    button.on_click(lambda _: act())
    return button


def _scored(play: Play, chat: Chat | None) -> tuple[Scorecard, Sequence[Moment]]:
    """Return the scorecard, and the moments from which most is to be learned."""
    second = second_opinion(chat, rubric()) if chat else None
    transcript = play.interviewer.transcript(play.state)
    card = gaps.scored(play.session, transcript, second)
    return card, moments(play.session, transcript, play.state.heard)


def _debrief(
    play: Play,
    guess: Mapping[str, float],
    chat: Chat | None,
    card: Scorecard,
    learned: Sequence[Moment],
) -> str:
    """Return the scorecard as HTML; an error of the history is shown below it."""
    try:
        record_interview(play, card)
    except HistoryError as error:
        problem = f"<p>{html.escape(str(error))}</p>"
    else:
        problem = ""
    file = f"<p>Transcript: <code>{html.escape(str(play.file))}</code></p>"
    rewording_note = f"<p>{html.escape(play.interviewer.reword.banner)}</p>" if chat else ""
    parts = (scorecard_page(card, guess, learned), rewording_note, problem, _review_html(), file)
    return f'<div class="u5-scorecard" style="max-width:1000px">{"".join(parts)}</div>'


def _review_html() -> str:
    """Return the due ideas as HTML; empty before the first interview."""
    try:
        lines = review_plan().lines
    except HistoryError:
        return ""  # reported when an interview is recorded
    return f"<p>{'<br>'.join(map(html.escape, lines))}</p>" if lines else ""
