"""Findings from what a candidate did: cards opened before any remedy, the cause named with its number.

Asking for the time per stage before proposing anything is measuring, whatever words are used for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.interview.scoring.findings import Finding, Level
from harness.interview.scoring.grounding import grounded, own_times, quoted, times
from harness.interview.scoring.heard import NEVER, Heard
from harness.interview.scoring.sentences import Sentence

TAIL_CARDS = frozenset({"percentiles", "load", "minute"})
# Cards that say what was agreed and what it costs; opening them is no measurement.
CONTEXT_CARDS = frozenset({"goal", "cost", "quality", "model", "deploys", "traffic"})
PRICES = ("TRD-COST", "TRD-MONEY", "TRD-QUALITY")


def deeds(heard: Heard, findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings of an interview's deeds; none for an answer, or without a case."""
    if not (heard.transcript and heard.case):
        return []
    said = list(findings)
    looked = _Deeds(heard, first_remedy(heard, said)).looked()
    return [*looked, *diagnosed(heard), *weighed(heard, said)]


def used(heard: Heard, findings: Iterable[Finding]) -> list[Finding]:
    """Return what an answer shows by what it uses of its case: its numbers, its cause, its remedies."""
    return [*_measured(heard), *diagnosed(heard), *weighed(heard, findings)]


def _measured(heard: Heard) -> Iterator[Finding]:
    """Yield the breakdown for a time that is on a card and that nobody knows by heart."""
    for sentence in heard.sentences if heard.case else ():
        if own_times(sentence.text, heard.case, heard.seen):
            deed = "quoted a number of the case"
            yield Finding("SYS-BREAKDOWN", Level.APPLIED, sentence, deed=deed)
            return


def diagnosed(heard: Heard) -> Iterator[Finding]:
    """Yield hypothesis and rank for the right cause with a number that is on a known card."""
    for turn, reading in enumerate(heard.readings if heard.case else ()):
        if reading.cause != "right":
            continue
        for sentence in heard.passages[turn].sentences:
            if grounded(sentence.text, heard.case, heard.seen):
                deed = "named the cause with its number"
                yield Finding("SYS-HYPOTHESIS", Level.APPLIED, sentence, deed=deed)
                yield Finding("SYS-RANK", Level.MENTION, sentence, deed=deed)
                return


def weighed(heard: Heard, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield options for two remedies that fit the case, each with what it brings or costs.

    One of them needs a time.
    """
    if not heard.case:
        return
    fits = heard.case.fitting("fixes", "helps")
    priced = {f.sentence.place for f in findings if _priced(f)}
    options: dict[str, Sentence] = {}
    timed = False
    for turn, reading in enumerate(heard.readings):
        for remedy in reading.proposed:
            said = after(heard.passages[turn].sentences, remedy.quote)[:2]
            brings = any(times(quoted(sentence.text)) for sentence in said)
            if remedy.id in fits and (brings or any(s.place in priced for s in said)):
                options.setdefault(remedy.id, said[0])
                timed |= brings
    if len(options) > 1 and timed:
        deed = "weighed two remedies, each with what it brings or costs"
        yield Finding("TRD-OPTIONS", Level.APPLIED, next(iter(options.values())), deed=deed)


def _priced(finding: Finding) -> bool:
    """Return True for a price, and for a remedy with its mechanism, condition or cost."""
    remedy = finding.expectation.startswith("STK-")
    return finding.level == Level.EXPLAINED if remedy else finding.expectation in PRICES


def after(sentences: Sequence[Sentence], quote: str) -> Sequence[Sentence]:
    """Return the sentences from the first with these words on; none if the words are in none."""
    first = next((n for n, sentence in enumerate(sentences) if quote in sentence.text), None)
    return () if first is None else sentences[first:]


def first_remedy(heard: Heard, findings: Iterable[Finding]) -> int:
    """Return the line of the first remedy that was proposed, or NEVER."""
    lines = [
        heard.lines[f.sentence.turn]
        for f in findings
        if f.level >= Level.APPLIED and f.expectation.startswith("STK-")
    ]
    turns = zip(heard.lines, heard.readings, strict=False)
    lines += [line for line, reading in turns if reading.proposed]
    return min(lines, default=NEVER)


@dataclass(frozen=True)
class _Deeds:
    """An interview with the line of its first remedy."""

    heard: Heard
    remedy: int

    def looked(self) -> Iterator[Finding]:
        """Yield measuring, breakdown and tail, if the card was opened before a remedy."""
        case, opened = self.heard.case, self.heard.opened
        measured = frozenset(opened) - CONTEXT_CARDS
        for idea, cards in (
            ("SYS-MEASURE", measured),
            ("SYS-BREAKDOWN", case.breakdown_cards),
            ("SYS-TAIL", TAIL_CARDS),
        ):
            line = self.heard.first_open(cards)
            if line < self.remedy:
                yield Finding(idea, Level.APPLIED, self._asking(line), deed=self._says(line))

    def _asking(self, line: int) -> Sentence:
        """Return the words that opened a card; an empty place if it was opened by command."""
        if line in self.heard.lines:
            turn = self.heard.lines.index(line)
            return _asked(self.heard.passages[turn].sentences)
        before = [turn for turn, said in enumerate(self.heard.lines) if said < line]
        return Sentence("", 0, 0, before[-1] if before else 0)

    def _says(self, line: int) -> str:
        names = [card for card, at in self.heard.opened.items() if at == line]
        return f"opened {', '.join(names)} before any remedy"


def _asked(sentences: tuple[Sentence, ...]) -> Sentence:
    """Return the first question of a turn, or its last sentence."""
    questions = [sentence for sentence in sentences if sentence.is_question]
    return (questions or sentences[-1:] or [Sentence("", 0, 0)])[0]
