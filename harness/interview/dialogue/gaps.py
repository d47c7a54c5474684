"""Scores of an interview in progress, for the interviewer and for walkthroughs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from harness.interview.dialogue.probes import Gaps
from harness.interview.listening.listener import readings
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.transcript import Transcript

if TYPE_CHECKING:
    from harness.interview.scoring.score import Scorer
    from harness.interview.scoring.scorecard import Scorecard
    from harness.interview.scoring.shown import SecondJudge


def gaps(session: Session) -> Gaps:
    """Return a function from a transcript to levels by id, misconceptions included.

    The function raises StoreError if MiniLM's weights are missing.
    """

    def levels(transcript: Transcript) -> Mapping[str, str]:
        card = scored(session, transcript)
        shown = {name: finding.level.name.lower() for name, finding in card.shown.items()}
        wrong = {m.misconception: "repaired" if m.repaired else "active" for m in card.mistakes}
        return shown | wrong

    return levels


def scored(
    session: Session, transcript: Transcript, second: SecondJudge | None = None
) -> Scorecard:
    """Return the scorecard of an interview, finished or not.

    second: a chat model that is asked about near misses.
    """
    engine = replace(_scorer(), second=second)
    return engine.transcript(transcript, session.case, readings(transcript))


@cache
def _scorer() -> Scorer:
    from harness.interview.scoring.score import scorer

    return scorer()
