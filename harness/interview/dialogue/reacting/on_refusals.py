"""The reaction to remedies that a turn refuses."""

from __future__ import annotations

import re

from harness.interview.dialogue.reacting.reaction import (
    Reaction,
    fit,
    share_elsewhere,
    words_for,
    words_for_two,
)
from harness.interview.dialogue.reacting.turn import Turn
from harness.interview.reading import Remedy

# The question that leads on, after a refusal.
REFUSED_ONWARD = {"next_look": "next_look", "fix": "instead", "more": "reconsider"}
REASONED = 10  # words: a longer refusal has its reason with it


def refusal(turn: Turn) -> Reaction | None:
    """Return the reaction to the remedies that a turn clearly refuses; None if there is none."""
    clear = [remedy for remedy in turn.reading.refused if remedy.clear]
    if len(clear) > 1:
        return Reaction("refused_several", after_refusal(turn), quote=words_for_two(clear))
    return _refused(turn, clear[0]) if clear else None


def _refused(turn: Turn, remedy: Remedy) -> Reaction:
    onward, words = after_refusal(turn), words_for(remedy)
    if fit(turn.session, remedy) in ("fixes", "helps"):
        sentences = re.findall(r"[.!;](?:\s|$)", turn.text)
        reasoned = turn.says("why_not") or len(turn.text.split()) > REASONED or len(sentences) > 1
        question = onward if reasoned else "why_not"
        return Reaction("refused_fix", question, remedy.id, words)
    figure = turn.unsaid(share_elsewhere(turn, remedy))
    return Reaction("refused_rightly", onward, remedy.id, words, figure)


def after_refusal(turn: Turn) -> str:
    """Return the question that leads on after a refusal; the one of its own is asked once."""
    onward = REFUSED_ONWARD[turn.onward]
    asked = any(key.startswith(f"question.{onward}.") for key in turn.state.used)
    if not asked and not turn.says(onward):
        return onward
    return "refused_more" if turn.onward == "more" else turn.onward
