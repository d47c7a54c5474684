"""under500 bench A B: two named pipelines, interleaved, as a ratio with its interval."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.output import FAILED, Json, console, print_json

if TYPE_CHECKING:
    from harness.measure.latency.bench import Bench

PAIRS = 44  # the fewest that have a p90


def bench(
    a: Annotated[str, typer.Argument(help="What is divided: baseline, reference, yardstick.")],
    b: Annotated[str, typer.Argument(help="What it is divided by.")],
    n: Annotated[int, typer.Option("-n", "--n", min=2, max=600, help="Questions.")] = PAIRS,
    seed: Annotated[int | None, typer.Option(help="Draw the same questions again.")] = None,
    busy: Annotated[
        bool, typer.Option("--busy", help="Show times of a busy machine, too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Ask A and B the same fresh questions, interleaved; show times, quality and the ratio A / B."""
    from harness import entries as contenders
    from harness.kb.questions import draw
    from harness.measure.latency.bench import WARM_UP, Bench, benched
    from harness.measure.machine import describe as machine

    seed = secrets.randbelow(10**9) if seed is None else seed
    cases = draw("dev", WARM_UP + n + n % 2, seed)
    before = machine.busy()
    with console.status("Loading models …") as status:
        entries = contenders.named(a), contenders.named(b)
        result = Bench(*entries)
        for so_far in benched(*entries, cases):
            result = so_far
            status.update(f"{len(result.comparison.pairs)} of {n + n % 2} questions …")
    watched = () if busy else (before, machine.busy())
    result = replace(result, busy=watched)
    _show(result)
    if as_json:
        print_json({"seed": seed} | result.to_json())
    if result.saturated or not result.comparison.clean:
        raise typer.Exit(FAILED)


def _show(result: Bench) -> None:
    from harness.show.bench_picture import bench_table, finding

    console.print(bench_table(result))
    console.print(finding(result), soft_wrap=True, highlight=False)
