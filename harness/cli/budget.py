"""under500 budget [FILE]: a page that shows where the time goes and what each technique would move."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.output import Json, print_json, say
from harness.errors import WrongUseError

if TYPE_CHECKING:
    from harness.measure.service.budget import Budget


def budget(
    result: Annotated[
        Path | None,
        typer.Argument(
            help="File that ends with the result of profile or bench with --json; without one, the baseline."
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Page to write.")] = Path("budget.html"),
    as_json: Json = False,
) -> None:
    """Write a page to plan with offline: parts, techniques, options for product, cost, load, memo."""
    from harness.measure.machine.busy import beside_note
    from harness.show.budget_page import budget_page

    found = _budget(result)
    page = budget_page(found, _techniques(found))
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise WrongUseError(
            f"{out} cannot be written ({error.strerror}): choose another."
        ) from error
    say(f"{out}: {found.source}. Open it in a browser.{beside_note(found.beside)}")
    if as_json:
        print_json({"page": str(out.resolve()), "budget": found.to_json()})


def _budget(result: Path | None) -> Budget:
    from harness import knobs
    from harness.measure.service.budget import asked, calibrated, read_budget
    from harness.store import StoreError

    if result is not None:
        return read_budget(result)
    try:
        return calibrated(knobs.load())
    except StoreError:  # not calibrated on this machine
        return asked()


def _techniques(found: Budget) -> list[dict[str, object]]:
    from harness.learner.results import results
    from harness.measure.service.techniques import Factor, techniques, to_json

    own = {key: Factor(r.value, r.low, r.high, r.n) for key, r in results().items()}
    return to_json(techniques(found, own))
