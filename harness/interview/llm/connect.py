"""Construction of chat models from options. No model is used unless the user names one."""

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
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
REWORDING_TIMEOUT_S = 8.0  # the candidate is waiting; later, the authored wording is better

Progress = Callable[[int, int], None]


def chat_model(llm: str, model: str | None = None) -> Chat:
    """Return the model of `--llm`: "local", or an endpoint's address with the name of its model.

    The local model is loaded now, so that nobody learns in the middle of an interview that it is missing.
    Raises StoreError if it is, and WrongUseError for an invalid address, or an address without a model.
    """
    if llm == LOCAL:
        return LocalChat().loaded()
    if not model:
        raise WrongUseError("An address needs the name of a model: add --llm-model.")
    return Endpoint(llm, model)


def second_opinion(chat: Chat, rubric: Rubric, progress: Progress | None = None) -> SecondOpinion:
    """Return the model as a second judge.

    A model that fails the canaries is never asked, and its report says so.
    """
    result = trial(chat, rubric, progress)
    if result.passed:
        return SecondOpinion(chat)
    failure = (
        f"{chat.name} judged {result.right} of {result.total} known sentences correctly, and all are "
        "required: it was not asked."
    )
    return SecondOpinion(chat, trouble=result.trouble or failure)


def rewording(chat: Chat, session: Session, rubric: Rubric) -> Rewording:
    """Return the model as the interviewer's voice, with a shorter timeout than a judge has."""
    return Rewording(replace(chat, timeout_s=REWORDING_TIMEOUT_S), session, rubric)


def privacy_warning(chat: Chat) -> str | None:
    """Return a warning if answers leave this machine; None if they stay."""
    host = urlsplit(chat.url).hostname if isinstance(chat, Endpoint) else LOCAL_HOSTS[0]
    return None if host in LOCAL_HOSTS else f"What you write is sent to {host}."
