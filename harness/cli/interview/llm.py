"""A chat model beside the offline scorer: which one, tried out before it is believed, and said."""

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
        help='A second opinion on near misses: an OpenAI-compatible address, or "local". Off by default.',
    ),
]
LlmModel = Annotated[str | None, typer.Option("--llm-model", help="The model's name there.")]


def chat(llm: str | None, model: str | None) -> Chat | None:
    """The model of the options, or None; says where an answer would leave this machine."""
    if llm is None:
        return None
    from harness.interview.llm.connect import chat_model, where

    chosen = chat_model(llm, model)
    if warning := where(chosen):
        problems.print(f"[yellow]{escape(warning)}[/]", highlight=False, soft_wrap=True)
    return chosen


def judge(chosen: Chat | None, rubric: Rubric) -> SecondOpinion | None:
    """The model after its trial; None without one. Progress and verdict go to stderr."""
    if chosen is None:
        return None
    from harness.interview.llm.connect import second_opinion

    with problems.status(
        f"Trying {escape(chosen.name)} on sentences with known verdicts …"
    ) as status:
        second = second_opinion(
            chosen, rubric, lambda done, of: status.update(f"{chosen.name}: {done} of {of} tried")
        )
    if second.trouble:
        problems.print(f"[yellow]{escape(second.trouble)}[/]", highlight=False, soft_wrap=True)
    return second
