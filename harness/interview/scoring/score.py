"""The scorer: an answer or a transcript to a scorecard. Pure: the same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from harness.interview.scenario.casefile import CaseFile
from harness.interview.scenario.transcript import Transcript
from harness.interview.scoring.asking import asked_about
from harness.interview.scoring.behaviour import Conduct
from harness.interview.scoring.classifier import SentenceClassifier
from harness.interview.scoring.classifier_findings import with_classifier
from harness.interview.scoring.copying import MAIN_QUESTION, main_question, sources
from harness.interview.scoring.dimensions import best, follow_up_scores, scores
from harness.interview.scoring.english import other_language
from harness.interview.scoring.findings import Finding, Level, Loss, Mistake
from harness.interview.scoring.follow_up import subjects
from harness.interview.scoring.grounding import grounded
from harness.interview.scoring.matching import Reader
from harness.interview.scoring.misconceptions import mistakes, repairs
from harness.interview.scoring.rubric import DIMENSIONS, Rubric
from harness.interview.scoring.scorecard import Scorecard
from harness.interview.scoring.sentences import MAX_WORDS, Passage, Sentence, read


class SecondJudge(Protocol):
    """Whoever may make a near miss a mention, and says afterwards who it was and what it did."""

    def raised(self, rubric: Rubric, found: Sequence[Finding]) -> list[Finding]: ...

    def report(self) -> dict[str, object]: ...


@dataclass(frozen=True, eq=False)
class Scorer:
    """A rubric, and a hearing for sentences that no pattern knows (None: patterns alone)."""

    rubric: Rubric
    classifier: SentenceClassifier | None = None
    model_sha256: str | None = None
    rubric_is_source: bool = True  # off while the rubric's own examples are tried
    second: SecondJudge | None = None  # a chat model, about near misses alone; off unless asked for

    def answer(self, text: str, prompt: str | None = None) -> Scorecard:
        """The scorecard of one free text, to the main question or to a follow-up."""
        passage = read(text)
        found, wrong = self._found([passage], [prompt or MAIN_QUESTION], [prompt or ""])
        shown = best(found)
        main = prompt is None or _is_main(prompt)
        marks = (
            scores(self.rubric, shown, wrong)
            if main
            else follow_up_scores(
                self.rubric, asked_about(self.rubric, prompt, self.classifier), shown, wrong
            )
        )
        return self._card([passage], found, wrong, marks)

    def transcript(self, transcript: Transcript, case: CaseFile | None) -> Scorecard:
        """The scorecard of an interview; without its case, behaviour is not scored and that is said."""
        spoken = transcript.said_by("candidate")
        passages = [read(event.text or "", turn) for turn, event in enumerate(spoken)]
        heard = [event.text or "" for event in transcript.said_by("interviewer")]
        found, wrong = self._found(passages, heard, _questions(transcript))
        found = _assisted(found, transcript, [event.line for event in spoken])
        notices = list(transcript.notices)
        if case:
            found = [_grounded(f, case, transcript.opened) for f in found]
            notices += _unknown_cards(transcript, case)
        else:
            notices.append(
                f"There is no scenario {transcript.header.scenario} here: what was opened could not be "
                "held against it, and Systematic is at most 2."
            )
        marks = scores(self.rubric, best(found), wrong)
        sentences = _sentences(passages)
        conduct = (
            Conduct(transcript, case, spoken, sentences, found, self.rubric.guards)
            if case
            else None
        )
        words = marks["systematic"] or 1
        marks["systematic"] = conduct.score(words) if conduct else min(words, 2)
        card = self._card(passages, found, wrong, marks, [e.line for e in spoken], notices)
        return replace(card, checks=conduct.checks) if conduct else card

    def _found(
        self, passages: Sequence[Passage], heard: Iterable[str], prompts: Iterable[str]
    ) -> tuple[list[Finding], list[Mistake]]:
        sentences = _sentences(passages)
        asked = [subjects(self.rubric, prompt) for prompt in prompts]
        own = sources(self.rubric, heard, self.rubric_is_source)
        reader = Reader(self.rubric, own, asked)
        found = reader.findings(sentences)
        wrong = mistakes(reader, sentences, found)
        found = [_denied(self.rubric, finding, wrong) for finding in found]
        found += repairs(reader, sentences, wrong)
        own = [sentence for sentence in sentences if not reader.discounted(sentence)]
        heard = with_classifier(self.rubric, self.classifier, own, found, wrong)
        return (self.second.raised(self.rubric, heard) if self.second else heard), wrong

    def _card(
        self,
        passages: Sequence[Passage],
        found: Sequence[Finding],
        wrong: Sequence[Mistake],
        marks: dict[str, int | None],
        lines: Sequence[int] = (),
        notices: Sequence[str] = (),
    ) -> Scorecard:
        language = other_language(
            "\n".join(passage.clean for passage in passages), self.rubric.guards.function_words
        )
        if language:
            found, wrong, marks = (), (), dict.fromkeys(DIMENSIONS)
        return Scorecard(
            self.rubric,
            tuple(passages),
            tuple(found),
            tuple(wrong),
            marks,
            self.model_sha256,
            tuple(lines),
            (*notices, *_notices(passages, language)),
            second=self.second.report() if self.second else None,
        )


def _questions(transcript: Transcript) -> list[str]:
    """For each turn of the candidate what was asked before it; nothing where nothing was asked."""
    asked, questions = "", []
    for event in transcript.events:
        if event.who == "interviewer" and event.text is not None:
            asked = event.text if "?" in event.text else ""
        elif event.text is not None:
            questions.append(asked)
    return questions


def _sentences(passages: Iterable[Passage]) -> list[Sentence]:
    return [sentence for passage in passages for sentence in passage.sentences]


def _is_main(prompt: str) -> bool:
    return not prompt.strip() or main_question().copied(prompt)


def _denied(rubric: Rubric, finding: Finding, wrong: Sequence[Mistake]) -> Finding:
    """No credit from a sentence that says a misconception about it."""
    denies = {m.id: m.denies for m in rubric.misconceptions}
    for mistake in wrong:
        where = finding.sentence
        same = any(
            turn == where.turn and where.start <= at < where.end for turn, at in mistake.places
        )
        if same and finding.expectation in denies[mistake.misconception]:
            return replace(finding, level=Level.ABSENT, loss=Loss.WRONG_WAY)
    return finding


def _grounded(finding: Finding, case: CaseFile, opened: Sequence[str]) -> Finding:
    """A breakdown with times that are on no opened card was not made here."""
    if finding.expectation != "SYS-BREAKDOWN" or finding.level <= Level.MENTION:
        return finding
    if grounded(finding.sentence.text, case, opened) is False:
        return replace(finding, level=Level.MENTION, loss=Loss.UNGROUNDED)
    return finding


def _assisted(
    found: Sequence[Finding], transcript: Transcript, lines: Sequence[int]
) -> list[Finding]:
    """After a hint an idea is worth a step less; after it was told, nothing."""
    helped = {
        e.target: (e.line, e.move)
        for e in transcript.events
        if e.who == "interviewer" and e.target and e.move in ("hint", "reveal")
    }

    def after(finding: Finding) -> Finding:
        line, move = helped.get(finding.expectation, (None, None))
        if line is None or lines[finding.sentence.turn] < line or not finding.level:
            return finding
        lower = Level.ABSENT if move == "reveal" else Level(max(1, finding.level - 1))
        return replace(finding, level=lower, loss=Loss.ASSISTED)

    return [after(finding) for finding in found]


def _unknown_cards(transcript: Transcript, case: CaseFile) -> list[str]:
    unknown = [card for card in transcript.opened if card not in case.card_numbers]
    return [
        f"Scenario {case.scenario_id} has no card {card}: that line was left out."
        for card in unknown
    ]


def _notices(passages: Sequence[Passage], language: str | None) -> list[str]:
    left_out = sum(passage.words_left_out for passage in passages)
    notices = []
    if not any(passage.sentences for passage in passages):
        notices.append("There is nothing to score: the answer has no words.")
    if left_out:
        notices.append(
            f"Only the first {MAX_WORDS:,} words of a turn are read; {left_out:,} words were left out."
        )
    if language:
        notices.append(
            f"This reads like {language}, and only English can be scored: there is no score."
        )
    return notices


def scorer() -> Scorer:
    """The scorer of this installation: the shipped rubric, MiniLM. Raises StoreError without the model."""
    from harness.interview.scoring.classifier import minilm
    from harness.interview.scoring.rubric import rubric
    from harness.models.catalog import MINILM

    return Scorer(rubric(), minilm(rubric()), MINILM.sha256)
