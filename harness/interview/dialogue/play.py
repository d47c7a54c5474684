"""An interview as it is played: the state, the clock, and a transcript on disk after each move.

Faces call it and show the moves; whatever happens to them, what was said is in the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from harness.interview.dialogue.interviewer import Interviewer
from harness.interview.dialogue.moves import Hint, Input, Move, Next, Opened, State, Tick, Utterance
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.transcript import Event

Clock = Callable[[], float]  # seconds, from anywhere


@dataclass
class Play:
    """One interview in progress. file: where its transcript goes, a line for each event; None: nowhere.

    Raises OSError when the file cannot be written.
    """

    interviewer: Interviewer
    clock: Clock
    file: Path | None = None
    state: State = field(default_factory=State)
    _began: float = 0.0
    _paused_at: float | None = None
    _written: int = 0

    @property
    def session(self) -> Session:
        return self.interviewer.session

    @property
    def seconds(self) -> float:
        """Since the question was asked, pauses left out."""
        return (self.clock() if self._paused_at is None else self._paused_at) - self._began

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return max(0.0, 60 * self.session.minutes - self.seconds)

    @property
    def paused(self) -> bool:
        """True while the clock stands still."""
        return self._paused_at is not None

    def begin(self) -> list[Move]:
        """Asks the question and starts the clock."""
        self._began = self.clock()
        self._write([header(self.session)])
        return self._go_on(self.interviewer.begin())

    def say(self, text: str) -> list[Move]:
        """The candidate says something."""
        return self._give(Utterance(self.seconds, text))

    def open(self, card: str) -> list[Move]:
        """The candidate opens a card."""
        return self._give(Opened(self.seconds, card))

    def hint(self) -> list[Move]:
        """The candidate asks for help."""
        return self._give(Hint(self.seconds))

    def next(self) -> list[Move]:
        """The candidate wants to go on."""
        return self._give(Next(self.seconds))

    def tick(self) -> list[Move]:
        """Time has passed: for warnings, and for the end."""
        return self._give(Tick(self.seconds))

    def pause(self) -> bool:
        """Stops the clock; a coach allows it, an exam does not."""
        if self.session.mode == "coach" and self._paused_at is None:
            self._paused_at = self.clock()
        return self._paused_at is not None

    def resume(self) -> None:
        """Starts the clock again."""
        if self._paused_at is not None:
            self._began += self.clock() - self._paused_at
            self._paused_at = None

    def toggled(self) -> list[Move]:
        """Pauses, or goes on: what one button does. An exam goes on either way."""
        if self.paused:
            self.resume()
        else:
            self.pause()
        return self.tick()

    def _give(self, given: Input) -> list[Move]:
        return self._go_on(self.interviewer.step(self.state, given))

    def _go_on(self, step: tuple[State, list[Move]]) -> list[Move]:
        self.state, moves = step
        self._write([line(event) for event in self.state.events[self._written :]])
        self._written = len(self.state.events)
        return moves

    def _write(self, lines: list[dict[str, object]]) -> None:
        if self.file is None or not lines:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(one, ensure_ascii=False) + "\n" for one in lines)


def header(session: Session) -> dict[str, object]:
    """The first line of a transcript."""
    return {
        "scenario": session.scenario.id,
        "level": session.level,
        "mode": session.mode,
        "minutes": session.minutes,
        "seed": session.seed,
    }


def line(event: Event) -> dict[str, object]:
    """Any other line: what is said, or which card was opened; t to a tenth of a second."""
    values = event.model_dump(exclude_none=True, exclude={"line"})
    return values | {"t": round(event.t, 1)}
