"""Agreement of two people with each other and with the scorer, on answers that both have labelled blind.

under500 interview score --answers answers.jsonl > scores.jsonl
python -m tests.interview.label_compare FIRST.csv SECOND.csv scores.jsonl

FIRST and SECOND are what the sheets of `label_sheet` saved. Prints the quadratic weighted kappa of each
dimension, macro-F1 of the ideas if both have labelled them, each with a 95 % bootstrap interval over answers,
and the answers on which levels differ, the largest difference first.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from harness.cli.interview.json_lines import json_lines
from harness.errors import WrongUseError
from harness.interview.scoring.rubric import DIMENSIONS, rubric
from tests.interview.agreement import Counts, interval, kappa, merged
from tests.interview.label_sheet import LEVELS, key

SCORER = "scorer"
COLUMNS = ("rater", "seed", "answer", *DIMENSIONS)
IDEAS = "shows"
MOST_NAMED = 5  # answers or ideas in a message
USAGE = "Give two sheets and the scorer's output: FIRST.csv SECOND.csv scores.jsonl."


@dataclass(frozen=True, slots=True)
class Label:
    """The label of one answer. levels: by dimension; shows: ids of ideas, None if they were not labelled."""

    levels: Mapping[str, int]
    shows: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Rater:
    """A person, or the scorer, with a label of each answer by the answer's name on the sheet."""

    name: str
    labels: Mapping[str, Label]

    @property
    def has_ideas(self) -> bool:
        """Return True if ideas were labelled."""
        return all(label.shows is not None for label in self.labels.values())


def scored(text: str) -> tuple[Rater, Mapping[str, str]]:
    """Return the scorer as a rater, and the id of each answer by its name on the sheet."""
    entries = [entry for _, entry in json_lines(text, "scorer's output")]
    if not entries or not all(isinstance(e, dict) and {"id", "scores"} <= set(e) for e in entries):
        raise WrongUseError(
            "The scorer's output has a line without an id and scores: save what "
            "`under500 interview score --answers` prints."
        )
    labels = {key(entry["id"]): _of_scorecard(entry) for entry in entries}
    if len(labels) < len(entries):
        raise WrongUseError("The scorer's output has an answer twice: score each once.")
    return Rater(SCORER, labels), {key(entry["id"]): str(entry["id"]) for entry in entries}


def _of_scorecard(entry: Mapping[str, Mapping]) -> Label:
    """Return the label of a scorecard; what was not scored (another language) counts as 1."""
    shows = {name for name, found in entry["expectations"].items() if found["level"] != "absent"}
    return Label({name: entry["scores"][name] or 1 for name in DIMENSIONS}, frozenset(shows))


def rater(text: str, where: str, expected: frozenset[str]) -> Rater:
    """Return the rater of a sheet. expected: the answers' names; each must be there, once, and no other.

    Raises WrongUseError for a sheet that is incomplete or of other answers.
    """
    rows = list(csv.DictReader(text.splitlines()))
    if not rows or not set(COLUMNS) <= set(rows[0]):
        raise WrongUseError(
            f"{where} is no saved sheet: it needs the columns {', '.join(COLUMNS)}."
        )
    names = [row["answer"] for row in rows]
    if foreign := set(names) - expected:
        raise WrongUseError(f"{where} has answers that the scorer did not score: {_few(foreign)}.")
    if missing := expected - set(names):
        raise WrongUseError(f"{where} lacks answers that the scorer scored: {_few(missing)}.")
    if len(names) > len(expected):
        raise WrongUseError(f"{where} has an answer twice: keep one row of each.")
    if len({row["rater"] for row in rows}) > 1 or rows[0]["rater"].strip() in ("", SCORER):
        raise WrongUseError(f"{where} needs the name of one rater, the same in each row.")
    return Rater(rows[0]["rater"].strip(), {row["answer"]: _label(row, where) for row in rows})


def _label(row: Mapping[str, str | None], where: str) -> Label:
    given = {name: row[name] for name in DIMENSIONS}
    for name, level in given.items():
        if level not in map(str, LEVELS):
            raise WrongUseError(
                f"{where} has {level or 'no level'!r} for {name} of {row['answer']}: give 1, 2, 3 or 4."
            )
    shows = frozenset((row.get(IDEAS) or "").split())
    if unknown := shows - rubric().by_id.keys():
        raise WrongUseError(f"{where} has ideas that the rubric does not: {_few(unknown)}.")
    return Label(
        {name: int(level) for name, level in given.items()}, shows if IDEAS in row else None
    )


def report(raters: Sequence[Rater], ids: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of the report. ids: the answers' ids, by their names on the sheet."""
    for first, second in combinations(raters, 2):
        yield f"{first.name} and {second.name}, {len(ids)} answers"
        for name in DIMENSIONS:
            yield f"  {name:<14}kappa {_kappa(first, second, name, list(ids))}"
        if first.has_ideas and second.has_ideas:
            yield f"  {'ideas':<14}macro-F1 {_f1(first, second, list(ids))}"
    yield "Levels that differ"
    yield from _differences(raters, ids)


def _kappa(first: Rater, second: Rater, name: str, names: Sequence[str]) -> str:
    pairs = [(first.labels[n].levels[name], second.labels[n].levels[name]) for n in names]
    with np.errstate(invalid="ignore"):  # a sample in which all levels are the same has no kappa
        limits = interval(lambda draw: kappa([pairs[i] for i in draw]), len(pairs))
        return _with_limits(kappa(pairs), limits)


def _f1(first: Rater, second: Rater, names: Sequence[str]) -> str:
    """Return macro-F1 of the second rater's ideas, against the first's."""
    ideas, each = list(rubric().by_id), []
    for name in names:
        counts = Counts()
        counts.add(second.labels[name].shows or (), first.labels[name].shows or (), name)
        each.append(counts)
    limits = interval(lambda draw: merged(each[i] for i in draw).macro(ideas), len(each))
    return _with_limits(merged(each).macro(ideas), limits)


def _with_limits(value: float, limits: tuple[float, float]) -> str:
    return f"{value:.2f} ({limits[0]:.2f} to {limits[1]:.2f})"


def _differences(raters: Sequence[Rater], ids: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each answer on which a level differs, the largest sum of differences first."""
    spread = {name: sum(map(_range, _levels(raters, name).values())) for name in ids}
    for name in sorted(filter(spread.get, ids), key=lambda n: (-spread[n], ids[n])):
        differing = [
            f"{dimension} {' '.join(f'{r.name} {v}' for r, v in zip(raters, levels, strict=True))}"
            for dimension, levels in _levels(raters, name).items()
            if _range(levels)
        ]
        yield f"  {ids[name]}: {'; '.join(differing)}"


def _levels(raters: Sequence[Rater], answer: str) -> dict[str, list[int]]:
    return {name: [r.labels[answer].levels[name] for r in raters] for name in DIMENSIONS}


def _few(names: Iterable[str]) -> str:
    """Return the first of some names."""
    ordered = sorted(names)
    return ", ".join(ordered[:MOST_NAMED]) + (" …" if len(ordered) > MOST_NAMED else "")


def _range(levels: Sequence[int]) -> int:
    return max(levels) - min(levels)


def main(paths: Sequence[Path]) -> None:
    """Print the report."""
    try:
        if len(paths) != 3:
            raise WrongUseError(USAGE)
        *sheets, scores = (path.read_text(encoding="utf-8-sig") for path in paths)
        engine, ids = scored(scores)
        people = [rater(t, p.name, frozenset(ids)) for t, p in zip(sheets, paths, strict=False)]
        if people[0].name == people[1].name:
            raise WrongUseError("Both sheets are by the same rater: give those of two people.")
    except (WrongUseError, OSError, UnicodeDecodeError) as error:
        raise SystemExit(str(error)) from error
    for line in report((*people, engine), ids):
        print(line)


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
