"""Rewording of a follow-up by a chat model: the same question, closer to what was just said.

The interviewer has chosen the question before, without the model. A rewording is discarded, and the authored
question asked, if it names another move, reveals the answer or the cause, adds numbers, or is not a question.
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

MOVE = "probe"  # the only move that is reworded: it responds to what the candidate said
MAX_ADDED_WORDS = 20  # beyond the authored question, for a reference to the answer
PLAIN = re.compile(r"[^<>\[\]{}\n`|]+\?")  # a question in one line, no markup
NUMBER = re.compile(r"\d+(?:\.\d+)?")
ADDRESS = re.compile(r"https?:|www\.", re.IGNORECASE)
TASK = (
    'You are the interviewer. Ask this in your own words, as an answer to the text: "{asks}" Keep its '
    "meaning, give no hint, no praise and no new fact, one or two sentences. Reply "
    '{{"move": "probe", "target": "{target}", "text": "your question"}}.'
)


class Reworded(BaseModel):
    """A reply; it repeats move and target."""

    model_config = ConfigDict(extra="ignore", strict=True)

    move: str
    target: str
    text: str


@dataclass
class Rewording:
    """A chat model that rewords the follow-ups of one session.

    reworded, discarded: numbers of replies. trouble: the error after which it is not asked any more.
    """

    chat: Chat
    session: Session
    rubric: Rubric
    reworded: int = 0
    discarded: int = 0
    trouble: str | None = None

    def __call__(self, target: str, asks: str, said: str) -> str:
        """Return the question to ask in place of `asks`; `asks` itself if the reply or the model fails.

        target: the expectation that it is about. said: the candidate's last words.
        """
        if self.trouble:
            return asks
        try:
            reply = self.chat.ask(messages(TASK.format(target=target, asks=asks), said))
        except ChatError as error:
            self.trouble = str(error)
            return asks
        reworded = parsed(reply, Reworded)
        text = " ".join(reworded.text.split()) if reworded else ""
        same_move = reworded and (reworded.move, reworded.target) == (MOVE, target)
        if not same_move or not self._fits(text, asks, said):
            self.discarded += 1
            return asks
        self.reworded += 1
        return text

    @property
    def banner(self) -> str:
        """Return a sentence that says who worded the follow-ups."""
        if self.trouble:
            return f"{self.trouble} The follow-ups after that were the authored ones."
        return (
            f"{self.reworded} follow-ups were reworded by {self.chat.name}; "
            f"{self.discarded} of its rewordings did not fit and were not used."
        )

    def _fits(self, text: str, asks: str, said: str) -> bool:
        context = f"{asks} {said}"
        longest = len(WORD.findall(asks)) + MAX_ADDED_WORDS
        return bool(
            PLAIN.fullmatch(text)
            and len(WORD.findall(text)) <= longest
            and set(NUMBER.findall(text)) <= set(NUMBER.findall(context))
            and not ADDRESS.search(text)
            and not self._reveals(text, context)
        )

    def _reveals(self, text: str, context: str) -> bool:
        """Return True if a text names a cause or an idea that neither question nor candidate has named."""
        causes = [re.compile(term, re.IGNORECASE) for term in self.session.scenario.cause.named]
        if any(cause.search(text) and not cause.search(context) for cause in causes):
            return True
        return any(
            any_span(e.accept, text) and not any_span(e.accept, context)
            for e in self.rubric.expectations
        )
