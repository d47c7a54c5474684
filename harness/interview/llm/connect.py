"""From an option to a chat model that may give a second opinion; off unless somebody names one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from harness.errors import WrongUseError
from harness.interview.llm.canaries import trial
from harness.interview.llm.endpoint import Chat, Endpoint
from harness.interview.llm.local import LocalChat
from harness.interview.llm.rewording import Rewording
from harness.interview.llm.second_opinion import SecondOpinion
from harness.interview.scenario.interview_session import Session
from harness.interview.scoring.rubric import Rubric

LOCAL = "local"
HERE = ("localhost", "127.0.0.1", "::1")
A_TURN_S = (
    8.0  # a candidate waits for a follow-up; longer, and the authored words are the better ones
)

Progress = Callable[[int, int], None]


def chat_model(llm: str, model: str | None = None) -> Chat:
    """The model of `--llm`: "local", or the address of an endpoint and the name of its model.

    Raises WrongUseError for what is no address, or an address without a model.
    """
    if llm == LOCAL:
        return LocalChat()
    if not model:
        raise WrongUseError("Which model is it there? Name it with --llm-model.")
    return Endpoint(llm, model)


def second_opinion(chat: Chat, rubric: Rubric, progress: Progress | None = None) -> SecondOpinion:
    """The model as a second judge; one that fails the canaries is never asked, and says so."""
    found = trial(chat, rubric, progress)
    if found.passed:
        return SecondOpinion(chat)
    failed = f"{chat.name} judged {found.right} of {found.of} known sentences rightly, and all are needed"
    return SecondOpinion(chat, trouble=found.trouble or f"{failed}: it was not asked.")


def rewording(chat: Chat, session: Session, rubric: Rubric) -> Rewording:
    """The model as a voice of the interviewer, with less patience than a judge gets."""
    return Rewording(replace(chat, patience_s=A_TURN_S), session, rubric)


def where(chat: Chat) -> str | None:
    """A warning where an answer leaves this machine; None where it stays."""
    host = urlsplit(chat.url).hostname if isinstance(chat, Endpoint) else HERE[0]
    return None if host in HERE else f"What you write is sent to {host}."
