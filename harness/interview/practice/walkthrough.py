"""Walkthroughs: interviews with a note for each step, for a class to step through.

Numbers are written as names ("{mean.decode}") and filled from the same sample as the cards, so they cannot
disagree with them. Any transcript can be stepped through as well, without notes.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from harness.errors import WrongUseError
from harness.interview.content_files import CONTENT, Strict, Text, read
from harness.interview.scenario import transcript as transcripts
from harness.interview.scenario.interview_session import Level, Session
from harness.interview.scenario.scenario import scenario
from harness.interview.scenario.transcript import Event, Transcript

FOLDER = CONTENT / "walkthroughs"
Dimension = Literal["systematic", "stack", "tradeoffs", "stakeholders"]


class WalkStep(Strict):
    """One turn or one opened card. predict: a question shown before it; note: a comment shown after it."""

    t: float = Field(ge=0)
    who: Literal["interviewer", "candidate"]
    text: Text | None = None
    open_card: str | None = None
    predict: Text | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> WalkStep:
        if (self.text is None) == (self.open_card is None):
            raise ValueError("a step needs either text or open_card")
        return self


class Walkthrough(Strict):
    """One walkthrough. kind: the quality of the interview. claims: its scores, verified by a test."""

    scenario: str
    kind: Literal["strong", "middling", "misguided", "recorded"]
    title: Text
    level: Level = "senior"
    seed: int | None = None
    lesson: Text
    claims: dict[Dimension, int] = Field(default_factory=dict)
    steps: tuple[WalkStep, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _known(self) -> Walkthrough:
        session = self.session
        for number, step in enumerate(self.steps, 1):
            if step.open_card and step.open_card not in session.cards:
                raise ValueError(f"step {number}: there is no card '{step.open_card}'")
        return self

    @cached_property
    def session(self) -> Session:
        return Session(scenario(self.scenario), self.seed, self.level)

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """Return the steps as events of a transcript, with their numbers filled in."""
        return tuple(
            Event(
                t=step.t,
                who=step.who,
                text=self.words(step.text) if step.text else None,
                open_card=step.open_card,
            )
            for step in self.steps
        )

    def words(self, template: str) -> str:
        """Return a text with the session's numbers; a recorded one unchanged, as its braces were typed."""
        return template if self.kind == "recorded" else self.session.filled(template)

    def transcript(self, steps: int | None = None) -> Transcript:
        """Return the first `steps` steps, or all, as a transcript to be scored."""
        return self.session.transcript(self.events[:steps])


def names() -> tuple[str, ...]:
    """Return the names of the shipped walkthroughs."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def walkthrough(name: str) -> Walkthrough:
    """Load a shipped walkthrough by name, a walkthrough in a .yaml file, or a transcript (JSON lines).

    Raises WrongUseError if there is none, BadContentError if it is broken.
    """
    path = FOLDER / f"{name}.yaml" if name in names() else Path(name)
    if not path.is_file():
        raise WrongUseError(
            f"There is no walkthrough or file '{name}'; there are {', '.join(names())}."
        )
    if path.suffix == ".yaml":
        return read(path, Walkthrough)
    return _recorded(transcripts.load(path))


def _recorded(recorded: Transcript) -> Walkthrough:
    header = recorded.header
    session = Session(scenario(header.scenario), header.seed)
    # An unknown card cannot be shown; the scorer mentions it in a notice.
    steps = [
        {"t": e.t, "who": e.who, "text": e.text, "open_card": e.open_card}
        for e in recorded.events
        if e.open_card in session.cards or (e.text or "").strip()
    ]
    if not steps:
        raise WrongUseError("There is nothing to step through: the transcript has no turns.")
    return Walkthrough.model_validate(
        {
            "scenario": header.scenario.upper(),
            "kind": "recorded",
            "title": f"An interview about {session.scenario.name.lower()}",
            "level": header.level,
            "seed": header.seed,
            "lesson": "Where would you have asked something else?",
            "steps": steps,
        }
    )
