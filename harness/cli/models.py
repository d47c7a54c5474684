"""under500 models: the content, quality and speed of each model file."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.output import Json, console, print_json

PROMPTS = 8  # questions for measuring speed and divergence


def models(
    exam: Annotated[
        int,
        typer.Option(
            min=0,
            help="First examine every model with this many questions: minutes for each model.",
        ),
    ] = 0,
    passages: Annotated[
        int, typer.Option(min=1, max=5, help="Passages for each question of the exam.")
    ] = 3,
    only: Annotated[str, typer.Option(help="Name of the only model to list.")] = "",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Measure again, even if figures are stored.")
    ] = False,
    ship: Annotated[
        bool, typer.Option("--ship", help="For maintainers: write the exams beside the adapters.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List every model file with its format, quality and speed.

    Missing figures are measured, about ten seconds a file, and stored.
    """
    from tqdm import tqdm  # heavy imports only when the verb runs

    from harness.measure.machine import describe
    from harness.measure.model_files import figures
    from harness.measure.quality.exam import draw_exam
    from harness.models.served import model_file, model_files
    from harness.show.models_table import caption, models_table

    chosen = [model_file(only)] if only else model_files()
    for file in chosen if exam else ():
        console.print(f"{file.name}: {figures.examine(file, draw_exam(exam, passages))}")
    if ship:
        console.print(f"Written: {figures.ship(model_files())}")
    bandwidth = describe.measure_bandwidth().bandwidth_all_cores_gbs
    bar = tqdm(chosen, "Measuring", unit="file", leave=False)
    items = draw_exam(PROMPTS, figures.PASSAGES)
    rows = [figures.figures(file, items, bandwidth, fresh) for file in bar]
    console.print(models_table(rows))
    console.print(caption(rows))
    if as_json:
        print_json({"models": [row.model_dump() for row in rows]})
