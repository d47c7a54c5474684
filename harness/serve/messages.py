"""Messages between client and server, validated at both ends: JSON in, server-sent events out."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from harness.assistant import Answer, Question

MAX_HISTORY_TURNS = 200
MAX_TURN_CHARS = 20_000  # far above a real turn; the assistant has its own limit for a question

TOKEN, DONE, ERROR = "token", "done", "error"  # event names


class AskBody(BaseModel):
    """A question as JSON."""

    text: str = Field(max_length=MAX_TURN_CHARS)
    id: str = Field(default="", max_length=200)
    history: list[str] = Field(default=[], max_length=MAX_HISTORY_TURNS)

    @classmethod
    def of(cls, question: Question) -> AskBody:
        return cls(text=question.text, id=question.id, history=list(question.history))

    def question(self) -> Question:
        return Question(self.text, self.id, tuple(self.history))


class TokenBody(BaseModel):
    """The data of a `token` event."""

    text: str


class DoneBody(BaseModel):
    """The data of the `done` event; the times are from the server's clock, ns since the epoch."""

    text: str
    citations: list[str]
    flags: list[str]
    started_ns: int
    ended_ns: int

    @classmethod
    def of(cls, answer: Answer, started_ns: int, ended_ns: int) -> DoneBody:
        return cls(
            text=answer.text,
            citations=list(answer.citations),
            flags=list(answer.flags),
            started_ns=started_ns,
            ended_ns=ended_ns,
        )

    def answer(self) -> Answer:
        return Answer(self.text, tuple(self.citations), tuple(self.flags))


class ErrorBody(BaseModel):
    """The data of an `error` event: one sentence, and whether the question or the server caused it."""

    message: str
    kind: Literal["question", "server"] = "server"
