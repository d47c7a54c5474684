"""Before the first question: what is played, where its transcript goes, and all that loads off the clock."""

from __future__ import annotations

import secrets
import time
from datetime import datetime
from pathlib import Path
from typing import get_args

from harness import store
from harness.errors import WrongUseError
from harness.interview.dialogue.play import Clock, Play
from harness.interview.dialogue.probes import Reword
from harness.interview.scenario.interview_session import Level, Mode, Session
from harness.interview.scenario.scenario import scenario, scenarios

MINUTES = 20
MOST_MINUTES = 120


def new_session(
    name: str | None = None,
    level: str = "senior",
    mode: str = "exam",
    minutes: float = MINUTES,
    seed: int | None = None,
) -> Session:
    """A session of scenario `name`; without a name or a seed, one is drawn.

    Raises WrongUseError for a scenario, level, mode or time that there is not.
    """
    for given, allowed in ((level, get_args(Level)), (mode, get_args(Mode))):
        if given not in allowed:
            raise WrongUseError(f"'{given}' is none of {', '.join(allowed)}: choose one of them.")
    if not 0 < minutes <= MOST_MINUTES:
        raise WrongUseError(f"{minutes:g} minutes is no interview: choose 8, 20 or 35.")
    seed = secrets.randbelow(10**9) if seed is None else seed
    chosen = scenario(name) if name else secrets.choice(list(scenarios().values()))
    return Session(chosen, seed, level, mode, minutes)


def new_file(session: Session) -> Path:
    """Where the transcript goes unless somebody wants it elsewhere; a name that is not taken."""
    now = datetime.now().strftime("%Y-%m-%d-%H%M%S")
    return folder() / f"{now}-{session.scenario.id}-{secrets.token_hex(2)}.jsonl"


def folder() -> Path:
    """Where interviews are kept."""
    return store.home() / "interviews"


def ready(
    session: Session,
    file: Path | None,
    clock: Clock = time.monotonic,
    reword: Reword | None = None,
) -> Play:
    """The interview, ready to begin; MiniLM and its examples are read now, which takes seconds.

    reword: puts follow-ups into a chat model's words.
    Raises StoreError where MiniLM's weights are missing, WrongUseError for a file that exists.
    """
    from harness.interview.dialogue.gaps import gaps
    from harness.interview.dialogue.intent import intent_classifier
    from harness.interview.dialogue.interviewer import Interviewer
    from harness.interview.dialogue.own_numbers import own_numbers

    if file is not None and file.exists():
        raise WrongUseError(f"{file} exists already: name another file with --save.")
    route, missing = intent_classifier(), gaps(session)
    route("where does the time go?")
    missing(session.transcript(()))
    return Play(Interviewer(session, route, missing, own_numbers(), reword), clock, file)
