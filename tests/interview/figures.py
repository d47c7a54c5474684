"""All figures about the interviewer and its scorer, with intervals.

python -m tests.interview.figures            prints them
python -m tests.interview.figures --write    and writes them to docs/interview-figures.md and .json
python -m tests.interview.figures --speed    measures times too; needs an idle machine
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from harness.interview.listening.card_router import card_router
from harness.interview.scoring.score import Scorer, scorer
from harness.measure.stats import Proportion
from tests.interview import agreement, attacks, played, repeatability, routed, speed
from tests.interview.agreement import GOLD, Counts, counted, interval, kappa, merged

DOCS = Path(__file__).parents[2] / "docs"
RECORD, PAGE = DOCS / "interview-figures.json", DOCS / "interview-figures.md"
START, END = "<!-- figures: made by `python -m tests.interview.figures --write` -->", "<!-- end -->"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its 95 % interval, the number of answers it is based on, and its target.

    at_most: the target is an upper limit.
    """

    what: str
    value: float
    low: float
    high: float
    n: int
    target: float
    at_most: bool = False
    unit: str = ""

    @property
    def met(self) -> bool:
        """Return True if the value (not its interval) meets the target."""
        return self.value <= self.target if self.at_most else self.value >= self.target

    def row(self) -> str:
        """Return the figure as a line of the table."""
        sign = "≤" if self.at_most else "≥"
        return (
            f"| {self.what} | {sign} {self._text(self.target)} | {self._text(self.value)} | "
            f"{self._interval()} | {self.n} | {'yes' if self.met else 'no'} |"
        )

    def _interval(self) -> str:
        """Return the interval; a dash for a percentile of times, which has none here."""
        if self.low == self.high == self.value and self.unit.strip() == "ms":
            return "–"
        return f"{self._text(self.low)} to {self._text(self.high)}"

    def _text(self, value: float) -> str:
        return f"{value:.1%}" if self.unit == "%" else f"{value:.2f}{self.unit}"


def figures(engine: Scorer) -> Iterator[Figure]:
    """Yield the figures that are the same on every machine."""
    yield from _phrasings(engine)
    yield from _dimensions(engine)
    yield from _attacks(engine)
    yield from _routes()
    yield from _played()


def _phrasings(engine: Scorer) -> Iterator[Figure]:
    ids = [e.id for e in engine.rubric.expectations]
    wrong = [m.id for m in engine.rubric.misconceptions]
    short = [counted(engine, [item]) for item in agreement.short_answers("held_out")]
    yield _f1("expectations, macro-F1, unseen phrasings", short, ids, 0.85)
    scenarios = [counted(engine, [item]) for item in agreement.scenario_answers()]
    yield _f1("expectations, macro-F1, unseen scenarios (S02 to S12)", scenarios, ids, 0.75)
    yield _f1("misconceptions, macro-F1, unseen phrasings", short, wrong, 0.85)


def _f1(what: str, each: Sequence[Counts], names: Sequence[str], target: float) -> Figure:
    low, high = interval(lambda draw: merged(each[i] for i in draw).macro(names), len(each))
    return Figure(what, merged(each).macro(names), low, high, len(each), target)


def _dimensions(engine: Scorer) -> Iterator[Figure]:
    for name, pairs in agreement.score_pairs(engine, agreement.full_answers("held_out")).items():
        low, high = interval(lambda draw, pairs=pairs: kappa([pairs[i] for i in draw]), len(pairs))
        yield Figure(f"{name}, quadratic weighted kappa", kappa(pairs), low, high, len(pairs), 0.70)


def _attacks(engine: Scorer) -> Iterator[Figure]:
    for kind in attacks.texts():
        tried = attacks.attempts(engine, kind)
        if kind == "contradiction":
            credited = Proportion(sum(bool(attempt.card.shown) for attempt in tried), len(tried))
            yield _share("contradictions credited", credited, 0.05)
            continue
        points = np.array([attempt.points for attempt in tried])
        low, high = interval(lambda draw, points=points: float(points[draw].mean()), len(tried))
        target = attacks.MAX_SHARE[kind]
        yield Figure(
            f"{kind}, share of points", points.mean(), low, high, len(tried), target, True, "%"
        )
        limit, best = attacks.MAX_SCORE.get(kind, 1), max(a.highest for a in tried)
        yield Figure(f"{kind}, highest of any dimension", best, best, best, len(tried), limit, True)
    moved = attacks.moved_by_injection(engine)
    tried = len(attacks.texts()["injection"])
    yield _share("injections that move an honest answer", Proportion(len(moved), tried), 0.0)
    learned = [score or 0 for score in attacks.learned_by_heart(engine).values()]
    over = Proportion(sum(score > 2 for score in learned), len(learned))
    yield _share("S01 by heart elsewhere, Systematic above 2", over, 0.0)


def _routes() -> Iterator[Figure]:
    for which, questions in (
        ("", routed.unseen()),
        (" (first held-out files)", routed.first_unseen()),
        (" (fresh file)", routed.fresh()),
    ):
        shares = routed.shares(card_router(), questions)
        for name, target in (("top-1", 0.85), ("top-3", 0.97)):
            yield _share(f"question routing, {name}{which}", shares[name], target, at_most=False)
        name = "no card asked for, one shown"
        yield _share(f"question routing, {name}{which}", shares[name], 0.05)


def _played() -> Iterator[Figure]:
    turns = played.turns()
    yield _share("played turns: exactly the right cards", played.right_cards(turns), 0.88, False)
    yield _share("played turns: a wrong card", played.wrong_cards(turns), 0.02)
    low, high = interval(lambda draw: played.remedies_f1([turns[i] for i in draw]), len(turns))
    what, f1 = "played turns: remedies, F1", played.remedies_f1(turns)
    yield Figure(what, f1, low, high, len(turns), 0.85)


def _share(what: str, share: Proportion, target: float, at_most: bool = True) -> Figure:
    limits = share.interval
    return Figure(what, share.rate, limits.low, limits.high, share.n, target, at_most, "%")


def repeated() -> Figure:
    """Return the share of scorecards that differ between processes and orders."""
    n, differ = repeatability.differing(repeatability.answers())
    return _share(
        "scorecards that differ, two processes, any order and threads", Proportion(differ, n), 0.0
    )


def times(engine: Scorer) -> Iterator[Figure]:
    """Yield times in ms; valid on an idle machine only."""
    for what, p95, limit in (
        ("400 words scored, p95", speed.score_p95_ms(engine), 1000),
        ("a warm turn, p95", speed.turn_p95_ms(), 300),
        ("a warm turn heard, p95", speed.reading_p95_ms(), 150),
    ):
        yield Figure(what, p95, p95, p95, speed.TIMES, limit, True, " ms")


def described(engine: Scorer) -> str:
    """Return a digest of the rubric, the model, and all answers and questions that are scored."""
    files = sorted([*GOLD.glob("*.*"), attacks.ATTACKS, *routed.DATA.glob("routing*.yaml")])
    parts = [engine.rubric.sha256, engine.model_sha256 or "", *(p.read_text() for p in files)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def table(rows: Sequence[Figure]) -> str:
    """Return the page's table."""
    head = "| figure | target | measured | 95 % interval | n | met |\n|---|--:|--:|--:|--:|---|"
    return "\n".join([START, head, *(figure.row() for figure in rows), END])


def with_table(page: str, rows: Sequence[Figure]) -> str:
    """Return the page with its table replaced."""
    before, _, rest = page.partition(START)
    return before + table(rows) + rest.partition(END)[2]


def recorded() -> tuple[str, list[Figure]]:
    """Return the digest and the figures of the record."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    return record["described"], [Figure(**entry) for entry in record["figures"]]


def main(options: Sequence[str]) -> None:
    engine, measured = scorer(), []
    sources = [figures(engine), iter([repeated()])]
    if "--speed" in options:
        sources.append(times(engine))
    for source in sources:
        for figure in source:
            print(figure.row(), flush=True)
            measured.append(figure)
    if "--write" in options:
        if "--speed" not in options and RECORD.exists():  # keep the recorded times
            measured += [figure for figure in recorded()[1] if figure.unit == " ms"]
        record = {
            "described": described(engine),
            "figures": [asdict(figure) for figure in measured],
        }
        RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
        PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), measured), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
