"""The three moments of an interview from which most is to be learned, and what to say there next time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from harness.interview.content_files import CONTENT, Strict, Text, read
from harness.interview.dialogue.asking import REQUESTS
from harness.interview.dialogue.reacting import case_figures
from harness.interview.dialogue.reacting.answered import said
from harness.interview.dialogue.reacting.reaction import fit
from harness.interview.dialogue.reacting.turn import CONTEXT
from harness.interview.dialogue.wording import reactions, short
from harness.interview.listening.remedies import remedies
from harness.interview.reading import QUOTABLE, Act, Reading, Remedy
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.transcript import Event, Transcript

SHOWN = 3
# Words of the interviewer that bring the product manager in, or speak for them.
PRODUCT_LISTENS = re.compile(
    r"(product|pm|manager|stakeholder)\b[^.?!]{0,60}\b(joins?|joined|joining|sits? here|is here|listen\w*|"
    r"asks?|in the room|on the call|wants to (know|hear))\b|(product manager|pm|product) says: ?[\"“]|"
    r"what do (you tell|they hear)|tell (him|her|them|product|the (pm|product manager))\b|"
    r"no technical background|plain words|they (heard|understand|ask|cannot say)",
    re.IGNORECASE,
)
LONG = 18  # words; a turn of more gets the long sentence


class Lesson(Strict):
    """The texts about one kind of moment. weight: how much is to be gained, compared with the other kinds."""

    weight: int
    why: Text
    short: Text
    long: Text


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment. turn: the candidate's turn, from 1. better: what a strong candidate says there."""

    kind: str
    turn: int
    said: str
    why: str
    better: str


@dataclass(frozen=True)
class Turn:
    """One of the candidate's turns. opened: the cards before it. before: the interviewer's last words."""

    number: int
    event: Event
    reading: Reading
    opened: frozenset[str]
    before: str

    @property
    def text(self) -> str:
        return self.event.text or ""


@cache
def lessons() -> dict[str, Lesson]:
    """Return the texts by kind."""
    return read(CONTENT / "moments.yaml", dict[str, Lesson])


def moments(
    session: Session, transcript: Transcript, readings: Sequence[Reading]
) -> tuple[Moment, ...]:
    """Return the most useful moments, at most three, in their order; each of another kind and turn."""
    turns = list(_turns(transcript, readings))
    found = sorted(_found(session, turns), key=lambda pair: -lessons()[pair[0]].weight)
    chosen: dict[str, tuple[Turn, Remedy | None]] = {}
    for kind, turn, remedy in found:
        if kind not in chosen and turn not in [taken for taken, _ in chosen.values()]:
            chosen[kind] = (turn, remedy)
    best = [_moment(session, kind, *chosen[kind]) for kind in list(chosen)[:SHOWN]]
    return tuple(sorted(best, key=lambda moment: moment.turn))


def _turns(transcript: Transcript, readings: Sequence[Reading]) -> Iterator[Turn]:
    opened: set[str] = set()
    before, number = "", 0
    for event in transcript.events:
        if event.open_card:
            opened.add(event.open_card)
        elif event.who == "interviewer":
            before = event.text or ""
        elif number < len(readings):
            yield Turn(number + 1, event, readings[number], frozenset(opened), before)
            number += 1


def _found(session: Session, turns: Sequence[Turn]) -> Iterator[tuple[str, Turn, Remedy | None]]:
    solved, chose = False, any(_offers_choice(turn.text) for turn in turns if _to_product(turn))
    for turn in turns:
        reading = turn.reading
        solved = solved or reading.cause == "right"
        proposed = (
            None if PRODUCT_LISTENS.search(turn.before) else next(iter(reading.proposed), None)
        )
        if REQUESTS.search(turn.text):
            continue
        if proposed and not turn.opened - CONTEXT:
            yield "early", turn, proposed
        elif proposed and not solved:
            yield "missed", turn, proposed
        if proposed and (kind := _misfit(session, proposed)):
            yield kind, turn, proposed
        elif proposed and (lacks := _unsaid(turn.text)):
            yield lacks, turn, proposed
        if reading.cause == "wrong" and len(turn.text.split()) >= QUOTABLE:
            yield "wrong", turn, None
        if Act.DONT_KNOW in reading.acts:
            yield "lost", turn, None
        if PRODUCT_LISTENS.search(turn.before) and not chose and Act.DONE not in reading.acts:
            yield "plain", turn, None
    if turns and "goal" not in turns[-1].opened:
        yield "target", next((turn for turn in turns if _is_on_case(turn)), turns[0]), None


def _unsaid(text: str) -> str | None:
    """Return the kind of a proposal without what it brings, what it costs, or both; None if it has both."""
    size, cost = said("size", text), said("cost", text)
    return {(False, False): "price", (False, True): "brings", (True, False): "cost"}.get(
        (size, cost)
    )


def _is_on_case(turn: Turn) -> bool:
    return Act.OFF_TOPIC not in turn.reading.acts and len(turn.text.split()) >= QUOTABLE


def _to_product(turn: Turn) -> bool:
    return Act.STAKEHOLDER in turn.reading.acts or bool(PRODUCT_LISTENS.search(turn.before))


def _misfit(session: Session, remedy: Remedy) -> str | None:
    return {"harmful": "harmful", "neutral": "unfit"}.get(fit(session, remedy))


def _offers_choice(text: str) -> bool:
    return bool(re.search(reactions().product_manager["choice"].unless, text, re.IGNORECASE))


def _moment(session: Session, kind: str, turn: Turn, remedy: Remedy | None) -> Moment:
    lesson, suspect = lessons()[kind], turn.reading.suspect
    quote = remedy.quote if remedy else suspect.quote if suspect and kind == "wrong" else turn.text
    better = lesson.long if len(turn.text.split()) > LONG else lesson.short
    why = _filled(session, lesson.why.replace("{quote}", "<quote>"), turn, remedy)
    words = _filled(session, better, turn, remedy)
    return Moment(kind, turn.number, turn.text, why.replace("<quote>", short(quote)), words)


def _filled(session: Session, template: str, turn: Turn, remedy: Remedy | None) -> str:
    scenario = session.scenario
    texts = {
        "<question>": scenario.cause.question,
        "<equation>": scenario.cause.equation,
        "<fix>": scenario.fix.text,
        "<truth>": scenario.product.truth,
        "<share>": _share(session, turn, remedy),
    }
    for name, text in texts.items():
        template = template.replace(name, text)
    return " ".join(session.filled(template).split())


def _share(session: Session, turn: Turn, remedy: Remedy | None) -> str:
    """Return the figure that speaks against a wrong suspect or an unfit remedy."""
    if remedy:
        stage = remedies()[remedy.id].touches
        return case_figures.share(session, stage) if stage else ""
    suspect = turn.reading.suspect
    return case_figures.against(session, suspect) if suspect else ""
