"""under500 tune: run a recipe again, from the packaged weights to an adapter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.output import Json, console, print_json
from harness.errors import WrongUseError


def tune(
    model: Annotated[str, typer.Argument(help="halden-135m (first) or halden-85m")],
    folder: Annotated[Path, typer.Option(help="Where state and adapter go.")] = Path("tuned"),
    steps: Annotated[int, typer.Option(help="Fewer updates than the recipe says.")] = 0,
    as_json: Json = False,
) -> None:
    """Tune a model by its recipe, some hours; stop it at any time, the same command goes on."""
    from harness.tuning.recipes import RECIPES, run  # heavy imports only when the verb runs

    if model not in RECIPES:
        raise WrongUseError(f"There is no recipe for {model!r}: choose {' or '.join(RECIPES)}.")
    recipe = RECIPES[model]
    adapter = run(model, replace(recipe, steps=steps or recipe.steps), folder / model)
    console.print(f"The adapter is in {adapter}.")
    if as_json:
        print_json({"model": model, "adapter": str(adapter)})
