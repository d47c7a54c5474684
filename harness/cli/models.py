"""under500 models: what is built, what is really in each file, how good and how fast it is."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.output import Json, console, print_json

PROMPTS = 8  # questions that speed and divergence are measured with


def models(
    exam: Annotated[
        int, typer.Option(help="Ask every model this many questions: minutes a model.")
    ] = 0,
    passages: Annotated[int, typer.Option(min=1, max=5, help="Passages a question.")] = 3,
    only: Annotated[str, typer.Option(help="Look at one model, by name.")] = "",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Measure again what was measured.")
    ] = False,
    ship: Annotated[
        bool, typer.Option("--ship", help="For maintainers: keep the exams beside the adapters.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List every model file; what is not known yet is measured now, ten seconds a file, and kept."""
    from tqdm import tqdm  # heavy imports only when the verb runs

    from harness.measure.machine import describe
    from harness.measure.model_files import figures
    from harness.measure.quality import desk
    from harness.models.served import named, served
    from harness.show.models_table import caption, models_table

    chosen = [named(only)] if only else served()
    for one in chosen if exam else ():
        console.print(f"{one.name}: {figures.examined(one, desk.exam(exam, passages))}")
    if ship:
        console.print(f"Written: {figures.ship(served())}")
    bandwidth = describe.measure_bandwidth().bandwidth_all_cores_gbs
    bar = tqdm(chosen, "Measuring", unit="file", leave=False)
    prompts = desk.exam(PROMPTS, figures.PASSAGES)
    found = [figures.figures(one, prompts, bandwidth, fresh) for one in bar]
    console.print(models_table(found))
    console.print(caption(found))
    if as_json:
        print_json({"models": [one.model_dump() for one in found]})
