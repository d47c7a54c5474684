"""Misconceptions: said and left standing, or said and taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from harness.interview.scoring.findings import Finding, Level, Mistake
from harness.interview.scoring.guards import Guards
from harness.interview.scoring.matching import Reader
from harness.interview.scoring.patterns import any_span
from harness.interview.scoring.rubric import Misconception
from harness.interview.scoring.sentences import Sentence


def mistakes(
    reader: Reader, sentences: Sequence[Sentence], found: Sequence[Finding]
) -> list[Mistake]:
    """One entry for each misconception that is said: where it was said last, and whether it still stands."""
    return [
        mistake
        for misconception in reader.rubric.misconceptions
        if (mistake := _mistake(reader, misconception, sentences, found))
    ]


def _mistake(
    reader: Reader,
    misconception: Misconception,
    sentences: Sequence[Sentence],
    found: Sequence[Finding],
) -> Mistake | None:
    said = list(_said(reader, misconception, sentences))
    if not said:
        return None
    last = sentences[said[-1]]
    return Mistake(
        misconception.id,
        last,
        _taken_back(reader.rubric.guards, misconception, sentences, said[-1], found),
        tuple(sentences[number] for number in said),
    )


def _said(
    reader: Reader, misconception: Misconception, sentences: Sequence[Sentence]
) -> Iterator[int]:
    for number, sentence in enumerate(sentences):
        named = (reader.subject(one, sentence.turn) for one in misconception.denies)
        readings = [sentence, *(_with(name, sentence) for name in named if name)]
        if any(
            says(reader.rubric.guards, misconception, one) for one in readings
        ) and not reader.sources.copied(sentence.text):
            yield number


def _with(named: str, sentence: Sentence) -> Sentence:
    """The sentence with what the question has named in front of it."""
    return replace(sentence, text=f"{named} {sentence.text}")


def says(guards: Guards, misconception: Misconception, sentence: Sentence) -> bool:
    """True when a sentence asserts the misconception."""
    text = sentence.text
    spans = any_span(misconception.accept, text)
    return bool(
        spans
        and not sentence.is_question
        and not any_span(misconception.unless, text)
        and not guards.says("distanced", text)
        and not guards.says("about_the_scoring", text)
        and not guards.negated(text, spans[0])
        and (misconception.negative or not guards.says("denial", text[slice(*spans[0])]))
    )


def repairs(
    reader: Reader, sentences: Sequence[Sentence], wrong: Sequence[Mistake]
) -> Iterator[Finding]:
    """What is right in the sentence that takes a misconception back; it need not name its subject again."""
    denies = {m.id: m.denies for m in reader.rubric.misconceptions}
    for mistake in wrong:
        after = [
            s
            for s in sentences
            if (s.turn, s.start) > (mistake.sentence.turn, mistake.sentence.start)
        ]
        for sentence in after[:2] if mistake.repaired else ():
            for name in denies[mistake.misconception]:
                if any_span(reader.rubric.by_id[name].explain, sentence.text):
                    yield Finding(name, Level.APPLIED, sentence)


def _taken_back(
    guards: Guards,
    misconception: Misconception,
    sentences: Sequence[Sentence],
    number: int,
    found: Sequence[Finding],
) -> bool:
    last = sentences[number]
    later = [s for s in sentences[number + 1 :] if guards.says("takes_back", s.text)]
    right = (
        f.expectation in misconception.denies
        and f.level == Level.EXPLAINED
        and (f.sentence.turn, f.sentence.start) > (last.turn, last.start)
        for f in found
    )
    return any(right) or any(s.turn == last.turn for s in later[:1])
