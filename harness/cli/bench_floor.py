"""The floor of one entry, as `under500 bench --floor` shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.machine_load import fail_if_saturated
from harness.cli.output import console, print_json, say
from harness.errors import WrongUseError

if TYPE_CHECKING:
    from harness.kb.questions import Case
    from harness.measure.latency.floor import FloorReport


def show_floor(
    name: str, n: int, seed: int, busy: bool, picture: Path | None, dark: bool, as_json: bool
) -> None:
    """Measure an entry on `n` questions beside what the machine allows. Raises BusyMachineError."""
    from harness.kb.questions import draw
    from harness.measure.latency.floor_run import WARM_UP
    from harness.measure.machine import describe as machine
    from harness.measure.machine.busy import beside, beside_note
    from harness.show.floor_picture import finding, floor_table

    before = machine.busy()
    fail_if_saturated(() if busy else (before,))
    report = _measured(name, draw("dev", WARM_UP + n, seed))
    after = machine.busy()
    fail_if_saturated(() if busy else (after,))
    report = replace(report, beside=beside((before, after)))
    console.print(floor_table(report))
    said = f"{finding(report)}.{beside_note(report.beside)}"
    say(said)
    if picture:
        _save(report, picture, dark)
    if as_json:
        print_json({"seed": seed} | report.to_json())


def _measured(name: str, cases: Sequence[Case]) -> FloorReport:
    from harness import entries
    from harness.measure.latency import floor_run
    from harness.measure.latency.floor import floor_report
    from harness.measure.machine import describe as machine
    from harness.measure.model_files import peak

    with console.status("Loading models …") as status:
        entry = entries.entry_named(name)
        parts = floor_run.parts(entry)
        status.update("Measuring the machine …")
        peaks = peak.measure_peaks(parts.weight_bytes)
        status.update(f"Asking {len(cases)} questions …")
        requests = list(floor_run.requests(entry, cases))
    return floor_report(name, parts, requests, peaks, machine.describe().cpu)


def _save(report: FloorReport, path: Path, dark: bool) -> None:
    from harness.show.dark import on_dark
    from harness.show.floor_picture import floor_picture
    from harness.show.style import DPI

    figure = floor_picture(report)
    if dark:
        on_dark(figure)
    try:
        figure.savefig(path, dpi=DPI)
    except (OSError, ValueError) as error:  # ValueError: matplotlib does not know the format
        raise WrongUseError(
            f"{path} cannot be written ({error}): choose a folder that you may write to, and .png or .svg."
        ) from error
    console.print(f"Picture written to {path}.", highlight=False)
