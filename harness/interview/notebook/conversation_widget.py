"""The widget of a running interview: transcript, cards and clock in the browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import anywidget
import traitlets

from harness.errors import PlainError
from harness.interview.dialogue.moves import Input, Move, Phase, Show, State
from harness.interview.dialogue.play import Play
from harness.interview.scenario.cards import abouts
from harness.interview.scenario.interview_session import Session

HERE = Path(__file__).parent
PARTS = {
    Phase.CLARIFY: "Part 1: what is the problem?",
    Phase.DIAGNOSE: "Part 2: where does the time go?",
    Phase.PROPOSE: "Part 3: what would you do?",
    Phase.STAKEHOLDER: "Part 4: the product manager listens",
    Phase.TEAM: "Part 5: the team",
    Phase.WRAP: "Last words",
    Phase.DEBRIEF: "Debrief",
}
HELP = {"hint": "a hint", "reveal": "the answer"}


class Conversation(anywidget.AnyWidget):
    """The kernel side of the widget.

    Only opened cards are sent to the browser with their content, so the page does not contain the cause.
    """

    _esm = HERE / "conversation.js"
    _css = HERE / "conversation.css"
    turns = traitlets.List().tag(sync=True)
    cards = traitlets.List().tag(sync=True)
    offer = traitlets.List().tag(sync=True)
    clock = traitlets.Dict(
        {"left_s": 0.0, "whole_s": 1.0, "running": False, "part": "", "answers": 0}
    ).tag(sync=True)
    ended = traitlets.Bool(False).tag(sync=True)
    notice = traitlets.Unicode("").tag(sync=True)

    def __init__(self, play: Play, after: Callable[[], None], inputs: Sequence[Input] = ()) -> None:
        """Begin the interview, or go on with `inputs` of an earlier one. after: called after each action."""
        super().__init__()
        self.play, self.after = play, after
        self.on_msg(self._received)
        self.show(play.continued(inputs) if inputs else play.begin())

    def show(self, moves: list[Move]) -> None:
        """Update the page; the clock last, because its change completes the answer for the browser."""
        play = self.play
        self.ended = bool(play.state.ended)
        self.cards = deck(play.session, play.state)
        self.turns = turns(play.state)
        self.offer = [abouts()[name] for name in play.state.offered]
        shown = [move.card for move in moves if isinstance(move, Show)]
        if shown:
            self.send({"select": shown[-1]})
        self._set_clock()

    def act(self, action: Callable[[], list[Move]]) -> None:
        """Perform an action and show its moves, or a notice with the error."""
        try:
            moves = action()
        except (PlainError, OSError) as error:
            self.notice = f"{error}"
            self._set_clock()
            return
        self.notice = ""
        self.show(moves)
        self.after()

    def _set_clock(self) -> None:
        play = self.play
        self.clock = {
            "left_s": round(play.left, 2),
            "whole_s": 60 * play.session.minutes,
            "running": not play.paused and not play.state.ended,
            "part": PARTS.get(play.state.phase, ""),
            # A new value each time, so that the clock is always sent.
            "answers": self.clock["answers"] + 1,
        }

    def _received(self, _widget: object, message: Mapping[str, str], _buffers: object) -> None:
        kind = message.get("kind")
        if kind == "say":
            self.act(lambda: self.play.say(message["text"]))
        elif kind == "open":
            self.act(lambda: self.play.open(message["card"]))
        elif kind in ("tick", "hello"):
            self.act(self.play.tick)


def turns(state: State) -> list[dict[str, str]]:
    """Return the transcript.

    A turn is {"who", "text", "help"}, an opened card {"who": "card", "card"}.
    """
    return [
        {"who": "card", "card": event.open_card}
        if event.open_card
        else {"who": event.who, "text": event.text or "", "help": HELP.get(event.move or "", "")}
        for event in state.events
    ]


def deck(session: Session, state: State) -> list[dict[str, object]]:
    """Return all cards: the opened ones first and in full, of the others only the `about` phrase."""
    opened = [
        {
            "id": name,
            "about": abouts()[name],
            "title": session.cards[name].title,
            "note": session.cards[name].note,
            "columns": list(session.cards[name].columns),
            "rows": [list(row) for row in session.cards[name].rows],
        }
        for name in state.opened
    ]
    closed = [
        {"id": name, "about": about} for name, about in abouts().items() if name not in state.opened
    ]
    return [*opened, *closed]
