"""The mock interview in a notebook, or in a page of its own: a form, the conversation, the scorecard."""

from __future__ import annotations

import html
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import ipywidgets as widgets

from harness.errors import PlainError
from harness.interview.dialogue import gaps, opening
from harness.interview.dialogue.play import Clock, Play
from harness.interview.llm.connect import chat_model, rewording, second_opinion
from harness.interview.llm.connect import where as leaves
from harness.interview.llm.endpoint import Chat
from harness.interview.notebook.conversation_widget import Conversation
from harness.interview.practice.after_interview import keep, review_plan
from harness.interview.practice.history import HistoryError
from harness.interview.report.dimension_bars import NOBODY
from harness.interview.report.scorecard_page import scorecard_page
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.scenario import scenarios
from harness.interview.scoring.rubric import rubric

LEVELS = ("mid", "senior", "staff")
MODES = (("exam: no hints", "exam"), ("coach: hints, and a pause", "coach"))
MINUTES = (8, 20, 35)
GRADED = (
    "NBGRADER_EXECUTION"  # set by nbgrader while it runs a notebook: nobody is there to talk to
)
WIDE = widgets.Layout(width="max-content")


def interview(
    scenario: str | None = None,
    level: str = "senior",
    mode: str = "exam",
    minutes: float = opening.MINUTES,
    seed: int | None = None,
    guess: Mapping[str, float] = NOBODY,
    clock: Clock = time.monotonic,
    llm: str | None = None,
    llm_model: str | None = None,
) -> widgets.Widget:
    """The interview as a widget; what is given here is preset in its form.

    seed: everybody who plays it sees the same numbers. guess: expected scores, shown on the scorecard.
    llm, llm_model: a chat model's address (or "local") and name, for a second opinion on near misses.
    Raises WrongUseError for a scenario, level, mode, time or address that there is not.
    """
    opening.new_session(scenario, level, mode, minutes, seed)
    chat = chat_model(llm, llm_model) if llm else None
    if os.environ.get(GRADED):
        return widgets.Label(
            "The interview is played in JupyterLab, not while a notebook is graded."
        )
    form = Form(scenario, level, mode, minutes)
    return Room(form, seed, guess, clock, chat).box


@dataclass
class Form:
    """What to play."""

    scenario: str | None
    level: str
    mode: str
    minutes: float
    fields: widgets.Widget = field(init=False)
    start: widgets.Button = field(init=False)

    def __post_init__(self) -> None:
        stories = [(f"{name}  {one.name}", name) for name, one in scenarios().items()]
        minutes = sorted({*MINUTES, self.minutes})
        name = self.scenario and self.scenario.upper()
        self._scenario = _choice("Scenario", [("drawn by lot", None), *stories], name)
        self._level = _choice("Level", list(LEVELS), self.level)
        self._mode = _choice("Mode", list(MODES), self.mode)
        self._minutes = _choice("Time", [(f"{m:g} minutes", m) for m in minutes], self.minutes)
        self.start = widgets.Button(description="Start the interview", button_style="primary")
        chosen = [self._scenario, self._level, self._mode, self._minutes, self.start]
        self.fields = widgets.HBox(chosen, layout=widgets.Layout(flex_flow="row wrap"))

    def session(self, seed: int | None) -> Session:
        """The session that is chosen."""
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


class Room:
    """Form, then conversation with its buttons, then scorecard, one below the other in `box`."""

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
        self.said = widgets.HTML(_comes_back())
        self.box = widgets.VBox([form.fields, self.said])
        form.start.on_click(lambda _: self.begin())

    def begin(self) -> None:
        """Loads what is needed, and asks the question."""
        where = leaves(self.chat) if self.chat else None
        self._say(f"{where or ''} Reading the cards; the first time this takes some seconds.")
        self.form.start.disabled = True
        try:
            session = self.form.session(self.seed)
            reword = rewording(self.chat, session, rubric()) if self.chat else None
            play = opening.ready(session, opening.new_file(session), self.clock, reword)
            self.talk = Conversation(play, self._after)
        except (PlainError, OSError) as error:
            self._say(str(error))
            self.form.start.disabled = False
            return
        self._say("")
        self.box.children = [self.talk, self._buttons(self.talk)]

    def _buttons(self, talk: Conversation) -> widgets.Widget:
        play = talk.play
        buttons = [
            _button("Next part", "what you have said so far stands", lambda: talk.act(play.next))
        ]
        if play.session.mode == "coach":
            buttons.append(
                _button("Hint", "an idea is then worth less", lambda: talk.act(play.hint))
            )
            buttons.append(_button("Pause", "stops the clock", lambda: talk.act(play.toggled)))
        return widgets.HBox(buttons)

    def _after(self) -> None:
        """The scorecard, once the interview has ended."""
        talk = self.talk
        if talk is None or not talk.play.state.ended or len(self.box.children) > 2:
            return
        again = _button("Play another one", "a new interview", self._again)
        self.box.children = [talk, widgets.HTML(_debrief(talk.play, self.guess, self.chat)), again]

    def _again(self) -> None:
        self.talk, self.said.value = None, _comes_back()
        self.form.start.disabled = False
        self.box.children = [self.form.fields, self.said]

    def _say(self, text: str) -> None:
        self.said.value = f'<p role="status">{html.escape(text)}</p>' if text else ""


def _button(name: str, tooltip: str, act: Callable[[], None]) -> widgets.Button:
    button = widgets.Button(description=name, tooltip=tooltip)
    button.on_click(lambda _: act())
    return button


def _debrief(play: Play, guess: Mapping[str, float], chat: Chat | None) -> str:
    """The scorecard; what goes wrong with the history takes nothing from it."""
    second = second_opinion(chat, rubric()) if chat else None
    card = gaps.scored(play.session, play.interviewer.transcript(play.state), second)
    try:
        keep(play, card)
    except HistoryError as error:
        trouble = f"<p>{html.escape(str(error))}</p>"
    else:
        trouble = ""
    where = f"<p>Transcript: <code>{html.escape(str(play.file))}</code></p>"
    voice = f"<p>{html.escape(play.interviewer.reword.banner)}</p>" if chat else ""
    parts = (scorecard_page(card, guess), voice, trouble, _comes_back(), where)
    return f'<div class="u5-scorecard" style="max-width:1000px">{"".join(parts)}</div>'


def _comes_back() -> str:
    """What is due, as HTML; nothing before the first interview."""
    try:
        lines = review_plan().lines
    except HistoryError:
        return ""  # said where something is written
    return f"<p>{'<br>'.join(map(html.escape, lines))}</p>" if lines else ""
