"""under500 bench A B: an interleaved comparison of two entries."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.output import FAILED, Json, console, print_json

if TYPE_CHECKING:
    from harness.measure.latency.bench import Bench

PAIRS = 44  # the fewest that support a p90


def bench(
    a: Annotated[
        str, typer.Argument(help="Entry in the numerator: baseline, reference or yardstick.")
    ],
    b: Annotated[str, typer.Argument(help="Entry in the denominator.")],
    n: Annotated[
        int,
        typer.Option("-n", "--n", min=2, max=600, help="Number of questions, rounded up to even."),
    ] = PAIRS,
    seed: Annotated[
        int | None, typer.Option(help="Seed of the questions, to ask the same ones again.")
    ] = None,
    busy: Annotated[
        bool, typer.Option("--busy", help="Show times even if the machine is busy.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare A and B on the same new questions, interleaved: times, quality and the ratio A / B."""
    from harness import entries
    from harness.kb.questions import draw
    from harness.measure.latency.bench import WARM_UP, Bench, run_bench
    from harness.measure.machine import describe as machine

    seed = secrets.randbelow(10**9) if seed is None else seed
    cases = draw("dev", WARM_UP + n + n % 2, seed)
    before = machine.busy()
    with console.status("Loading models …") as status:
        result = Bench(entries.entry_named(a), entries.entry_named(b))
        for so_far in run_bench(result.a, result.b, cases):
            result = so_far
            status.update(f"{len(result.comparison.pairs)} of {n + n % 2} questions …")
    if not busy:
        result = replace(result, busy=(before, machine.busy()))
    _show(result)
    if as_json:
        print_json({"seed": seed} | result.to_json())
    if result.saturated or not result.comparison.clean:
        raise typer.Exit(FAILED)


def _show(result: Bench) -> None:
    from harness.show.bench_picture import bench_table, finding

    console.print(bench_table(result))
    console.print(finding(result), soft_wrap=True, highlight=False)
