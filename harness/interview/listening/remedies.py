"""Remedies: which of them a sentence is about, and whether it refuses them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from harness.interview.content_files import CONTENT, Pattern, Strict, Text, read
from harness.interview.listening.refusals import opens_with_refusal, refused_by_itself, refuses_at
from harness.interview.listening.roles import role
from harness.interview.listening.said import REMEDIES, Said
from harness.interview.reading import ABOUT, Remedy, Role
from harness.interview.reading import REFUSED as NO
from harness.interview.scenario.scenario import Scenario

REFUSES = "refuses"
# Limits of the log odds, chosen on turns of other authors.
PATTERN = 2.0  # what a matching pattern adds
ELSEWHERE = 1.0  # taken from a remedy that is none of this case's
LEAST = 2.0  # of a remedy that is proposed or refused
# Of one that surely is: of ten that are proposed nine are, and of those below five; of a hundred refused 85.
CLEAR, CLEARLY_REFUSED = 5.0, 7.0
# The turn as a whole knows better than a single part: what is taken from the part's odds, and their weight in
# deciding whether a remedy is refused.
ONE_PART, PART_COUNTS = 2.5, 0.5
NAMELESS = 2.0  # the least of a refusal that names no remedy

# What is kept for later, or for one condition, is hardly proposed.
DEFERS = re.compile(
    r"\b(later|not (now|yet|first)|in reserve|plan b|some ?day|only (after|if|when)|on its own)\b",
    re.IGNORECASE,
)
# What the interviewer or product puts forward may be refused without naming it: "Nope."
PUT_FORWARD = re.compile(
    r"\b(shall|should|why not|do) (we|i|you)\b|\bso we\b|"
    r"\b(product|manager)\b.*\b(wants?|offers?|says|suggests?|can)\b|"
    r"\b(one|you|somebody) (could|might|suggests?)\b|\bhelp\b",
    re.IGNORECASE,
)
MAX_TURNED_DOWN = 1  # remedies at once; of more it is not clear which one is refused


class Entry(Strict):
    """One remedy. says: what it is called; patterns: evidence, with case ignored.

    unless: words of the opposite, which do not propose it. touches: the stage that it shortens, if it is a
    single one.
    """

    says: Text
    touches: str | None = None
    patterns: tuple[Pattern, ...]
    unless: tuple[Pattern, ...] = ()
    examples: tuple[Text, ...]
    refusals: tuple[Text, ...] = ()


class Remedies(Strict):
    """The content file. none: sentences that sound like a remedy and are none."""

    remedies: dict[str, Entry]
    none: tuple[Text, ...]


def remedies() -> Mapping[str, Entry]:
    """Return all remedies that can be heard, by id."""
    return _content().remedies


@cache
def _content() -> Remedies:
    return read(CONTENT / "remedies.yaml", Remedies)


def no_remedies() -> tuple[str, ...]:
    """Return sentences that sound like a remedy and are none."""
    return _content().none


def offered(turn: Said, heard: Sequence[Said], scenario: Scenario) -> tuple[Remedy, ...]:
    """Return the remedies that a turn proposes or refuses, in the order in which they are named.

    heard: the turn's parts. One that plans or refuses counts by itself, too, as a long turn holds many.
    """
    acting = [part for part in heard if role(part) in (Role.PLAN, Role.REFUSE)]
    spans = {name: _span(name, turn.text) for name in remedies()}
    totals = {
        name: max((_about(name, turn), *(_about(name, part) - ONE_PART for part in acting)))
        + PATTERN * bool(span)
        - ELSEWHERE * (name not in scenario.remedies)
        for name, span in spans.items()
    }
    found = [n for n, total in totals.items() if total >= LEAST and not _opposite(n, turn.text)]
    found.sort(key=lambda name: (spans[name] or (len(turn.text), 0), name))
    return tuple(_remedy(name, turn, heard, totals[name]) for name in found)


def _about(name: str, said: Said) -> float:
    """Return the log odds that a text proposes or refuses a remedy."""
    return max(said.odds[REMEDIES][name], said.odds[REMEDIES][f"{NO}{name}"])


def _refusal(name: str, said: Said) -> float:
    """Return by how much a text rather refuses a remedy than proposes it, in log odds."""
    return said.odds[REMEDIES][f"{NO}{name}"] - said.odds[REMEDIES][name]


def _remedy(name: str, turn: Said, heard: Sequence[Said], total: float) -> Remedy:
    """Return a remedy of a turn, with the words of the part that says most of it. total: its log odds."""
    part = max(heard, key=lambda part: _about(name, part))
    span = _span(name, part.text)
    said_so = _in_refusal(name, turn, part)
    refused = said_so or _refusal(name, turn) + PART_COUNTS * _refusal(name, part) > 0
    deferred = not refused and DEFERS.search(part.text)
    sure = said_so or total >= (CLEARLY_REFUSED if refused else CLEAR)
    aside = not refused and not span and role(part) in ABOUT  # a price or a check without its name
    return Remedy(
        name,
        refused,
        part.text[slice(*span)] if span else part.text,
        sure and not (deferred or aside),
    )


def _in_refusal(name: str, turn: Said, part: Said) -> bool:
    """Return True if the sentence that names the remedy refuses it, or the turn does, which opens so."""
    place = _first_place(name, turn.text)
    if place is not None and refused_by_itself(turn.text, place):
        return True
    if place is None:
        place = turn.text.find(part.text)
    return opens_with_refusal(turn.text) and refuses_at(turn.text, place)


def _opposite(name: str, text: str) -> bool:
    """Return True if a text says the opposite of a remedy: "retry more often"."""
    return any(re.search(p, text, re.IGNORECASE) for p in remedies()[name].unless)


def mentioned(turn: Said) -> tuple[Remedy, ...]:
    """Return the remedies whose names are in a turn, proposed or not: its price or its check counts, too."""
    spans = {name: _span(name, turn.text) for name in remedies()}
    return tuple(Remedy(n, False, turn.text[slice(*span)]) for n, span in spans.items() if span)


def names_in(text: str) -> tuple[str, ...]:
    """Return the ids of the remedies whose names are in a text."""
    return tuple(name for name in remedies() if _span(name, text))


def turned_down(turn: Said, before: str) -> tuple[Remedy, ...]:
    """Return the remedies that the interviewer's last words put forward, if a turn refuses them unnamed."""
    if not PUT_FORWARD.search(before):
        return ()
    named = names_in(before)
    if not named or len(named) > MAX_TURNED_DOWN:
        return ()
    if turn.odds[REMEDIES][REFUSES] < NAMELESS:
        return ()
    return tuple(Remedy(name, True, turn.text) for name in named)


def _span(name: str, sentence: str) -> tuple[int, int] | None:
    """Return where a remedy's first matching pattern lies in the sentence."""
    found = (pattern.search(sentence) for pattern in _patterns()[name])
    return next((match.span() for match in found if match), None)


def _first_place(name: str, text: str) -> int | None:
    """Return where a text first names a remedy, by any pattern; None if it does not."""
    found = (pattern.search(text) for pattern in _patterns()[name])
    return min((match.start() for match in found if match), default=None)


@cache
def _patterns() -> Mapping[str, tuple[re.Pattern[str], ...]]:
    return {
        name: tuple(re.compile(p, re.IGNORECASE) for p in entry.patterns)
        for name, entry in remedies().items()
    }
