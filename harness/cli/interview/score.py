"""under500 interview score: the scores of a transcript, one answer or many, with quotes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.interview.json_lines import STDIN, bytes_of, json_lines, text_of
from harness.cli.interview.llm import Llm, LlmModel, chat, judge
from harness.cli.output import Json, console, print_json
from harness.errors import WrongUseError

if TYPE_CHECKING:
    from harness.interview.llm.endpoint import Chat
    from harness.interview.scenario.transcript import Transcript
    from harness.interview.scoring.score import Scorer
    from harness.interview.scoring.scorecard import Scorecard


def score(
    file: Annotated[Path | None, typer.Argument(help="File of a transcript.")] = None,
    answer: Annotated[
        Path | None, typer.Option(help="A file with one free-text answer, or - for standard input.")
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(
            help="File with one JSON object a line: id, text and, if any, prompt and scenario."
        ),
    ] = None,
    prompt: Annotated[
        str | None, typer.Option(help="The follow-up question that --answer replies to.")
    ] = None,
    scenario: Annotated[
        str | None, typer.Option(help="The scenario that --answer is about, such as S07.")
    ] = None,
    llm: Llm = None,
    llm_model: LlmModel = None,
    as_json: Json = False,
) -> None:
    """Score a transcript, one answer or many: four scores, what was shown with quotes, and mistakes."""
    chosen = [given for given in (file, answer, answers) if given is not None]
    if len(chosen) != 1:
        raise WrongUseError("Give exactly one input: FILE, --answer FILE or --answers FILE.jsonl.")
    for option, given in (("--prompt", prompt), ("--scenario", scenario)):
        if given is not None and answer is None:
            raise WrongUseError(
                f"{option} needs --answer; in a file for --answers, each line has its own."
            )
    model = chat(llm, llm_model)
    if answers is not None:
        _many(answers, model)
        return
    if file is None:
        card = _answer(_scorer(model), Item(None, text_of(answer), prompt, scenario))
    else:
        card = _interview(_scorer(model), _transcript(file))
    if as_json:
        print_json(card.to_json())
    else:
        _show(card)


@dataclass(frozen=True, slots=True)
class Item:
    """One answer. prompt: the follow-up that it answers; scenario: what it is about; None if none."""

    id: str | int | None
    text: str
    prompt: str | None = None
    scenario: str | None = None


def _interview(scorer: Scorer, read: Transcript) -> Scorecard:
    from harness.interview.listening.listener import readings
    from harness.interview.scenario.interview_session import find_case

    return scorer.transcript(read, find_case(read.header), readings(read))


def _answer(scorer: Scorer, item: Item) -> Scorecard:
    if item.scenario is None:
        return scorer.answer(item.text, item.prompt)
    from harness.interview.listening.listener import heard
    from harness.interview.scenario.interview_session import Session
    from harness.interview.scenario.scenario import scenario

    case = Session(scenario(item.scenario)).case
    reading = heard(item.text, item.prompt or "", case.scenario_id)
    return scorer.answer(item.text, item.prompt, case, (reading,))


def _many(path: Path, model: Chat | None) -> None:
    """Print one JSON object per answer, in the order of the file; nothing if any line is invalid."""
    items = list(_items(text_of(path)))
    scorer = _scorer(model)
    if not items:
        raise WrongUseError(f"{path} has no answers: write one per line, with an id and a text.")
    for item in items:
        print_json({"id": item.id} | _answer(scorer, item).to_json())


def _items(text: str) -> Iterator[Item]:
    from harness.interview.scenario.transcript import whole_characters

    for number, item in json_lines(text, "answers"):
        if not (isinstance(item, dict) and "id" in item and isinstance(item.get("text"), str)):
            raise WrongUseError(
                f'Line {number} of the answers needs "id" and "text": {{"id": 1, "text": "…"}}.'
            )
        prompt, scenario = (_optional(number, item, field) for field in ("prompt", "scenario"))
        name = item["id"]
        if not isinstance(name, str | int):
            raise WrongUseError(
                f'Line {number} of the answers has an "id" that is neither a text nor an integer.'
            )
        name = whole_characters(name) if isinstance(name, str) else name
        yield Item(name, whole_characters(item["text"]), prompt, scenario)


def _optional(number: int, item: dict[str, object], field: str) -> str | None:
    from harness.interview.scenario.transcript import whole_characters

    value = item.get(field)
    if not isinstance(value, str | None):
        raise WrongUseError(
            f'Line {number} of the answers has a "{field}" that is not a text: put it in quotes.'
        )
    return value and whole_characters(value)


def _transcript(path: Path) -> Transcript:
    from harness.interview.scenario import transcript

    return transcript.parse(bytes_of(path)) if path == STDIN else transcript.load(path)


def _scorer(model: Chat | None = None) -> Scorer:
    from harness.interview.scoring.score import scorer

    with console.status("Loading MiniLM …"):
        offline = scorer()
    return replace(offline, second=judge(model, offline.rubric))


def _show(card: Scorecard) -> None:
    from harness.interview.report.scorecard_text import scorecard

    console.print(scorecard(card))
