"""What patterns and embeddings each contribute to the score: the same answers with one of them left out.

python -m tests.interview.ablation FOLDER ...

A folder has labelled answers, one JSON object a line, with an id, a text and, if any, a scenario and a
prompt: answers.jsonl with `found` (ids of expectations), misconceptions.jsonl with `misconceptions` (ids),
full.jsonl with `levels` (a score for each dimension). Without a folder, the gold set's held-out answers are
scored. What the listener hears of a case is the same in all three rows, and so are the guards and what raises
a level.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from harness.interview.listening.listener import heard
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.scenario import scenario
from harness.interview.scoring.rubric import DIMENSIONS, Rubric
from harness.interview.scoring.score import Scorer
from harness.interview.scoring.scorecard import Scorecard
from tests.interview import agreement
from tests.interview.agreement import Counts, interval, kappa, merged

FILES = ("answers", "misconceptions", "full")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One answer. shows, wrong, levels: its labels; None if it has none of that kind."""

    text: str
    prompt: str | None = None
    case: str | None = None
    shows: frozenset[str] | None = None
    wrong: frozenset[str] | None = None
    levels: Mapping[str, int] | None = None


def from_folder(folder: Path) -> Iterator[Labelled]:
    """Yield the answers of a folder; an answer labelled with expectations alone states nothing wrongly."""
    for name in FILES:
        path = folder / f"{name}.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            entry = json.loads(line)
            found, wrong = entry.get("found"), entry.get("misconceptions", ())
            shows = None if found is None else frozenset(found)
            stated = None if name == "full" else frozenset(wrong)
            yield Labelled(
                entry["text"],
                entry.get("prompt"),
                entry.get("scenario"),
                shows,
                stated,
                entry.get("levels"),
            )


def held_out() -> Iterator[Labelled]:
    """Yield the gold set's answers that were not used for tuning."""
    for item in (*agreement.short_answers("held_out"), *agreement.scenario_answers()):
        labels = frozenset(item["shows"]), frozenset(item.get("wrong", ()))
        yield Labelled(item["text"], item.get("prompt"), None, *labels)
    for item in agreement.full_answers("held_out"):
        yield Labelled(item["text"], levels=dict(zip(DIMENSIONS, item["scores"], strict=True)))


def ways(engine: Scorer) -> dict[str, Scorer]:
    """Return the scorer with patterns alone, with embeddings alone, and with both."""
    return {
        "patterns": replace(engine, classifier=None),
        "embeddings": replace(engine, rubric=without_patterns(engine.rubric)),
        "both": engine,
    }


def without_patterns(rubric: Rubric) -> Rubric:
    """Return the rubric with nothing that accepts an expectation or a misconception by its words."""
    return replace(
        rubric,
        expectations=tuple(replace(e, accept=()) for e in rubric.expectations),
        misconceptions=tuple(replace(m, accept=()) for m in rubric.misconceptions),
    )


def scored(engine: Scorer, item: Labelled) -> Scorecard:
    """Return the scorecard of an answer, about its case if it has one."""
    if item.case is None:
        return engine.answer(item.text, item.prompt)
    reading = heard(item.text, item.prompt or "", item.case)
    return engine.answer(item.text, item.prompt, Session(scenario(item.case)).case, (reading,))


def row(engine: Scorer, items: Sequence[Labelled]) -> list[str]:
    """Return the cells of a way's row: F1, precision and recall, of misconceptions too, and the kappas."""
    cards = [scored(engine, item) for item in items]
    pairs = list(zip(items, cards, strict=True))
    shown = [_counts(i.shows, set(c.shown), i.text) for i, c in pairs if i.shows is not None]
    wrong = [_counts(i.wrong, _standing(c), i.text) for i, c in pairs if i.wrong is not None]
    ideas = [expectation.id for expectation in engine.rubric.expectations]
    low, high = interval(lambda draw: merged(shown[i] for i in draw).macro(ideas), len(shown))
    f1 = f"{merged(shown).macro(ideas):.2f} ({low:.2f} to {high:.2f})"
    levels = [(i.levels, c.scores) for i, c in pairs if i.levels is not None]
    kappas = (kappa([(gold[d], got[d] or 1) for gold, got in levels]) for d in DIMENSIONS)
    return [f1, *_shares(merged(shown)), *_shares(merged(wrong)), *(f"{k:.2f}" for k in kappas)]


def _counts(gold: frozenset[str], credited: set[str], text: str) -> Counts:
    counts = Counts()
    counts.add(credited, gold, text)
    return counts


def _standing(card: Scorecard) -> set[str]:
    return {mistake.misconception for mistake in card.mistakes if not mistake.repaired}


def _shares(counts: Counts) -> tuple[str, str]:
    """Return precision and recall over all ids."""
    right = sum(counts.right.values())
    false, missed = (sum(map(len, side.values())) for side in (counts.false, counts.missed))
    return tuple(f"{right / n:.2f}" if (n := right + other) else "–" for other in (false, missed))


def report(engine: Scorer, items: Sequence[Labelled]) -> Iterator[str]:
    """Yield the lines of the table."""
    kinds = {name: sum(getattr(i, name) is not None for i in items) for name in ("shows", "levels")}
    yield (
        f"| n = {kinds['shows']} short, {kinds['levels']} full | ideas, macro-F1 | precision | recall "
        f"| misconceptions, precision | recall | {' | '.join(f'{d}, kappa' for d in DIMENSIONS)} |"
    )
    yield "|---|" + "--:|" * (5 + len(DIMENSIONS))
    for name, way in ways(engine).items():
        with np.errstate(invalid="ignore"):
            yield f"| {name} | {' | '.join(row(way, items))} |"


def main(folders: Sequence[str]) -> None:
    """Print the table."""
    from harness.interview.scoring.score import scorer

    given = [item for folder in folders for item in from_folder(Path(folder))]
    for line in report(scorer(), given or list(held_out())):
        print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
