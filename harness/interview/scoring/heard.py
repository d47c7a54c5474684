"""The first step of scoring: everything that a candidate said and did, as one frozen value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from harness.interview.reading import Reading, Remedy
from harness.interview.scenario.casefile import CaseFile
from harness.interview.scenario.transcript import Event, Transcript
from harness.interview.scoring.copying import MAIN_QUESTION
from harness.interview.scoring.sentences import Passage, Sentence, read

QUOTE = re.compile(r"“([^”]*)”")
NEVER = 10**9  # line number of an event that did not happen


@dataclass(frozen=True, eq=False)
class Heard:
    """An answer, or the candidate's side of an interview.

    prompts: the question before each passage, "" if none. interviewer: texts that earn nothing when repeated.
    readings: how the listener heard each passage; none without a case. case: the facts of the scenario; None
    for the free question. transcript: None for an answer.
    """

    passages: tuple[Passage, ...]
    prompts: tuple[str, ...]
    interviewer: tuple[str, ...]
    readings: tuple[Reading, ...] = ()
    case: CaseFile | None = None
    transcript: Transcript | None = None

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """Return the sentences of all passages, in order."""
        return tuple(sentence for passage in self.passages for sentence in passage.sentences)

    @cached_property
    def spoken(self) -> tuple[Event, ...]:
        """Return the event of each passage; none for an answer."""
        return self.transcript.said_by("candidate") if self.transcript else ()

    @cached_property
    def lines(self) -> tuple[int, ...]:
        """Return the line of each passage in the transcript's file; none for an answer."""
        return tuple(event.line for event in self.spoken)

    @cached_property
    def opened(self) -> Mapping[str, int]:
        """Return the line at which each card of the case was first opened, by command or in words."""
        if not (self.transcript and self.case):
            return {}
        by_command = [(e.line, e.open_card) for e in self.transcript.events if e.open_card]
        shown = {card for _, card in by_command}
        asked = [
            (event.line, card)
            for event, reading in zip(self.spoken, self.readings, strict=False)
            for card in reading.cards
            if card in shown or not shown  # a transcript that was written by hand may show none
        ]
        lines: dict[str, int] = {}
        for line, card in sorted([*asked, *by_command]):
            if card in self.case.card_numbers:
                lines.setdefault(card, line)
        return lines

    @property
    def seen(self) -> Iterable[str]:
        """Return the cards whose numbers the candidate knows: those opened, or all for an answer."""
        return self.opened if self.transcript or not self.case else self.case.card_numbers

    def first_open(self, cards: frozenset[str]) -> int:
        """Return the line at which the first of `cards` was opened, or NEVER."""
        return min((line for card, line in self.opened.items() if card in cards), default=NEVER)

    @cached_property
    def remedies(self) -> Mapping[str, Remedy]:
        """Return what was said last about each remedy, by id; its price or its check counts, too."""
        said = ((*reading.named, *reading.remedies) for reading in self.readings)
        return {remedy.id: remedy for remedy in chain.from_iterable(said)}


def heard_answer(
    text: str, prompt: str | None, case: CaseFile | None, readings: Sequence[Reading]
) -> Heard:
    """Return one free text. prompt: the follow-up that it answers; None for the main question."""
    interviewer = (prompt or MAIN_QUESTION,)
    return Heard((read(text),), (prompt or "",), interviewer, tuple(readings), case)


def heard_interview(
    transcript: Transcript, case: CaseFile | None, readings: Sequence[Reading]
) -> Heard:
    """Return the candidate's side of an interview."""
    spoken = transcript.said_by("candidate")
    passages = tuple(read(event.text or "", turn) for turn, event in enumerate(spoken))
    own = " ".join(event.text or "" for event in spoken)
    said = tuple(_unquoted(event.text or "", own) for event in transcript.said_by("interviewer"))
    return Heard(passages, _questions(transcript), said, tuple(readings), case, transcript)


def _unquoted(text: str, own: str) -> str:
    """Return the interviewer's text without the candidate's own words in it: “…”."""
    return QUOTE.sub(lambda quote: " " if quote[1].strip(" …") in own else quote[0], text)


def _questions(transcript: Transcript) -> tuple[str, ...]:
    """Return the question before each of the candidate's turns; "" if there was none."""
    question, questions = "", []
    for event in transcript.events:
        if event.who == "interviewer" and event.text is not None:
            question = event.text if "?" in event.text else ""
        elif event.text is not None:
            questions.append(question)
    return tuple(questions)
