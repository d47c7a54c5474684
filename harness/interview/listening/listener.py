"""The listener: reads a turn once, and its reading is what the interviewer answers and the scorer credits.

The encoder reads a turn as a whole, after the interviewer's last words: what it does, which cards it asks
for, which remedies it proposes or refuses, and what it blames. Its parts (sentences and clauses) give the
roles and the candidate's words. Authored patterns are evidence beside the encoder's odds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from harness.interview.encoder.shipped import Read, encoder
from harness.interview.listening.acts import acts
from harness.interview.listening.card_router import Asked, asked_in
from harness.interview.listening.examples import last_words, situation
from harness.interview.listening.follow_ups import followed_up, taken_up
from harness.interview.listening.numbers import numbers
from harness.interview.listening.remedies import mentioned, offered, turned_down
from harness.interview.listening.roles import role
from harness.interview.listening.said import ACTS, CARDS, Said, said
from harness.interview.listening.suspects import blamed
from harness.interview.listening.turns import parts
from harness.interview.reading import NOT_SHOWN, QUOTABLE, Act, Reading, Remedy, Suspect
from harness.interview.scenario.scenario import Scenario, scenario, scenarios
from harness.interview.scenario.transcript import Transcript

REMEMBERED = 500  # readings: several long interviews
BARE_ANSWER = 3  # words: "Nah." says nothing without the question
UNSURE = re.compile(
    r"\b(don.?t|do not|didn.?t|couldn.?t|can.?t) (know|tell|say|remember)\b|\bno idea\b|\b(idk|dunno)\b|"
    r"\bnot (quite )?sure\b|\b(kidding|joking|sorry|lol)\b",
    re.IGNORECASE,
)
# The least log odds that a part asks, and of the card that it asks for, in a turn that does something else.
ASKS, FOR_CARD = 6.0, 1.0


@dataclass(frozen=True)
class Listener:
    """Reads turns. encoder: reads a text after the interviewer's last words."""

    encoder: Read

    def read(self, turn: str, before: str, scenario: Scenario) -> Reading:
        """Return the reading of any text. before: the interviewer's last words. Never raises."""
        given, *alone = _situations(turn, before, scenario)
        listed = tuple(dict.fromkeys(parts(turn)))
        if not listed:
            return Reading()
        whole = said(self.encoder, " ".join(turn.split()), given, *alone)
        heard = [said(self.encoder, part, given) for part in listed]
        remedies = offered(whole, heard, scenario) or turned_down(whole, last_words(before))
        suspect = blamed(whole, heard, scenario)
        done = acts(whole.odds[ACTS], _implied(remedies, suspect, heard))
        asked = self._asked(turn, before, scenario) if Act.ASK in done else Asked()
        if taken := taken_up(turn, before):
            done = (Act.ASK,)
            asked = Asked.together(
                _first(asked_in(self.encoder, each, situation(scenario.name, ""))) for each in taken
            )
        roles = ((role(part), part.text) for part in heard)
        return Reading(
            acts=done,
            cards=asked.cards,
            near=asked.near,
            also=asked.also,
            unanswered=asked.unanswered,
            remedies=remedies,
            named=_once((*mentioned(whole), *remedies)),
            suspect=suspect,
            numbers=numbers(turn),
            quotes=tuple((act, _quote(heard, act)) for act in done),
            roles=tuple((found, words) for found, words in roles if found),
        )

    def _asked(self, turn: str, before: str, scenario: Scenario) -> Asked:
        """Return what a turn that asks asks for; a bare follow-up asks for what was named last."""
        card = followed_up(turn, before, scenario)
        if card and len(parts(turn)) == 1:
            return Asked((card,))
        found = asked_in(self.encoder, turn, *_situations(turn, before, scenario))
        return Asked((card,)) if card and not found.cards else found


def _situations(turn: str, before: str, scenario: Scenario) -> tuple[str, ...]:
    """Return what a turn is read with: it need not answer what was said before it, unless it is short."""
    given, alone = situation(scenario.name, before), situation(scenario.name, "")
    return (given,) if len(turn.split()) <= BARE_ANSWER else (given, alone)


@lru_cache(REMEMBERED)
def heard(turn: str, before: str, scenario_id: str) -> Reading:
    """Return the reading of a turn of an installed scenario.

    Dialogue and score ask for the same turns again and again. Raises StoreError if MiniLM's weights are
    missing.
    """
    return listener().read(turn, before, scenario(scenario_id))


def readings(transcript: Transcript) -> tuple[Reading, ...]:
    """Return the reading of each of the candidate's turns; none if the scenario is not installed."""
    name = transcript.header.scenario.upper()
    return tuple(_readings(transcript, name)) if name in scenarios() else ()


def _readings(transcript: Transcript, scenario_id: str) -> Iterator[Reading]:
    before = ""
    for event in transcript.events:
        if event.text is None:
            continue
        if event.who == "candidate":
            yield heard(event.text, before, scenario_id)
        else:
            before = event.text


@cache
def listener() -> Listener:
    """Return the process's listener, with MiniLM. Raises StoreError if its weights are missing."""
    return Listener(encoder())


def _implied(
    remedies: Sequence[Remedy], suspect: Suspect | None, heard: Sequence[Said]
) -> set[Act]:
    """Return the acts that follow from what was heard: naming a remedy proposes, naming a cause claims.

    A part that clearly asks for a card asks, whatever the others do.
    """
    proposed = {Act.PROPOSE} if remedies else set()
    asked = {Act.ASK} if len(heard) > 1 and any(map(_asks, heard)) else set()
    return proposed | asked | ({Act.CLAIM} if suspect else set())


def _asks(part: Said) -> bool:
    topics = part.odds[CARDS]
    best = max(topics, key=topics.__getitem__)
    return part.odds[ACTS][Act.ASK] >= ASKS and best not in NOT_SHOWN and topics[best] >= FOR_CARD


def _first(asked: Asked) -> Asked:
    """Return the best card of a name that the interviewer put forward, however short it is."""
    return asked if asked.cards else Asked(asked.near[:1])


def _quote(heard: Sequence[Said], act: Act) -> str:
    """Return the part that does an act most clearly.

    One of a word or two, or a confession of not knowing, only if there is no other.
    """
    long = [part for part in heard if len(part.text.split()) >= QUOTABLE]
    sure = [part for part in long if not UNSURE.search(part.text)]
    said = sure if act not in (Act.ASK, Act.DONT_KNOW) else long
    return max(said or long or heard, key=lambda part: part.odds[ACTS][act]).text


def _once(remedies: Sequence[Remedy]) -> tuple[Remedy, ...]:
    """Return each remedy once, as it was said last."""
    return tuple({remedy.id: remedy for remedy in remedies}.values())
