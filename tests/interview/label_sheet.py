"""A sheet on which a person scores answers blind: an HTML form that works offline and saves a CSV file.

python -m tests.interview.label_sheet FOLDER SHEET.html [--ideas] [--seed N]

FOLDER holds answers as `under500 interview score --answers` reads them: *.jsonl with an id, a text and, if
any, a prompt and a scenario. The sheet shows neither scores nor ids nor voices, and has the answers in random
order; its seed is on the sheet and in the file that it saves. With --ideas, a rater also says which ideas an
answer shows.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from harness.cli.interview.json_lines import json_lines, text_of
from harness.errors import WrongUseError
from harness.interview.report.scorecard_text import NAMES
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.scenario import scenarios
from harness.interview.scoring.copying import MAIN_QUESTION
from harness.interview.scoring.rubric import DIMENSIONS, Rubric, rubric

TEMPLATE = "label_sheet.html.j2"
SEEDS = 1_000_000
# What each level means to a rater; the same words for people and for models.
LEVELS = {
    1: "little or nothing of it",
    2: "in part: one of its core ideas is missing or wrong, or ideas are named without a reason",
    3: "enough to advance: its core ideas in own words, with a reason or a number, and one idea more",
    4: "outstanding: as 3, and an outstanding idea with its mechanism, condition or price",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to be labelled. id: as in its file; prompt: the question; scenario: its id, or None."""

    id: str
    text: str
    prompt: str
    scenario: str | None

    @property
    def key(self) -> str:
        """Return the answer's name on the sheet, which tells nothing about it."""
        return key(self.id)


def key(name: str | int) -> str:
    """Return the name on the sheet of the answer with this id."""
    return hashlib.sha256(str(name).encode()).hexdigest()[:10]


def answers(folder: Path) -> list[Answer]:
    """Return the answers of a folder. Raises WrongUseError for a line that is none, or an id given twice."""
    found = [
        _answer(entry, path)
        for path in sorted(folder.glob("*.jsonl"))
        for _, entry in json_lines(text_of(path), path.name)
    ]
    if not found:
        raise WrongUseError(f"{folder} has no answers: put *.jsonl files there, one answer a line.")
    if len({answer.id for answer in found}) < len(found):
        raise WrongUseError(f"{folder} has two answers with the same id: rename one.")
    return found


def _answer(entry: object, path: Path) -> Answer:
    given = entry if isinstance(entry, dict) else {}
    text, scenario = given.get("text"), given.get("scenario")
    if "id" not in given or not isinstance(text, str) or scenario not in (None, *scenarios()):
        raise WrongUseError(
            f'{path.name} has a line that is no answer: it needs "id", "text" and a known "scenario" or none.'
        )
    return Answer(str(given["id"]), text, str(given.get("prompt") or MAIN_QUESTION), scenario)


def sheet(found: Sequence[Answer], seed: int, ideas: bool = False) -> str:
    """Return the HTML of a sheet, with the answers in the order of the seed."""
    ordered = sorted(found, key=lambda answer: answer.id)
    random.Random(seed).shuffle(ordered)
    page = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    ).get_template(TEMPLATE)
    cases = sorted({answer.scenario for answer in found if answer.scenario})
    return page.render(
        answers=ordered,
        seed=seed,
        ideas=ideas,
        cases={name: _case(Session(scenarios()[name])) for name in cases},
        levels=LEVELS,
        dimensions=_dimensions(rubric()),
    )


def _case(session: Session) -> dict[str, object]:
    """Return what a rater has to know about a service: story, cards, cause, fix, and how each remedy fits."""
    told, case = session.scenario, session.case
    fits = {
        fit: ", ".join(sorted(case.names.get(name, name) for name in case.fitting(fit)))
        for fit in ("fixes", "helps", "neutral", "harmful")
    }
    return {
        "name": told.name,
        "setting": session.filled(told.setting),
        "cause": f"{session.filled(told.cause.equation)}. {session.filled(told.cause.explanation)}",
        "fix": f"{session.filled(told.fix.text)} {session.filled(told.fix.leaves)}",
        "fits": {fit: names for fit, names in fits.items() if names},
        "cards": session.cards.values(),
    }


def _dimensions(given: Rubric) -> list[dict[str, object]]:
    """Return id, name and ideas of each dimension, the ideas as the rubric says them."""
    return [
        {"id": name, "name": NAMES[name], "ideas": given.in_dimension(name)} for name in DIMENSIONS
    ]


def main() -> None:
    """Write the sheet, and say with which seed."""
    parser = argparse.ArgumentParser(description="Write a sheet for labelling answers blind.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--ideas", action="store_true")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(SEEDS))
    given = parser.parse_args()
    try:
        found = answers(given.folder)
    except WrongUseError as error:
        raise SystemExit(str(error)) from error
    given.sheet.write_text(sheet(found, given.seed, given.ideas), encoding="utf-8")
    print(f"{given.sheet}: {len(found)} answers, seed {given.seed}")


if __name__ == "__main__":
    main()
