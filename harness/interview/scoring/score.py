"""The scorer: from an answer or a transcript to a scorecard. Deterministic: equal input gives equal bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from harness.interview.reading import Reading
from harness.interview.scenario.casefile import CaseFile
from harness.interview.scenario.transcript import Transcript
from harness.interview.scoring.behaviour import Conduct
from harness.interview.scoring.classifier import SentenceClassifier
from harness.interview.scoring.classifier_findings import apply_classifier
from harness.interview.scoring.copying import MAIN_QUESTION, main_question, sources
from harness.interview.scoring.dimensions import best, follow_up_scores, scores
from harness.interview.scoring.english import other_language
from harness.interview.scoring.findings import Finding, Level, Loss, Mistake
from harness.interview.scoring.follow_up import subjects, targets
from harness.interview.scoring.grounding import grounded
from harness.interview.scoring.matching import Matcher
from harness.interview.scoring.misconceptions import find_mistakes, repairs
from harness.interview.scoring.rubric import DIMENSIONS, Rubric
from harness.interview.scoring.scorecard import Scorecard
from harness.interview.scoring.sentences import MAX_WORDS, Passage, Sentence, read


class SecondJudge(Protocol):
    """A judge that may raise a near miss to a mention, and reports what it did."""

    def raised(self, rubric: Rubric, findings: Sequence[Finding]) -> list[Finding]: ...

    def report(self) -> dict[str, object]: ...


@dataclass(frozen=True, eq=False)
class Scorer:
    """A rubric, and a classifier for sentences that no pattern matches (None: patterns alone).

    rubric_is_source: True if words copied from the rubric earn nothing; False to check the rubric's own
    examples. second: a chat model that is asked about near misses only; None unless the user chose one.
    """

    rubric: Rubric
    classifier: SentenceClassifier | None = None
    model_sha256: str | None = None
    rubric_is_source: bool = True
    second: SecondJudge | None = None

    def answer(self, text: str, prompt: str | None = None) -> Scorecard:
        """Return the scorecard of one free text.

        prompt: the follow-up that it answers; None for the main question.
        """
        passage = read(text)
        findings, mistakes = self._findings([passage], [prompt or MAIN_QUESTION], [prompt or ""])
        shown = best(findings)
        if prompt is None or _is_main(prompt):
            marks = scores(self.rubric, shown, mistakes)
        else:
            ids = targets(self.rubric, prompt, self.classifier)
            marks = follow_up_scores(self.rubric, ids, shown, mistakes)
        return self._card([passage], findings, mistakes, marks)

    def transcript(
        self, transcript: Transcript, case: CaseFile | None, readings: Sequence[Reading] = ()
    ) -> Scorecard:
        """Return the scorecard of an interview.

        readings: what the interviewer heard in each of the candidate's turns, so that both judge the same.
        case: the facts of its scenario; None if the scenario is not installed. Without them, behaviour is not
        scored, Systematic is at most 2, and a notice says so.
        """
        spoken = transcript.said_by("candidate")
        passages = [read(event.text or "", turn) for turn, event in enumerate(spoken)]
        interviewer = [event.text or "" for event in transcript.said_by("interviewer")]
        findings, mistakes = self._findings(passages, interviewer, _questions(transcript))
        findings = _assisted(findings, transcript, [event.line for event in spoken])
        notices = list(transcript.notices)
        if case:
            findings = [_grounded(f, case, transcript.opened) for f in findings]
            notices += _unknown_cards(transcript, case)
        else:
            notices.append(
                f"There is no scenario {transcript.header.scenario} here: the opened cards could not be "
                "checked, and Systematic is at most 2."
            )
        marks = scores(self.rubric, best(findings), mistakes)
        text_score, checks = marks["systematic"] or 1, ()
        if case:
            sentences, guards = _sentences(passages), self.rubric.guards
            conduct = Conduct(transcript, case, spoken, sentences, findings, guards, readings)
            marks["systematic"], checks = conduct.score(text_score), conduct.checks
        else:
            marks["systematic"] = min(text_score, 2)
        lines = [event.line for event in spoken]
        return replace(
            self._card(passages, findings, mistakes, marks, lines, notices), checks=checks
        )

    def _findings(
        self, passages: Sequence[Passage], interviewer: Iterable[str], prompts: Iterable[str]
    ) -> tuple[list[Finding], list[Mistake]]:
        """Return all findings and mistakes.

        interviewer: texts that earn nothing when repeated. prompts: for each passage, the question before it
        ("" if none).
        """
        sentences = _sentences(passages)
        matcher = Matcher(
            self.rubric,
            sources(self.rubric, interviewer, self.rubric_is_source),
            [subjects(self.rubric, prompt) for prompt in prompts],
        )
        findings = matcher.findings(sentences)
        mistakes = find_mistakes(matcher, self.classifier, sentences, findings)
        findings = [_denied(self.rubric, finding, mistakes) for finding in findings]
        findings += repairs(matcher, sentences, mistakes)
        own = [sentence for sentence in sentences if not matcher.discounted(sentence)]
        findings = apply_classifier(self.rubric, self.classifier, own, findings, mistakes)
        return (self.second.raised(self.rubric, findings) if self.second else findings), mistakes

    def _card(
        self,
        passages: Sequence[Passage],
        findings: Sequence[Finding],
        mistakes: Sequence[Mistake],
        marks: dict[str, int | None],
        lines: Sequence[int] = (),
        notices: Sequence[str] = (),
    ) -> Scorecard:
        language = other_language(
            "\n".join(passage.clean for passage in passages), self.rubric.guards.function_words
        )
        if language:
            findings, mistakes, marks = (), (), dict.fromkeys(DIMENSIONS)
        return Scorecard(
            self.rubric,
            tuple(passages),
            tuple(findings),
            tuple(mistakes),
            marks,
            self.model_sha256,
            tuple(lines),
            (*notices, *_notices(passages, language)),
            second=self.second.report() if self.second else None,
        )


def scorer() -> Scorer:
    """Return the scorer of this installation: the shipped rubric with MiniLM.

    Raises StoreError if MiniLM is not built.
    """
    from harness.interview.scoring.classifier import load_classifier
    from harness.interview.scoring.rubric import rubric
    from harness.models.catalog import MINILM

    return Scorer(rubric(), load_classifier(rubric()), MINILM.sha256)


def _questions(transcript: Transcript) -> list[str]:
    """Return the question before each of the candidate's turns; "" if there was none."""
    question, questions = "", []
    for event in transcript.events:
        if event.who == "interviewer" and event.text is not None:
            question = event.text if "?" in event.text else ""
        elif event.text is not None:
            questions.append(question)
    return questions


def _sentences(passages: Iterable[Passage]) -> list[Sentence]:
    return [sentence for passage in passages for sentence in passage.sentences]


def _is_main(prompt: str) -> bool:
    return not prompt.strip() or main_question().copied(prompt)


def _denied(rubric: Rubric, finding: Finding, mistakes: Sequence[Mistake]) -> Finding:
    """Return the finding without credit if its sentence states a misconception about it."""
    denies = {m.id: m.denies for m in rubric.misconceptions}
    where = finding.sentence
    for mistake in mistakes:
        same = any(
            turn == where.turn and where.start <= start < where.end
            for turn, start in mistake.places
        )
        if same and finding.expectation in denies[mistake.misconception]:
            return replace(finding, level=Level.ABSENT, loss=Loss.WRONG_WAY)
    return finding


def _grounded(finding: Finding, case: CaseFile, opened: Sequence[str]) -> Finding:
    """Return the finding, lowered to a mention if it is a breakdown whose times are on no opened card."""
    if finding.expectation != "SYS-BREAKDOWN" or finding.level <= Level.MENTION:
        return finding
    if grounded(finding.sentence.text, case, opened) is False:
        return replace(finding, level=Level.MENTION, loss=Loss.UNGROUNDED)
    return finding


def _assisted(
    findings: Sequence[Finding], transcript: Transcript, lines: Sequence[int]
) -> list[Finding]:
    """Return the findings, lowered where the interviewer helped before.

    An idea that follows a hint at it loses one level (a mention remains); one that was explained to the
    candidate earns nothing. lines: the transcript's line of each of the candidate's turns.
    """
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

    return [after(finding) for finding in findings]


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
