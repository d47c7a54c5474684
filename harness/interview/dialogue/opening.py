"""Everything before the first question: the session, its transcript file, and loading the models."""

from __future__ import annotations

import secrets
import time
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import get_args

from harness import store
from harness.errors import PlainError, WrongUseError
from harness.interview.dialogue.earlier import earlier
from harness.interview.dialogue.gaps import gaps
from harness.interview.dialogue.interviewer import Interviewer
from harness.interview.dialogue.own_numbers import own_numbers
from harness.interview.dialogue.play import Clock, Play
from harness.interview.dialogue.probes import Reword
from harness.interview.dialogue.speech import Style
from harness.interview.listening.listener import heard, listener
from harness.interview.reading import Reading
from harness.interview.scenario.interview_session import Level, Mode, Session
from harness.interview.scenario.scenario import scenario, scenarios

MINUTES = 20
MAX_MINUTES = 120
STALE_S = 12 * 3600  # after so long nobody goes on with an interview
QUESTION = "Where does the time go?"  # any question: the first one loads the models


def new_session(
    name: str | None = None,
    level: str = "senior",
    mode: str = "exam",
    minutes: float = MINUTES,
    seed: int | None = None,
) -> Session:
    """Return a session of scenario `name`; a missing name or seed is drawn at random.

    Raises WrongUseError for an unknown level or mode or an impossible time, BadContentError for an unknown
    scenario.
    """
    for value, allowed in ((level, get_args(Level)), (mode, get_args(Mode))):
        if value not in allowed:
            raise WrongUseError(
                f"'{value}' is not one of {', '.join(allowed)}: choose one of them."
            )
    if not 0 < minutes <= MAX_MINUTES:
        raise WrongUseError(
            f"An interview takes more than 0 and at most {MAX_MINUTES} minutes, not {minutes:g}: "
            "choose 8, 20 or 35."
        )
    seed = secrets.randbelow(10**9) if seed is None else seed
    chosen = scenario(name) if name else secrets.choice(list(scenarios().values()))
    return Session(chosen, seed, level, mode, minutes)


def new_file(session: Session) -> Path:
    """Return an unused path for the transcript, in the folder of interviews."""
    now = datetime.now().strftime("%Y-%m-%d-%H%M%S")
    return folder() / f"{now}-{session.scenario.id}-{secrets.token_hex(2)}.jsonl"


def folder() -> Path:
    """Return the folder of transcripts and of the history."""
    return store.home() / "interviews"


def unfinished() -> Path | None:
    """Return the last transcript if its interview was interrupted today, else None."""
    files = sorted(folder().glob("*.jsonl"))
    if not files or time.time() - files[-1].stat().st_mtime > STALE_S:
        return None
    try:
        before = earlier(files[-1])
    except PlainError:
        return None
    return files[-1] if before.inputs and not before.ended else None


def ready(
    session: Session,
    file: Path | None,
    clock: Clock = time.monotonic,
    reword: Reword | None = None,
    style: str = Style.FRIENDLY,
) -> Play:
    """Return the interview, ready to begin. Loads the models now, which takes seconds.

    reword: puts follow-ups into a chat model's words. style: the interviewer's manner, see `Style`. Raises
    StoreError if MiniLM's weights are missing, WrongUseError if the file exists or there is no such style.
    """
    if file is not None and file.exists():
        raise WrongUseError(
            f"{file} exists already: name another file with --save, or go on with it with --resume."
        )
    if style not in tuple(Style):
        raise WrongUseError(f"'{style}' is not one of {', '.join(Style)}: choose one of them.")
    interviewer = with_models(session, reword, Style(style))
    interviewer.read(QUESTION, "")
    interviewer.gaps(session.transcript(()))
    return Play(interviewer, clock, file)


def with_models(session: Session, reword: Reword | None, style: Style) -> Interviewer:
    """Return the interviewer with listener and scorer. Raises StoreError if MiniLM's weights are missing."""
    listener()
    return Interviewer(
        session, partial(_heard, session), gaps(session), own_numbers(), reword, style
    )


def _heard(session: Session, turn: str, before: str) -> Reading:
    return heard(turn, before, session.scenario.id)
