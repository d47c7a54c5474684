"""The reaction to remedies that a turn refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.interview.dialogue.reaction import Reaction, fit, touched, words_for, words_for_two
from harness.interview.dialogue.turn import Turn
from harness.interview.reading import Remedy

# The question that leads on, after a refusal.
REFUSED_ONWARD = {"next_look": "next_look", "fix": "instead", "more": "reconsider"}
REASONED = 10  # words: a longer refusal has its reason with it


def refusals(turn: Turn) -> Iterator[Reaction]:
    """Yield the reaction to all clear refusals at once, and to the first one by itself."""
    clear = [remedy for remedy in turn.reading.refused if remedy.clear]
    if len(clear) > 1:
        yield Reaction("refused_several", after_refusal(turn), quote=words_for_two(clear))
    yield from (_refused(turn, remedy) for remedy in clear)


def _refused(turn: Turn, remedy: Remedy) -> Reaction:
    onward, words = after_refusal(turn), words_for(remedy)
    if fit(turn.session, remedy) in ("fixes", "helps"):
        sentences = re.findall(r"[.!;](?:\s|$)", turn.text)
        reasoned = turn.says("why_not") or len(turn.text.split()) > REASONED or len(sentences) > 1
        question = onward if reasoned else "why_not"
        return Reaction("refused_fix", question, remedy.id, words)
    figure = turn.unsaid(touched(turn, remedy))
    return Reaction("refused_rightly", onward, remedy.id, words, figure)


def after_refusal(turn: Turn) -> str:
    """Return the question that leads on after a refusal; each kind is asked once."""
    onward = REFUSED_ONWARD[turn.onward]
    asked = any(key.startswith(f"question.{onward}.") for key in turn.state.used)
    if not asked and not turn.says(onward):
        return onward
    return "refused_more" if turn.onward == "more" else turn.onward
