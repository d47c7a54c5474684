"""Suspects: what a sentence says the time goes into, and whether that is the cause of this case."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from pydantic import Field

from harness.interview.content_files import CONTENT, Pattern, Strict, Text, read
from harness.interview.listening.refusals import STATEMENT
from harness.interview.listening.said import SUSPECTS, Said
from harness.interview.reading import Cause, Suspect
from harness.interview.scenario.scenario import Scenario

# What is added to the log odds: for a matching pattern, for the case's own cause, and for a pattern of that
# cause. Chosen, like the limit, on turns of other authors.
PATTERN, CAUSE, OWN_PATTERN = 1.0, 0.5, 1.0
LEAST = 2.0  # of what is blamed


class Entry(Strict):
    """One suspect. stage: where it would show.

    right_in: the scenarios whose cause it is; part_in: those in which it is a symptom of the cause.
    """

    stage: str | None
    right_in: tuple[str, ...] = ()
    part_in: tuple[str, ...] = ()
    patterns: tuple[Pattern, ...]
    examples: tuple[Text, ...] = Field(min_length=3)


class Suspects(Strict):
    """The content file. none: claims that blame nothing."""

    suspects: dict[str, Entry]
    none: tuple[Text, ...]


def suspects() -> Mapping[str, Entry]:
    """Return all suspects by id."""
    return _content().suspects


@cache
def _content() -> Suspects:
    return read(CONTENT / "suspects.yaml", Suspects)


def no_suspects() -> tuple[str, ...]:
    """Return claims that blame nothing."""
    return _content().none


def blamed(turn: Said, heard: Sequence[Said], scenario: Scenario) -> Suspect | None:
    """Return what a turn blames; None if it blames nothing, or acquits what it names.

    heard: its parts. If no pattern matches, the quote is the part with the highest odds.
    """
    own = named(scenario, turn.text)
    totals = {
        name: odds + PATTERN * bool(_quote(name, turn.text)) + _own(name, scenario, own)
        for name, odds in turn.odds[SUSPECTS].items()
    }
    best = max(totals, key=totals.__getitem__)
    if totals[best] < LEAST:
        return None
    cause = judged(best, scenario)
    part = max(heard, key=lambda part: part.odds[SUSPECTS][best]).text
    quote = (own if cause == "right" else None) or _quote(best, turn.text) or part
    if any(_acquitted(quote, said) for said in (part, sentence_with(quote, turn.text))):
        return None
    return Suspect(best, cause, quote, suspects()[best].stage)


def _own(name: str, scenario: Scenario, named: str | None) -> float:
    """Return the bonus of a suspect that is the case's cause, larger if the turn names it; 0 for another."""
    return CAUSE + OWN_PATTERN * bool(named) if judged(name, scenario) == "right" else 0.0


def judged(suspect: str, scenario: Scenario) -> Cause | None:
    """Return whether a suspect is the cause of a scenario; None for a symptom of it."""
    entry = suspects()[suspect]
    if scenario.id in entry.right_in:
        return "right"
    return None if scenario.id in entry.part_in else "wrong"


def sentence_with(quote: str, text: str) -> str:
    """Return the sentence of a text that has a quote in it, or ""."""
    return next((sentence for sentence in STATEMENT.split(text) if quote in sentence), "")


def _acquitted(quote: str, said: str) -> bool:
    """Return True if the clause with a quote acquits it, or the next one that speaks of it."""
    clauses = CLAUSE.split(said)
    place = next((n for n, clause in enumerate(clauses) if quote in clause), None)
    if place is None:
        return bool(ACQUITS.search(said))
    after = [clause for clause in clauses[place + 1 : place + 2] if OF_IT.search(clause)]
    return any(ACQUITS.search(clause) for clause in (clauses[place], *after))


CLAUSE = re.compile(r"[,;:]\s+|\b(?:while|but|because|since)\b")
OF_IT = re.compile(r"^\W*(and )?(it|that|this|they|is|isn.?t|i|nobody)\b", re.IGNORECASE)
ACQUITS = re.compile(
    r"^\W*(?:(?:and|but|so)\W+)?not (the|their|our|its|your|a)\b|"
    r"\b(it|that)(.?s| is) not (the|their|our|its|your)\b(?!.*\b(it.?s|but|rather)\b)|"
    r"\b(not (it|that|the (problem|cause|issue|bottleneck))|(?<!, )isn.?t (it|that|the)|"
    r"can.?t be (it|the|that)|cannot be (it|the|that)|"
    r"innocent|red herring|negligible|noise|not (to blame|responsible|guilty)|excluded?|ruled out|"
    r"could vanish|is tiny|is fine|are fine|refutes?|not (the|a) (search|model|network|queue|cache)|"
    r"(only|just) [\d.]+ ?(percent|ms)|(?<!, )(that|it|this)(.?s| is) nothing|"
    r"is (always )?(good|normal|healthy|weird|by design|noise)|"
    r"(wouldn.?t|would not|don.?t|do not) (read|see) (any|much)|out of scope|never seen|"
    r"not worried|wouldn.?t worry|"
    r"(don.?t|do not|wouldn.?t|would not|can.?t|cannot) (optimi[sz]e|engineer|touch|mess with)|"
    r"(nobody|no one)\b.{0,30} touch)\b|\b(only|just) [\d.]+ ?%",
    re.IGNORECASE,
)


def named(scenario: Scenario, sentence: str) -> str | None:
    """Return the words that name the scenario's own cause, by its patterns."""
    found = (pattern.search(sentence) for pattern in _compiled(scenario.cause.named))
    return next((match[0] for match in found if match), None)


def _quote(name: str, sentence: str) -> str | None:
    found = (pattern.search(sentence) for pattern in _compiled(suspects()[name].patterns))
    return next((match[0] for match in found if match), None)


@cache
def _compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)
