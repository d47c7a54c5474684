"""A running interview: its state, its clock, and a transcript that is written to disk after each move.

A user interface calls it and shows the moves. If the interface crashes, everything said is in the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from harness.interview.dialogue.interviewer import Interviewer
from harness.interview.dialogue.moves import Hint, Input, Move, Next, Opened, State, Tick, Utterance
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.transcript import Event

Clock = Callable[[], float]  # monotonic seconds, from any origin
BY = "by"  # the field of a transcript's line that names the command which made it
OPEN = "open "
COMMANDS = {"hint": Hint, "next": Next}


@dataclass
class Play:
    """One interview in progress.

    file: the transcript, one line per event; None keeps no transcript. Every method that makes a move raises
    OSError if the file cannot be written.
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
        """Return the seconds since the question was asked, without pauses."""
        return (self.clock() if self._paused_at is None else self._paused_at) - self._began

    @property
    def left(self) -> float:
        """Return the seconds left, at least 0."""
        return max(0.0, 60 * self.session.minutes - self.seconds)

    @property
    def paused(self) -> bool:
        """Return True while the clock is stopped."""
        return self._paused_at is not None

    def begin(self) -> list[Move]:
        """Ask the question and start the clock."""
        self._began = self.clock()
        self._write([header(self.session) | {"style": str(self.interviewer.style)}])
        return self._advance(self.interviewer.begin())

    def say(self, text: str) -> list[Move]:
        """Pass on what the candidate said."""
        return self._step(Utterance(self.seconds, text))

    def open(self, card: str) -> list[Move]:
        """Open a card for the candidate."""
        return self._step(Opened(self.seconds, card))

    def hint(self) -> list[Move]:
        """Ask for a hint."""
        return self._step(Hint(self.seconds))

    def next(self) -> list[Move]:
        """Go on to the next phase."""
        return self._step(Next(self.seconds))

    def leave(self) -> list[Move]:
        """End the interview early, with the debrief."""
        return self._advance(self.interviewer.leave(self.state))

    def replayed(self, inputs: Iterable[Input]) -> Iterator[tuple[Input | None, list[Move]]]:
        """Begin, and repeat the inputs of an earlier interview at their times; yield each with its moves.

        The first moves have no input. The clock goes on from the last input.
        """
        yield None, self.begin()
        for given in inputs:
            yield given, self._step(given)
        self._began = self.clock() - self.state.t

    def continued(self, inputs: Iterable[Input]) -> list[Move]:
        """Begin, and repeat the inputs of an earlier interview; return the last moves."""
        *_, (_, moves) = self.replayed(inputs)
        return moves

    def tick(self) -> list[Move]:
        """Update the time only; returns a warning or the end if one is due."""
        return self._step(Tick(self.seconds))

    def pause(self) -> bool:
        """Stop the clock, in coach mode only. Returns True if it is stopped."""
        if self.session.mode == "coach" and self._paused_at is None:
            self._paused_at = self.clock()
        return self._paused_at is not None

    def resume(self) -> None:
        """Start the clock again."""
        if self._paused_at is not None:
            self._began += self.clock() - self._paused_at
            self._paused_at = None

    def toggle_pause(self) -> list[Move]:
        """Pause or resume, for a single button. In an exam the clock always runs."""
        if self.paused:
            self.resume()
        else:
            self.pause()
        return self.tick()

    def _step(self, given: Input) -> list[Move]:
        return self._advance(self.interviewer.step(self.state, given), by(given))

    def _advance(self, step: tuple[State, list[Move]], by: str | None = None) -> list[Move]:
        self.state, moves = step
        lines = [event_line(event) for event in self.state.events[self._written :]]
        if lines and by:
            lines[0][BY] = by
        self._write(lines)
        self._written = len(self.state.events)
        return moves

    def _write(self, lines: list[dict[str, object]]) -> None:
        if self.file is None or not lines:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def header(session: Session) -> dict[str, object]:
    """Return the first line of a transcript."""
    return {
        "scenario": session.scenario.id,
        "level": session.level,
        "mode": session.mode,
        "minutes": session.minutes,
        "seed": session.seed,
    }


def by(given: Input) -> str | None:
    """Return the command that an input is, or None for words and for the clock."""
    if isinstance(given, Opened):
        return f"{OPEN}{given.card}"
    return next((name for name, kind in COMMANDS.items() if isinstance(given, kind)), None)


def event_line(event: Event) -> dict[str, object]:
    """Return the line of one event; t is rounded to a tenth of a second."""
    values = event.model_dump(exclude_none=True, exclude={"line"})
    return values | {"t": round(event.t, 1)}
