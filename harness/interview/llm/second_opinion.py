"""A chat model's second opinion on near misses: it may raise one idea per turn to a mention, with a quote.

The model only sees sentences that the classifier scored close and no guard rejected. It cannot take credit
away, change a misconception, or raise a second idea in the same turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from pydantic import BaseModel, ConfigDict

from harness.interview.llm.endpoint import Chat, ChatError
from harness.interview.llm.replies import messages, parsed
from harness.interview.scoring.findings import Finding, Level, Loss
from harness.interview.scoring.rubric import Rubric
from harness.interview.scoring.sentences import WORD

MAX_REQUESTS = 4  # per turn; each near miss is a request
QUOTE_WORDS = 3  # a shorter quote occurs in any sentence
TASK = (
    'Does the text say the following, in whatever words? "{says}" A topic that is only named, asked about '
    "or rejected does not count. Reply "
    '{{"id": "{id}", "shown": true or false, "quote": "the words of the text that say it"}}.'
)


class Opinion(BaseModel):
    """A reply. id: repeated by the model, so that a reply to something else is noticed."""

    model_config = ConfigDict(extra="ignore", strict=True)

    id: str
    shown: bool
    quote: str = ""


@dataclass
class SecondOpinion:
    """A chat model as a second judge, with counts of its replies.

    asked: replies received. unusable: replies that were no opinion, or whose quote is not in the sentence.
    trouble: the error after which it is not asked any more.
    """

    chat: Chat
    asked: int = 0
    unusable: int = 0
    trouble: str | None = None
    _opinions: dict[tuple[str, str], bool] = field(default_factory=dict)

    def raised(self, rubric: Rubric, findings: Sequence[Finding]) -> list[Finding]:
        """Return the findings with at most one near miss per turn made a mention; unchanged after trouble."""
        chosen = list(self._chosen(rubric, findings))
        if self.trouble:  # a partial opinion would give a score that cannot be reproduced
            return list(findings)
        return [
            replace(f, level=Level.MENTION, loss=Loss.SECOND_OPINION) if f in chosen else f
            for f in findings
        ]

    def report(self) -> dict[str, object]:
        """Return the entry for the scorecard."""
        return {
            "model": self.chat.name,
            "asked": self.asked,
            "unusable": self.unusable,
            "trouble": self.trouble,
        }

    def says(self, name: str, idea: str, sentence: str) -> bool:
        """Return True if the model finds the idea in a sentence and quotes it; each pair is asked once."""
        if (name, sentence) not in self._opinions and self.trouble is None:
            try:
                reply = self.chat.ask(messages(TASK.format(id=name, says=idea), sentence))
            except ChatError as error:
                self.trouble = str(error)
                return False
            self.asked += 1
            self._opinions[name, sentence] = self._confirmed(reply, name, sentence)
        return self._opinions.get((name, sentence), False)

    def _chosen(self, rubric: Rubric, findings: Sequence[Finding]) -> Iterator[Finding]:
        shown = {finding.expectation for finding in findings if finding.level}
        near = [f for f in findings if f.loss == Loss.CLOSE]
        for turn in sorted({finding.sentence.turn for finding in near}):
            missing = [f for f in near if f.sentence.turn == turn and f.expectation not in shown]
            for finding in missing[:MAX_REQUESTS]:
                name = finding.expectation
                if self.says(name, rubric.by_id[name].says, finding.sentence.text):
                    yield finding
                    shown.add(name)
                    break

    def _confirmed(self, reply: str, name: str, sentence: str) -> bool:
        opinion = parsed(reply, Opinion)
        quoted = opinion is not None and (
            not opinion.shown
            or (len(WORD.findall(opinion.quote)) >= QUOTE_WORDS and opinion.quote in sentence)
        )
        if opinion is None or opinion.id != name or not quoted:
            self.unusable += 1
            return False
        return opinion.shown
