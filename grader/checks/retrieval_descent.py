"""The check of lab 06 on a search through the layers of an HNSW graph, from the top."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from grader.checks.retrieval import rows, unit
from grader.checks.retrieval_graph import Similarity, walked
from grader.checks.retrieval_insertion import Layer, inserted
from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, explanation
from grader.exercise.randomness import asked, fresh_seed

# A sparse graph with few links: in a dense one, every start leads to the same rows.
ROWS, M, CANDIDATES = 120, 2, 4
LEVELS = (
    (0, 1, 0, 2, 0, 3),
    (0, 0, 1),
    (0,),
)  # of the first rows of a graph, by its number of layers
EFS = (1, 2, 4, 8)
ROUNDS = 24

DESCEND = Exercise("06", 8, "descend")

Case = tuple[list[Layer], np.ndarray, int]  # layers, similarity of every row to the query, ef
Answer = tuple[list[int], int]  # rows, and how often the similarity was called
Search = Callable[[Sequence[Layer], Similarity, int], list[int]]


@check
def descend(
    function: Callable[[list[Layer], Callable[[int], float], int], Sequence[int]],
) -> None:
    """Check the ef best rows of layer 0, from the row that walks through the layers above it find."""
    limits, rng = CallLimits(DESCEND), np.random.default_rng(fresh_seed())
    graphs = [_graph(rng, first) for first in LEVELS]

    def ask(case: Case) -> Answer:
        layers, scores, ef = case
        similarity = Similarity(scores)
        got = rows(DESCEND, limits.call(function, layers, similarity, ef))
        return got, len(similarity.visited)

    cases = [(*_query(rng, *graphs[turn % len(graphs)]), EFS[turn % 4]) for turn in range(ROUNDS)]
    answers = asked(ask, cases)
    _judge_rows(answers)
    for case, (_, calls) in answers:
        _judge_calls(case, calls)
    DESCEND.passed("The upper layers lead to the right neighbourhood in a few steps.")


def _graph(rng: np.random.Generator, first: Sequence[int]) -> tuple[list[Layer], np.ndarray]:
    """Return the layers of a graph and its vectors, in double precision, where no two are equally near."""
    vectors, layers = unit(rng, ROWS).astype(float), []
    others = np.minimum(rng.geometric(0.6, ROWS - len(first)) - 1, max(first)).tolist()
    for row, level in enumerate([*first, *others]):
        layers = inserted(layers, vectors, row, level, M, CANDIDATES)
    return layers, vectors


def _query(
    rng: np.random.Generator, layers: list[Layer], vectors: np.ndarray
) -> tuple[list[Layer], np.ndarray]:
    return layers, vectors @ unit(rng, 1)[0].astype(float)


def _judge_rows(answers: Sequence[tuple[Case, Answer]]) -> None:
    """Raise CheckFailed unless each of `answers` holds the right rows."""
    found = [((layers, Similarity(scores), ef), got) for (layers, scores, ef), (got, _) in answers]
    for (layers, similarity, ef), got in found:
        expected = _descended(layers, similarity, ef)
        where = f"as the rows for ef = {ef} in {len(layers)} layers"
        DESCEND.expect(got, expected, where, _look_at_rows, expected, found)


def _judge_calls(case: Case, calls: int) -> None:
    """Raise CheckFailed if the right rows were found with walks that are not needed."""
    layers, scores, ef = case
    right = Similarity(scores)
    _descended(layers, right, ef)
    if calls > len(right.visited):
        DESCEND.fail(
            f"{len(right.visited)} calls of similarity() for ef = {ef} in {len(layers)} layers",
            f"{calls}",
            _look_at_calls(case, calls),
        )


def _descended(layers: Sequence[Layer], similarity: Similarity, ef: int) -> list[int]:
    """Return the rows that a search from the top finds."""
    return walked(layers[0], similarity, _above(layers, similarity), ef)


def _above(layers: Sequence[Layer], similarity: Similarity, ef: int = 1, lowest: int = 1) -> int:
    """Return the best row that walks through the layers from the top to number `lowest` find."""
    row = _top(layers)
    for layer in reversed(layers[lowest:]):
        row = walked(layer, similarity, row, ef)[0]
    return row


def _top(layers: Sequence[Layer]) -> int:
    return next(iter(layers[-1]))


def _wide(layers: Sequence[Layer], similarity: Similarity, ef: int) -> list[int]:
    return walked(layers[0], similarity, _above(layers, similarity, ef), ef)


def _twice(layers: Sequence[Layer], similarity: Similarity, ef: int) -> list[int]:
    return walked(layers[0], similarity, _above(layers, similarity, lowest=0), ef)


UNNECESSARY: Mapping[str, Search] = {
    "how many candidates above layer 0: 1 is enough to find a start": _wide,
    "layer 0: walk through it once, with ef": _twice,
}
SLIPS: Mapping[str, Search] = UNNECESSARY | {
    "where the walk of layer 0 starts: at the best row that the walk above it has found": (
        lambda layers, similarity, ef: walked(layers[0], similarity, _top(layers), ef)
    ),
    "how many candidates in layer 0: ef of them": (
        lambda layers, similarity, ef: walked(layers[0], similarity, _above(layers, similarity), 1)
    ),
    "the last walk: through layer 0, which holds all rows": (
        lambda layers, similarity, ef: [_above(layers, similarity)]
    ),
    "which layers: from the last of the list down to the first, which is layer 0": (
        lambda layers, similarity, ef: walked(layers[-1], similarity, _top(layers), ef)
    ),
}


def _look_at_rows(
    got: list[int], expected: list[int], found: Sequence[tuple[tuple, object]]
) -> str:
    if look := explanation(SLIPS, found):
        return look
    if sorted(got) == sorted(expected):
        return "the order of the rows you return: best first"
    if len(got) != len(expected):
        return "how many rows you return: all that the walk through layer 0 keeps"
    return "one layer after the other, from the top: each walk starts where the one above ended"


def _look_at_calls(case: Case, calls: int) -> str:
    layers, scores, ef = case
    for look, search in UNNECESSARY.items():
        similarity = Similarity(scores)
        search(layers, similarity, ef)
        if len(similarity.visited) == calls:
            return look
    return "each layer: walk through it once, from where the walk above ended"
