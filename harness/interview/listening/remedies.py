"""Remedies: which of them a sentence is about, and whether it refuses them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from harness.interview.content_files import CONTENT, Pattern, Strict, Text, read
from harness.interview.listening.examples import last_words
from harness.interview.listening.said import REMEDIES, Said
from harness.interview.reading import REFUSED as NO
from harness.interview.reading import Remedy
from harness.interview.scenario.scenario import Scenario

REFUSES = "refuses"
# Limits of the log odds, chosen on turns of other authors.
PATTERN = 0.5  # what a matching pattern adds
ELSEWHERE = 0.5  # taken from a remedy that is none of this case's
LEAST = 2.0  # of a remedy that is proposed or refused
ONE_PART = 1.5  # taken from the odds of a single part: the turn as a whole knows better
LEAST_REFUSAL = 0.0  # by how much a refusal must be likelier than a proposal
NAMELESS = 2.0  # the least of a refusal that names no remedy
DENIED, UNDENIED = 1.0, 0.5  # what a word of denial adds to these, and what its absence takes away

# What the interviewer or product puts forward may be refused without naming it: "Nope."
PUT_FORWARD = re.compile(
    r"\b(shall|should|why not|do) (we|i|you)\b|\bso we\b|"
    r"\b(product|manager)\b.*\b(wants?|offers?|says|suggests?|can)\b|"
    r"\b(one|you|somebody) (could|might|suggests?)\b|\bhelp\b",
    re.IGNORECASE,
)
MAX_TURNED_DOWN = 1  # remedies at once; of more it is not clear which one is refused


class Entry(Strict):
    """One remedy. says: how the interviewer names it; patterns: evidence, with case ignored.

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
    """Return the remedies that a turn proposes or refuses, in the order in which they are named."""
    spans = {name: _span(name, turn.text) for name in remedies()}
    totals = {
        name: _odds(name, turn, heard)
        + PATTERN * bool(span)
        - ELSEWHERE * (name not in scenario.remedies)
        for name, span in spans.items()
    }
    found = [n for n, total in totals.items() if total >= LEAST and not _opposite(n, turn.text)]
    found.sort(key=lambda name: (spans[name] or (len(turn.text), 0), name))
    return tuple(_remedy(name, turn, heard) for name in found)


def _odds(name: str, turn: Said, heard: Sequence[Said]) -> float:
    """Return the log odds that a turn proposes or refuses a remedy."""
    return max(_about(name, turn), *(_about(name, part) - ONE_PART for part in heard))


def _about(name: str, said: Said) -> float:
    odds = said.odds[REMEDIES]
    return max(odds[name], odds[f"{NO}{name}"])


def _remedy(name: str, turn: Said, heard: Sequence[Said]) -> Remedy:
    """Return a remedy of a turn; the turn, and the part that speaks most about it, say if it is refused."""
    part = max(heard, key=lambda part: _about(name, part))
    span = _span(name, part.text)
    denied = DENIED if _denies(_clause(part.text, span)) else -UNDENIED
    refused = (_refusal(name, turn) + _refusal(name, part)) / 2 + denied >= LEAST_REFUSAL
    return Remedy(name, refused, part.text[slice(*span)] if span else part.text)


def _refusal(name: str, said: Said) -> float:
    """Return how much likelier it is that a text refuses a remedy than that it proposes it, in log odds."""
    odds = said.odds[REMEDIES]
    return odds[f"{NO}{name}"] - odds[name]


def _opposite(name: str, text: str) -> bool:
    """Return True if a text says the opposite of a remedy: "retry more often"."""
    return any(re.search(p, text, re.IGNORECASE) for p in remedies()[name].unless)


def mentioned(turn: Said) -> tuple[Remedy, ...]:
    """Return the remedies whose names are in a turn, proposed or not: its price or its check counts, too."""
    spans = {name: _span(name, turn.text) for name in remedies()}
    return tuple(Remedy(n, False, turn.text[slice(*span)]) for n, span in spans.items() if span)


def turned_down(turn: Said, before: str) -> tuple[Remedy, ...]:
    """Return the remedies that were put forward before, if a turn that names none refuses them."""
    if not PUT_FORWARD.search(before):
        return ()
    named = [name for name in remedies() if _span(name, last_words(before))]
    if not named or len(named) > MAX_TURNED_DOWN:
        return ()
    denied = DENIED if _denies(turn.text) else -UNDENIED
    if turn.odds[REMEDIES][REFUSES] + denied < NAMELESS:
        return ()
    return tuple(Remedy(name, True, turn.text) for name in named)


DENIAL = re.compile(
    r"\b(no|not|never|without|leave|leav|skip|drop|forget|reject\w*|rule[sd]? out|off the table|is out|"
    r"wouldn.?t|shouldn.?t|don.?t|won.?t|doesn.?t|isn.?t|can.?t|hardly|nothing|instead of buying|nope|nah|"
    r"cannot|disagree|declin\w+|pass|wrong (lever|knob|tool|place|end|thing)|pointless|useless|"
    r"theatre|waste\w*|(would|will|.d) (merely|only|just|still)|"
    r"(hurts?|harms?|backfires?|do(es)? harm)( us| me| it| them)?(?=\W*$|\W+(here|in this case)\b))\b",
    re.IGNORECASE,
)
# Words of denial that refuse nothing.
HARMLESS = re.compile(
    r"\bwhy (not|don.?t)\b|\bca(n.?t|nnot) we\b|\bcouldn.?t we\b|\bnot (only|enough|yet)\b|\bif not\b|"
    r"\b(not|never|don.?t) (switch|turn|shut)\w* (it |them |that )?(off|down)\b|"
    r"\bwithout waiting\b|\bwith (and|or) without\b|\bso (that )?(they|it|it.s) (don.?t|doesn.?t|isn.?t)\b|"
    r"\bdon.?t (wait|let|switch)\b|^\W*(no\b\W*)*no[.,]\s|"
    # a condition, a price or a subject: "as long as it isn't stale", "no loss", "what hardly changes"
    r"\b(as long as|unless|if|until|provided)\b.{0,45}(\b(not|hardly|never)|n.?t)\b|"
    r"\b(what|which|that) (hardly|never|don.?t|doesn.?t|won.?t) (change|repeat)s?\b|\bno effect on quality\b|"
    r"\b(no|without( any)?) (loss|risk|cost|money|downside)\b|\b(never|doesn.?t|won.?t) (cost|lose|hurt)s?\b|"
    r"\b(ca|could|would)n.?t (hurt|harm)\b|\bnot instead\b|\b(may|might|could) not be able\b",
    re.IGNORECASE,
)


def _denies(sentence: str) -> bool:
    return bool(DENIAL.search(HARMLESS.sub(" ", sentence)))


CLAUSE = re.compile(r"[,;:.]\s+|\s+(?<!with )(?:and|but|or|otherwise|instead)\s+", re.IGNORECASE)


def _clause(sentence: str, span: tuple[int, int] | None) -> str:
    """Return the clause in which a remedy is named; the sentence if its words are not known."""
    if span is None:
        return sentence
    breaks = list(CLAUSE.finditer(sentence))
    start = max((m.end() for m in breaks if m.end() <= span[0]), default=0)
    end = min((m.start() for m in breaks if m.start() >= span[1]), default=len(sentence))
    return sentence[start:end]


def _span(name: str, sentence: str) -> tuple[int, int] | None:
    """Return where a remedy's first matching pattern lies in the sentence."""
    found = (pattern.search(sentence) for pattern in _patterns()[name])
    return next((match.span() for match in found if match), None)


@cache
def _patterns() -> Mapping[str, tuple[re.Pattern[str], ...]]:
    return {
        name: tuple(re.compile(p, re.IGNORECASE) for p in entry.patterns)
        for name, entry in remedies().items()
    }
