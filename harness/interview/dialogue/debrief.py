"""What is said when all is over: the cause with its numbers, and what pointed there and elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.interview.dialogue.own_numbers import OwnNumber
from harness.interview.scenario.cards import abouts
from harness.interview.scenario.interview_session import Session


def debrief(
    session: Session, opened: Sequence[str], own: Sequence[OwnNumber] = ()
) -> Iterator[str]:
    """Paragraphs, most important first. opened: the cards the candidate has seen; own: what they measured."""
    scenario, filled = session.scenario, session.filled
    cause, fix = scenario.cause, scenario.fix
    yield f"The cause was {cause.name}: {filled(cause.equation)}. {filled(cause.explanation)}"
    yield _how_shown(session, opened)
    yield f"What helps. {filled(fix.text)} {filled(fix.leaves)}"
    yield f"The product manager's belief. {filled(scenario.product.truth)}"
    yield f"The change. {filled(scenario.deploy.truth)}"
    if own:
        yield f"Your own numbers. {' '.join(one.says for one in own)}"


def _how_shown(session: Session, opened: Sequence[str]) -> str:
    cause = session.scenario.cause
    names = " and ".join(f"“{session.cards[name].title}”" for name in cause.cards)
    seen = [name for name in cause.cards if name in opened]
    if len(seen) == len(cause.cards):
        found = "You had the evidence on the table."
    elif seen:
        rest = [abouts()[name] for name in cause.cards if name not in opened]
        found = f"You saw a part of it; still missing was {' and '.join(rest)}."
    else:
        found = "You did not ask for it."
    return f"It shows on {names}. The question that leads there: “{cause.question}” {found}"
