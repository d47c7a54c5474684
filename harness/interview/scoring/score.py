"""The scorer: from an answer or an interview to a scorecard, in five steps.

read (`heard`), find (`shown`), settle the levels (`settled`), score the dimensions (`dimensions`), and say
why (`reasons`). Each is a pure function of frozen values: equal input gives equal bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.interview.reading import Reading
from harness.interview.scenario.casefile import CaseFile
from harness.interview.scenario.transcript import Transcript
from harness.interview.scoring.copying import main_question
from harness.interview.scoring.dimensions import Judged, Marks, marks
from harness.interview.scoring.english import other_language
from harness.interview.scoring.follow_up import targets
from harness.interview.scoring.follow_up_marks import follow_up_marks
from harness.interview.scoring.heard import Heard, heard_answer, heard_interview
from harness.interview.scoring.reasons import reasons
from harness.interview.scoring.rubric import DIMENSIONS
from harness.interview.scoring.scorecard import Scorecard
from harness.interview.scoring.sentences import MAX_WORDS
from harness.interview.scoring.settled import settled
from harness.interview.scoring.shown import Evidence, Judges, evidence


@dataclass(frozen=True, eq=False)
class Scorer(Judges):
    """The judges of an installation, and the checksum of their model."""

    model_sha256: str | None = None

    def answer(
        self,
        text: str,
        prompt: str | None = None,
        case: CaseFile | None = None,
        readings: Sequence[Reading] = (),
    ) -> Scorecard:
        """Return the scorecard of one free text.

        prompt: the follow-up that it answers; None for the main question. case, readings: the facts of the
        scenario that it is about, and how the listener heard it; none for the free question.
        """
        heard = heard_answer(text, prompt, case, readings)
        if prompt is None or not prompt.strip() or main_question().copied(prompt):
            return self._card(heard)
        return self._card(heard, targets(self.rubric, prompt, self.classifier))

    def transcript(
        self, transcript: Transcript, case: CaseFile | None, readings: Sequence[Reading] = ()
    ) -> Scorecard:
        """Return the scorecard of an interview.

        readings: what the interviewer heard in each of the candidate's turns, so that both judge the same.
        case: the facts of its scenario; None if the scenario is not installed. Without them, behaviour is not
        scored, Systematic is at most 2, and a notice says so.
        """
        return self._card(heard_interview(transcript, case, readings))

    def _card(self, heard: Heard, asked: frozenset[str] = frozenset()) -> Scorecard:
        """Return the scorecard. asked: the expectations that a follow-up asks about."""
        language = other_language(
            "\n".join(passage.clean for passage in heard.passages),
            self.rubric.guards.function_words,
        )
        if language:
            shown, scored, why = Evidence((), ()), Marks(dict.fromkeys(DIMENSIONS)), ()
        else:
            shown = settled(heard, evidence(self, heard))
            judged = Judged(self.rubric, heard, shown)
            scored = follow_up_marks(self.rubric, asked, shown) if asked else marks(judged)
            why = reasons(judged, scored, asked)
        second = self.second.report() if self.second else None
        return Scorecard(
            self.rubric,
            heard,
            shown,
            scored,
            why,
            self.model_sha256,
            notices(heard, language),
            second,
        )


def scorer() -> Scorer:
    """Return the scorer of this installation: the shipped rubric with MiniLM.

    Raises StoreError if MiniLM is not built.
    """
    from harness.interview.scoring.classifier import load_classifier
    from harness.interview.scoring.rubric import rubric
    from harness.models.catalog import MINILM

    return Scorer(rubric(), load_classifier(rubric()), model_sha256=MINILM.sha256)


def notices(heard: Heard, language: str | None) -> tuple[str, ...]:
    """Return what the reader of a scorecard has to know first, one sentence each.

    language: the answer's language if it is not English, and there is no score.
    """
    found = list(heard.transcript.notices) if heard.transcript else []
    if heard.transcript and heard.case:
        unknown = [c for c in heard.transcript.opened if c not in heard.case.card_numbers]
        scenario = heard.case.scenario_id
        found += [f"Scenario {scenario} has no card {c}: that line was left out." for c in unknown]
    elif heard.transcript:
        found.append(
            f"There is no scenario {heard.transcript.header.scenario} here: the opened cards could not be "
            "checked, and Systematic is at most 2."
        )
    if not heard.sentences:
        found.append("There is nothing to score: the answer has no words.")
    if left_out := sum(passage.words_left_out for passage in heard.passages):
        found.append(
            f"Only the first {MAX_WORDS:,} words of a turn are read; {left_out:,} words were left out."
        )
    if language:
        found.append(
            f"This reads like {language}, and only English can be scored: there is no score."
        )
    return tuple(found)
