"""The interviewer's debrief: the cause with its numbers, the evidence for it, and the false leads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.interview.dialogue.own_numbers import OwnNumber
from harness.interview.scenario.interview_session import Session


def debrief(
    session: Session, opened: Sequence[str], own: Sequence[OwnNumber] = ()
) -> Iterator[str]:
    """Yield the paragraphs, most important first.

    opened: ids of the cards that the candidate has seen. own: the candidate's measurements in the labs.
    """
    scenario, filled = session.scenario, session.filled
    cause, fix = scenario.cause, scenario.fix
    yield f"The cause was {cause.name}: {filled(cause.equation)}. {filled(cause.explanation)}"
    yield _evidence(session, opened)
    yield f"{filled(fix.text)} {filled(fix.leaves)}"
    yield filled(scenario.product.truth)
    yield filled(scenario.deploy.truth)
    if own:
        yield f"As to your own numbers: {' '.join(number.says for number in own)}"


def _evidence(session: Session, opened: Sequence[str]) -> str:
    cause = session.scenario.cause
    titles = {name: f"“{session.cards[name].title}”" for name in cause.cards}
    missing = [title for name, title in titles.items() if name not in opened]
    if not missing:
        outcome = "You saw all of it."
    elif len(missing) < len(cause.cards):
        outcome = f"You saw part of it, but not {' and '.join(missing)}."
    else:
        outcome = "You did not ask for it."
    shown_on = " and ".join(titles.values())
    return f"It shows on {shown_on}. The question that leads there: “{cause.question}” {outcome}"
