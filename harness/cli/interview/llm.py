"""The options for a chat model beside the offline scorer, and its trial on sentences with known labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from harness.cli.output import problems

if TYPE_CHECKING:
    from harness.interview.llm.endpoint import Chat
    from harness.interview.llm.second_opinion import SecondOpinion
    from harness.interview.scoring.rubric import Rubric

Llm = Annotated[
    str | None,
    typer.Option(
        "--llm",
        help='Second opinion on near misses by a chat model: an OpenAI-compatible address, or "local".',
    ),
]
LlmModel = Annotated[
    str | None, typer.Option("--llm-model", help="The model's name at the address of --llm.")
]


def chat(llm: str | None, model: str | None) -> Chat | None:
    """Return the model of the options, or None; print a warning if answers would leave this machine."""
    if llm is None:
        return None
    from harness.interview.llm.connect import chat_model, privacy_warning

    chosen = chat_model(llm, model)
    if warning := privacy_warning(chosen):
        problems.print(f"[yellow]{escape(warning)}[/]", highlight=False, soft_wrap=True)
    return chosen


def judge(chosen: Chat | None, rubric: Rubric) -> SecondOpinion | None:
    """Return the model after its trial, or None without one. Progress and outcome go to stderr."""
    if chosen is None:
        return None
    from harness.interview.llm.connect import second_opinion

    with problems.status(
        f"Trying {escape(chosen.name)} on sentences with known labels …"
    ) as status:
        second = second_opinion(
            chosen,
            rubric,
            lambda done, total: status.update(f"{escape(chosen.name)}: {done} of {total} tried"),
        )
    if second.trouble:
        problems.print(f"[yellow]{escape(second.trouble)}[/]", highlight=False, soft_wrap=True)
    return second
