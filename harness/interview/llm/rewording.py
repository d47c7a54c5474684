"""A follow-up in a chat model's words: the same question, closer to what was just said, or the authored one.

The move is chosen before, by rules. A rewording that names another move, tells the answer or the cause,
brings numbers of its own, or is no question any more, is thrown away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from harness.interview.llm.endpoint import Chat, ChatError
from harness.interview.llm.replies import messages, parsed
from harness.interview.scenario.interview_session import Session
from harness.interview.scoring.patterns import any_span
from harness.interview.scoring.rubric import Rubric
from harness.interview.scoring.sentences import WORD

MOVE = "probe"  # the only one that is reworded: it answers to what the candidate said
MORE_WORDS = 20  # beyond those of the authored question: room for a word about the answer
PLAIN = re.compile(r"[^<>\[\]{}\n`|]+\?")  # a question in one line, no markup
NUMBER = re.compile(r"\d+(?:\.\d+)?")
ADDRESS = re.compile(r"https?:|www\.", re.IGNORECASE)
TASK = (
    'You are the interviewer. Ask this in your own words, as an answer to the text: "{asks}" Keep its '
    "meaning, give no hint, no praise and no new fact, one or two sentences. Reply "
    '{{"move": "probe", "target": "{target}", "text": "your question"}}.'
)


class Reworded(BaseModel):
    """A reply; move and target are echoed."""

    model_config = ConfigDict(extra="ignore", strict=True)

    move: str
    target: str
    text: str


@dataclass
class Rewording:
    """A chat model for one session. reworded, discarded: how often; trouble: why it is not asked any more."""

    chat: Chat
    session: Session
    rubric: Rubric
    reworded: int = 0
    discarded: int = 0
    trouble: str | None = None

    def __call__(self, target: str, asks: str, said: str) -> str:
        """The question to ask in place of `asks`, after the candidate said `said`. Never raises."""
        if self.trouble:
            return asks
        try:
            reply = self.chat.ask(messages(TASK.format(target=target, asks=asks), said))
        except ChatError as error:
            self.trouble = str(error)
            return asks
        found = parsed(reply, Reworded)
        if found is None or (found.move, found.target) != (MOVE, target):
            self.discarded += 1
            return asks
        text = " ".join(found.text.split())
        if not self._fits(text, asks, said):
            self.discarded += 1
            return asks
        self.reworded += 1
        return text

    @property
    def banner(self) -> str:
        """Whose words they were, in a sentence."""
        if self.trouble:
            return f"{self.trouble} The follow-ups after that were the authored ones."
        return (
            f"{self.reworded} follow-ups were in the words of {self.chat.name}; "
            f"{self.discarded} of its wordings did not fit and were not used."
        )

    def _fits(self, text: str, asks: str, said: str) -> bool:
        known = f"{asks} {said}"
        longest = len(WORD.findall(asks)) + MORE_WORDS
        return bool(
            PLAIN.fullmatch(text)
            and len(WORD.findall(text)) <= longest
            and set(NUMBER.findall(text)) <= set(NUMBER.findall(known))
            and not ADDRESS.search(text)
            and not self._tells(text, known)
        )

    def _tells(self, text: str, known: str) -> bool:
        """True when a cause or an idea is in it that neither the question nor the candidate has named."""
        causes = [re.compile(term, re.IGNORECASE) for term in self.session.scenario.cause.named]
        if any(cause.search(text) and not cause.search(known) for cause in causes):
            return True
        return any(
            any_span(e.accept, text) and not any_span(e.accept, known)
            for e in self.rubric.expectations
        )
