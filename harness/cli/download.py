"""The download of a tier's models: a list with sizes and licences to confirm, then progress bars."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from harness.cli.output import OK, console
from harness.errors import WrongUseError

if TYPE_CHECKING:
    from harness.models.hub import Need


def download(tier: str, agreed: bool) -> None:
    """Download the missing models of `tier` after the user has seen the list and agreed.

    agreed: do not ask. Raises WrongUseError if there is no terminal to ask on, and HubError if a download
    fails.
    """
    from harness.models import hub

    needs = hub.plan(tier, thorough=True)
    if not needs:
        console.print(f"[bold]models of tier {tier}[/]: ready")
        return
    console.print(_table(needs, tier))
    hub.require_room(needs)
    _agree(agreed)
    with _bars() as bars:
        for need in needs:
            bar = bars.add_task(need.model.name, total=None)
            hub.fetch(
                need.model,
                lambda now, bar=bar: bars.update(bar, completed=now.done, total=now.total),
            )


def _agree(agreed: bool) -> None:
    if agreed:
        return
    if not sys.stdin.isatty():
        raise WrongUseError(
            "The download needs a confirmation, and there is no terminal to ask on: add --yes."
        )
    if not typer.confirm("Download these files?", default=True):
        raise typer.Exit(OK)


def _table(needs: Sequence[Need], tier: str) -> Table:
    table = Table(title=f"To download for the tier {tier}", title_justify="left", show_footer=True)
    total = sum(need.size_mb for need in needs)
    table.add_column("model", "total")
    table.add_column("role")
    table.add_column("MB", f"{total:,.0f}", justify="right")
    table.add_column("licence")
    table.add_column("from (huggingface.co)")
    for need in needs:
        model = need.model
        table.add_row(
            model.name, model.role, f"{need.size_mb:,.0f}", model.licence, model.repository
        )
    return table


def _bars() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
    )
