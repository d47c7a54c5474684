"""Remedies: which of them a sentence is about, and whether it refuses them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

from harness.interview.content_files import CONTENT, Pattern, Strict, Text, read
from harness.interview.listening.acts import Part
from harness.interview.listening.examples import (
    Row,
    examples,
    heard_turns,
    last_words,
    rubric_sentences,
    single,
    stored,
)
from harness.interview.listening.similarity import Examples, Regression, Said, regression
from harness.interview.meanings import Embed
from harness.interview.reading import REFUSED as REFUSED_ID
from harness.interview.reading import Act, Remedy
from harness.interview.scenario.scenario import Scenario

NONE, REFUSES = "none", "refuses"
# Limits, chosen by cross-validation over voices.
PATTERN = 0.4  # what a matching pattern adds to a score that runs from about -1 to 1
HEARD = -0.2  # the least score of a remedy that is named
DOUBT = 0.5  # how far below "no remedy" it may be: what is passed in is an offer, and most offers name one
LEAD = 0.55  # how far below the best one another remedy of the same sentence may be
NAMED_LEAD = 0.8  # the same, if its words are there
REFUSED = -0.3  # the least score of a refusal
ELSEWHERE = 0.3  # taken from a remedy that is none of this case's
MEMBER_HEARD, MEMBER_WORDS = 0.3, 2  # the least score and length of a member that names a remedy

# What the interviewer or product puts forward may be refused without naming it: "Nope."
PUT_FORWARD = re.compile(
    r"\b(shall|should|why not|do) (we|i|you)\b|\bso we\b|"
    r"\b(product|manager)\b.*\b(wants?|offers?|says|suggests?|can)\b|"
    r"\b(one|you|somebody) (could|might|suggests?)\b|\bhelp\b",
    re.IGNORECASE,
)
MAX_TURNED_DOWN = 1  # remedies at once; of more it is not clear which one is refused
TURNED_DOWN = -0.1  # the least score of such a refusal


class Entry(Strict):
    """One remedy. says: how the interviewer names it; patterns: evidence, with case ignored.

    touches: the stage that it shortens, if it is a single one.
    """

    says: Text
    touches: str | None = None
    patterns: tuple[Pattern, ...]
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


@dataclass(frozen=True)
class RemedyFinder:
    """Finds remedies in a sentence. others: returns sentences that name none."""

    embed: Embed
    others: Callable[[], tuple[str, ...]]
    folder: Path | None = None

    def __call__(
        self, part: Part, members: Iterable[Said], whole: Part, scenario: Scenario
    ) -> tuple[Remedy, ...]:
        """Return the remedies of a part of a whole turn, in the order in which they are named.

        members: those of an enumeration, of at least MEMBER_WORDS words; they add what they name clearly.
        """
        found = {r.id: r for r in self.named(part.said, whole.said, scenario)}
        for member in members:
            for remedy in self.named(member, whole.said, scenario, MEMBER_HEARD):
                refused = _refuses(part.text, member.text)
                found.setdefault(remedy.id, replace(remedy, refused=refused))
        return tuple(found.values())

    def named(
        self, said: Said, whole: Said, scenario: Scenario, least: float = HEARD
    ) -> tuple[Remedy, ...]:
        """Return the remedies of a sentence of a whole turn. least: the least score of a remedy."""
        sentence = said.text
        named = dict(zip(self.labels, self.regression.scores(said), strict=True))
        refuses, none = named.pop(REFUSES), named.pop(NONE)
        refuses = (refuses + self.regression.scores(whole)[-1]) / 2
        spans = {name: _span(name, sentence) for name in named}
        totals = {
            name: s
            + PATTERN * (spans[name] is not None)
            - ELSEWHERE * (name not in scenario.remedies)
            for name, s in named.items()
        }
        best = max(totals.values())
        leads = {name: NAMED_LEAD if spans[name] else LEAD for name in totals}
        heard = [n for n, s in totals.items() if s >= max(least, best - leads[n], none - DOUBT)]
        heard.sort(key=lambda name: (spans[name] or (len(sentence), 0), name))
        refused = {n: refuses + _denial(_clause(sentence, spans[n])) >= REFUSED for n in heard}
        return tuple(Remedy(n, refused[n], _quote(sentence, spans[n])) for n in heard)

    def turned_down(self, whole: Part, before: str) -> tuple[Remedy, ...]:
        """Return the remedies that were put forward before, if a turn that names none refuses them."""
        if not PUT_FORWARD.search(before) or whole.acts[:1] == (Act.ASK,):
            return ()
        named = [name for name in remedies() if _span(name, last_words(before))]
        if not named or len(named) > MAX_TURNED_DOWN:
            return ()
        if self.regression.scores(whole.said)[-1] + _denial(whole.text) < TURNED_DOWN:
            return ()
        return tuple(Remedy(name, True, whole.text) for name in named)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        return (*remedies(), NONE, REFUSES)

    def examples(self) -> Examples:
        """Return the example sentences; a refusal is an example of its remedy and of refusing."""
        rows = [Row(t, (name,)) for name, e in remedies().items() for t in e.examples]
        rows += [Row(t, (name, REFUSES)) for name, e in remedies().items() for t in e.refusals]
        rows += single((text, NONE) for text in (*self.others(), *_content().none))
        return examples([*rows, *single(_of_rubric()), *_heard_proposing()], self.labels)

    @cached_property
    def regression(self) -> Regression:
        return regression(
            self.examples, self.embed, self.folder and stored("remedies", self.folder)
        )


def _heard_proposing() -> Iterator[Row]:
    """Yield all whole turns, with the remedies that they name."""
    for turn in heard_turns():
        named = [remedy.removeprefix(REFUSED_ID) for remedy in turn.remedies]
        refusing = any(remedy.startswith(REFUSED_ID) for remedy in turn.remedies)
        yield turn.row((*named, *([REFUSES] if refusing else [])) or (NONE,))


def _of_rubric() -> Iterator[tuple[str, str]]:
    """Yield the rubric's sentences about one remedy, and one in three of those about none."""
    about_none = 0
    for text, shows in rubric_sentences():
        named = [name for name in shows if name in remedies()]
        if len(named) == 1:
            yield text, named[0]
        elif not shows:
            about_none += 1
            if about_none % 3 == 0:
                yield text, NONE


DENIAL = re.compile(
    r"\b(no|not|never|without|leave|leav|skip|drop|forget|reject\w*|rule[sd]? out|off the table|is out|"
    r"wouldn.?t|shouldn.?t|don.?t|won.?t|doesn.?t|isn.?t|can.?t|hardly|nothing|instead of buying|nope|nah|"
    r"cannot|disagree|declin\w+|pass|wrong (lever|knob|tool|place|end|thing)|pointless|useless|"
    r"theatre|waste\w*|(would|will|.d) (merely|only|just|still)|"
    r"(hurts?|harms?|backfires?|do(es)? harm)( us| me| it| them)?(?=\W*$|\W+(here|in this case)\b))\b",
    re.IGNORECASE,
)
# What a word of denial adds to the score of a refusal, and what its absence takes away.
DENIED, UNDENIED = 0.2, 0.3
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


def _denial(sentence: str) -> float:
    return DENIED if DENIAL.search(HARMLESS.sub(" ", sentence)) else -UNDENIED


CLAUSE = re.compile(r"[,;:.]\s+|\s+(?<!with )(?:and|but|or|otherwise|instead)\s+", re.IGNORECASE)


def _clause(sentence: str, span: tuple[int, int] | None) -> str:
    """Return the clause in which a remedy is named; the sentence if its words are not known."""
    if span is None:
        return sentence
    breaks = list(CLAUSE.finditer(sentence))
    start = max((m.end() for m in breaks if m.end() <= span[0]), default=0)
    end = min((m.start() for m in breaks if m.start() >= span[1]), default=len(sentence))
    return sentence[start:end]


def _refuses(sentence: str, member: str) -> bool:
    """Return True if a member of an enumeration, or what comes before the first one, denies."""
    before = sentence[: max(0, sentence.find(member))]
    return _denial(member) == DENIED or (_denial(CLAUSE.split(before)[0]) == DENIED)


BACK = re.compile(r"\b(it|that|this|those|them)\b|^\W*(no|nope|nah)\W*$", re.IGNORECASE)
# "No need to wait for it" is a gain of what was named; only "no need to add that" refuses it.
NEEDLESS = re.compile(
    r"\bno need to (?!(do|use|add|buy|build|try|have|bother with)\b)", re.IGNORECASE
)
MAX_BACK = 9  # words of a sentence that refuses what the one before it named


def takes_back(part: Part) -> bool:
    """Return True if a part that names no remedy refuses what was named before: "I'd rule that out"."""
    offers = part.acts[:1] in ((), (Act.PROPOSE,)) and len(part.text.split()) <= MAX_BACK
    refers = BACK.search(part.text) and not NEEDLESS.search(part.text)
    return offers and bool(refers) and _denial(part.text) == DENIED


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


def _quote(sentence: str, span: tuple[int, int] | None) -> str:
    return sentence[slice(*span)] if span else sentence
