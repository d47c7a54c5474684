"""A chat model's second opinion on near misses: one idea a turn, up by one level, with a quote, or nothing.

Only sentences that the hearing found close, and against which no guard spoke, are ever shown to the model.
It cannot take credit away, touch a misconception, or raise a second idea in the same turn.
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

ASKED = 4  # near misses of a turn, at most: each is a request
QUOTE_WORDS = 3  # fewer are in any sentence
TASK = (
    'Does the text say the following, in whatever words? "{says}" A topic that is only named, asked about '
    "or rejected does not count. Reply "
    '{{"id": "{id}", "shown": true or false, "quote": "the words of the text that say it"}}.'
)


class Opinion(BaseModel):
    """A reply. id: echoed, so that a reply to something else is noticed."""

    model_config = ConfigDict(extra="ignore", strict=True)

    id: str
    shown: bool
    quote: str = ""


@dataclass
class SecondOpinion:
    """A chat model and what became of asking it. trouble: why it is not asked any more."""

    chat: Chat
    asked: int = 0
    unusable: int = 0  # replies that were no opinion, or quoted what nobody said
    trouble: str | None = None
    _known: dict[tuple[str, str], bool] = field(default_factory=dict)

    def raised(self, rubric: Rubric, found: Sequence[Finding]) -> list[Finding]:
        """The findings, with at most one near miss of each turn a mention; as they were after trouble."""
        chosen = list(self._chosen(rubric, found))
        if self.trouble:  # half of an opinion would be a score that nobody can repeat
            return list(found)
        return [
            replace(f, level=Level.MENTION, loss=Loss.SECOND_OPINION) if f in chosen else f
            for f in found
        ]

    def report(self) -> dict[str, object]:
        """What is stamped on a scorecard."""
        return {
            "model": self.chat.name,
            "asked": self.asked,
            "unusable": self.unusable,
            "trouble": self.trouble,
        }

    def says(self, name: str, idea: str, sentence: str) -> bool:
        """True when the model finds the idea in a sentence and quotes it; asked once."""
        if (name, sentence) not in self._known and self.trouble is None:
            try:
                reply = self.chat.ask(messages(TASK.format(id=name, says=idea), sentence))
            except ChatError as error:
                self.trouble = str(error)
                return False
            self.asked += 1
            self._known[name, sentence] = self._confirmed(reply, name, sentence)
        return self._known.get((name, sentence), False)

    def _chosen(self, rubric: Rubric, found: Sequence[Finding]) -> Iterator[Finding]:
        shown = {finding.expectation for finding in found if finding.level}
        near = [f for f in found if f.loss == Loss.CLOSE]
        for turn in sorted({finding.sentence.turn for finding in near}):
            open_ones = [f for f in near if f.sentence.turn == turn and f.expectation not in shown]
            for finding in open_ones[:ASKED]:
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
