"""How the interviewer speaks: wordings chosen by seed, reactions put into words, in one of four styles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from harness.interview.dialogue.moves import Move, Say, State
from harness.interview.dialogue.probes import Reword
from harness.interview.dialogue.reacting.reaction import Reaction
from harness.interview.dialogue.wording import filled, least_used, moves, reactions, short, text_of
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.transcript import Event

Step = tuple[State, list[Move]]  # a state, and the moves made so far in answer to one input
LONG_TURN = 70  # words after which an interviewer who interrupts cuts in


class Style(StrEnum):
    """The manner of the interviewer."""

    FRIENDLY = "friendly"
    TERSE = "terse"  # asks without a comment
    SCEPTICAL = "sceptical"  # asks for the alternative explanation
    INTERRUPTING = "interrupting"  # cuts in on a long turn


def say(step: Step, session: Session, pool: str, **values: str) -> Step:
    """Say a wording of `moves.yaml`, with its values filled in."""
    return choose(step, session, pool, moves()[pool], values)


def choose(
    step: Step,
    session: Session,
    key: str,
    wordings: Sequence[str],
    values: Mapping[str, str] | None = None,
) -> Step:
    """Say the least used of equivalent wordings."""
    step, text = _worded(step, session, key, wordings, values or {})
    return speak(step, text)


def speak(step: Step, text: str, move: str | None = None, target: str | None = None) -> Step:
    """Say a text. move, target: see `Say`."""
    state, out = step
    event = Event(t=state.t, who="interviewer", text=text, move=move, target=target)
    return replace(state, events=(*state.events, event)), [*out, Say(text, move, target)]


def answer(
    step: Step,
    session: Session,
    reaction: Reaction,
    style: Style,
    turn: str,
    reword: Reword | None = None,
) -> Step:
    """Say a reaction: comment and question, in one move.

    turn: the candidate's words. reword: puts what ends in a question into other words; see `probes.Reword`.
    """
    values = {
        "quote": short(reaction.quote),
        "figure": reaction.figure,
        "number": f"“{short(reaction.number)}”",
    }
    spoken = [] if style != Style.INTERRUPTING or len(turn.split()) < LONG_TURN else ["interrupt"]
    keep = style != Style.TERSE or reaction.figure or not reaction.question
    pools = [
        *((name, reactions().interrupt) for name in spoken),
        *([(f"comment.{c}", reactions().comments[c])] if (c := reaction.comment) and keep else []),
        *([(f"question.{q}", reactions().questions[q])] if (q := reaction.question) else []),
    ]
    texts = []
    for key, wordings in pools:
        step, text = _worded(step, session, key, wordings, values)
        texts.append(text)
    state, out = step
    if reaction.question and reaction.subject:
        state = replace(state, depth=(*state.depth, (reaction.subject, reaction.question)))
    text = " ".join(texts)
    if reword and reaction.question and turn:
        text = reword(reaction.question, text, turn)
    return speak((state, out), text)


def _worded(
    step: Step, session: Session, key: str, wordings: Sequence[str], values: Mapping[str, str]
) -> tuple[Step, str]:
    state, out = step
    chosen = least_used(key, wordings, state.used, session.seed or 0)
    text = text_of(chosen, wordings)
    text = filled(text, values) if values else text
    return (replace(state, used=(*state.used, chosen)), out), text
