"""The check of lab 06 on insertion into the layers of an HNSW graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from grader.checks.retrieval import unit
from grader.checks.retrieval_graph import walked
from grader.checks.retrieval_neighbours import selected
from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.randomness import fresh_seed

M, EF = 3, 6  # links and candidates of the graph that is built: small, so that lists overflow
GRAPHS = 2  # one graph of this size in 200 does not show where a walk starts
LEVELS = (0, 0, 1, 0, 2, 0, 0, 1, 0, 3, 0, 1)  # of rows 0, 1, …; then drawn ones
INSERTED = 40

INSERT = Exercise("06", 8, "insert")

Layer = dict[int, list[int]]  # row -> the rows it is linked with


@dataclass(frozen=True, slots=True)
class Slip:
    """A way to insert rows; the defaults are right.

    back: links lead back, too. prune: lists that grow too long are selected again. wide: the lowest layer may
    have 2m links. descend: each walk starts from the best row of the layer above. high: new layers are made.
    drop_last: a list that is too long loses its newest link. everywhere: the row joins every layer.
    """

    back: bool = True
    prune: bool = True
    wide: bool = True
    descend: bool = True
    high: bool = True
    drop_last: bool = False
    everywhere: bool = False
    one_by_one: bool = False


RIGHT = Slip()
SLIPS = {
    "the links back: each chosen row gets a link to the new row": Slip(back=False),
    "lists that grow too long: select again when a row has more links than allowed": Slip(
        prune=False
    ),
    "the lowest layer: its rows may have 2 * m links": Slip(wide=False),
    "a list that is too long: choose with select(), the newest link may be the best": Slip(
        drop_last=True
    ),
    "where a walk starts: at the best row that the walk in the layer above has found": Slip(
        descend=False
    ),
    "a level above the top: make the missing layers, with this row alone in each": Slip(high=False),
    "the layers of the row: from its level down to 0, none above": Slip(everywhere=True),
    "how many candidates: ef in the layers that the row joins, 1 only above them": Slip(
        one_by_one=True
    ),
}


@check
def insert(
    function: Callable[[list[Layer], np.ndarray, int, int, int, int], list[Layer]],
) -> None:
    """Check every layer after each insertion into a growing graph; `function` may change the layers."""
    limits, rng = CallLimits(INSERT, keep=False), np.random.default_rng(fresh_seed())
    layers = [_grown(function, limits, rng) for _ in range(GRAPHS)][-1]
    INSERT.passed(
        f"{INSERTED} rows in {len(layers)} layers: this is how every HNSW index is built."
    )


def _grown(function: Callable, limits: CallLimits, rng: np.random.Generator) -> list[Layer]:
    """Return the layers after all insertions. Raises CheckFailed at the first that differs."""
    vectors = unit(rng, INSERTED).astype(float)
    drawn = np.minimum(rng.geometric(0.7, INSERTED - len(LEVELS)) - 1, 2).tolist()
    layers: list[Layer] = []
    for row, level in enumerate([*LEVELS, *drawn]):
        case = (layers, vectors, row, level, M, EF)
        got = _layers(limits.call(function, *case))
        wanted = inserted(*case)
        if _links(got) != _links(wanted):
            _differs(got, wanted, case)
        layers = wanted
    return layers


def _layers(got: object) -> list[Layer]:
    INSERT.returned(got, list | tuple, "a list of layers", look="the line with `return`: `layers`")
    for layer in got:
        if not isinstance(layer, Mapping):
            look = "a layer: a dict, row -> list of rows"
            INSERT.fail("a list of dicts", f"a list with {kind(layer)}", look)
    try:
        return [{int(row): [int(o) for o in links] for row, links in one.items()} for one in got]
    except (TypeError, ValueError):
        INSERT.fail("dicts of row -> list of rows", kind(got), "what you store as links")


def _links(layers: Sequence[Layer]) -> list[dict[int, list[int]]]:
    return [{row: sorted(links) for row, links in layer.items()} for layer in layers]


def inserted(
    layers: Sequence[Layer],
    vectors: np.ndarray,
    row: int,
    level: int,
    m: int,
    ef: int,
    slip: Slip = RIGHT,
) -> list[Layer]:
    """Return the layers with `row` in it, as it comes out with a slip."""
    layers = [{one: list(links) for one, links in layer.items()} for layer in layers]
    first = start = next(iter(layers[-1])) if layers else -1
    for number in reversed(range(len(layers))):
        layer, joins = layers[number], number <= level or slip.everywhere
        wide = ef if joins and not slip.one_by_one else 1
        similarity = (vectors @ vectors[row]).__getitem__
        found = walked(layer, similarity, start if slip.descend else first, wide)
        start = found[0]
        if joins:
            most = 2 * m if number == 0 and slip.wide else m
            _link(layer, vectors, row, selected(vectors, row, found, m), most, slip)
    missing = range(len(layers), level + 1) if slip.high else range(0)
    return layers + [{row: []} for _ in missing]


def _link(
    layer: Layer, vectors: np.ndarray, row: int, chosen: list[int], most: int, slip: Slip
) -> None:
    layer[row] = chosen
    for other in chosen if slip.back else ():
        links = [*layer[other], row]
        if len(links) > most and slip.drop_last:
            links = links[:most]
        if len(links) > most and slip.prune:
            links = selected(vectors, other, links, most)
        layer[other] = links


def _differs(got: list[Layer], wanted: list[Layer], case: tuple) -> NoReturn:
    """Raise CheckFailed for the first layer that differs, with the hint of the slip that leads to it."""
    row, level = case[2], case[3]
    default = (
        "the steps for one row: walk down, then in each of its layers walk, select, link both ways"
    )
    same = (look for look, slip in SLIPS.items() if _links(inserted(*case, slip)) == _links(got))
    look = next(same, default)
    if len(got) != len(wanted):
        INSERT.fail(
            f"{len(wanted)} layers after row {row} joins at level {level}", f"{len(got)}", look
        )
    pairs = enumerate(zip(_links(got), _links(wanted), strict=True))
    number, place = next(
        (number, place)
        for number, (mine, right) in pairs
        for place in sorted({*mine, *right})
        if mine.get(place) != right.get(place)
    )
    INSERT.fail(
        f"links {wanted[number].get(place, 'none')} of row {place} in layer {number}, after row {row} "
        f"joins at level {level}",
        f"{got[number].get(place, 'no such row')}",
        look,
    )
