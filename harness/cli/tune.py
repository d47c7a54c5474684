"""under500 tune: run a tuning recipe, from the packaged weights to an adapter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.output import Json, console, print_json
from harness.errors import WrongUseError

MATRIX = "questions"  # a matrix and not a model; takes two minutes
ENCODER = "minilm-questions"  # behind that matrix; takes twenty minutes
TOKENS = "tokens"  # a vocabulary; takes ten seconds


def tune(
    model: Annotated[
        str,
        typer.Argument(
            help="What to tune: smollm2-135m-support, then smollm2-85m-support or tokens; or questions, then "
            "minilm-questions."
        ),
    ],
    folder: Annotated[Path, typer.Option(help="Folder for the state and the adapter.")] = Path(
        "tuned"
    ),
    steps: Annotated[int, typer.Option(help="Number of updates, instead of the recipe's.")] = 0,
    further: Annotated[
        Path | None,
        typer.Option(help="Folder of an earlier adapter, to tune a further round from it."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the lessons, instead of the recipe's.")] = 0,
    rate: Annotated[float, typer.Option(help="Peak learning rate, instead of the recipe's.")] = 0.0,
    mean: Annotated[
        list[Path] | None,
        typer.Option(
            help="Folder of an earlier adapter; give several to average them instead of tuning."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Train one of the small models again by its recipe, within an hour.

    You can stop at any time; the same command continues.
    """
    # Heavy imports only when the verb runs.
    from harness.tuning import averaging, kept_tokens, question_encoder, question_matrix, recipes

    names = [MATRIX, ENCODER, TOKENS, *recipes.RECIPES]
    if model not in names:
        raise WrongUseError(f"There is no recipe for {model!r}: choose {' or '.join(names)}.")
    if further and not (further / averaging.CONFIG).exists():
        raise WrongUseError(
            f"There is no adapter in {further}: tune the first round, then give its folder."
        )
    if mean:
        adapter = averaging.averaged(mean, folder / model)
    elif model == MATRIX:
        adapter = question_matrix.run(folder / model)
    elif model == ENCODER:
        adapter = question_encoder.run(folder / model)
    elif model == TOKENS:
        adapter = kept_tokens.run(folder / model)
    else:
        recipe = (recipes.FURTHER if further else recipes.RECIPES)[model]
        changes = {"steps": steps, "seed": seed, "rate": rate}
        recipe = replace(recipe, **{name: value for name, value in changes.items() if value})
        adapter = recipes.run(model, recipe, folder / model, further)
    console.print(f"The adapter is in {adapter}.")
    if as_json:
        print_json({"model": model, "adapter": str(adapter)})
