"""under500 bench A B: an interleaved comparison; with --floor, one entry beside its floor."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.output import FAILED, Json, console, print_json
from harness.cli.services import (
    KEY_NAME,
    MAX_TOKENS,
    RATE,
    KeyName,
    MaxTokens,
    Questions,
    Rate,
    Services,
    is_service,
    own,
)
from harness.errors import WrongUseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.kb.questions import Case
    from harness.measure.latency.bench import Asked, Bench
    from harness.measure.latency.floor import FloorReport
    from harness.measure.machine.busy import Busy
    from harness.measure.service.own_bench import OwnQuality

PICTURES = (".png", ".svg")
PAIRS = 44  # the fewest that support a p90
REQUESTS = 20  # for medians of stages
LEAST = 6  # pairs for a ratio: five have an interval, and their number is even


def bench(
    a: Annotated[
        str,
        typer.Argument(
            help="First side: baseline, reference, yardstick, an address up to /v1, or module:name."
        ),
    ],
    b: Annotated[
        str | None, typer.Argument(help="Second side, named in the same way; none with --floor.")
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            "-n",
            "--n",
            min=2,
            max=600,
            help=f"Number of questions, rounded up to even; {PAIRS}, or {REQUESTS} with --floor. "
            f"A ratio needs {LEAST}.",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of the questions, to ask the same ones again.")
    ] = None,
    floor: Annotated[
        bool,
        typer.Option("--floor", help="Show the least time that each stage of A can take here."),
    ] = False,
    picture: Annotated[
        Path | None, typer.Option(help="With --floor: write the picture to this file (PNG, SVG).")
    ] = None,
    dark: Annotated[bool, typer.Option("--dark", help="Draw it for a dark background.")] = False,
    busy: Annotated[
        bool, typer.Option("--busy", help="Show times even if the machine is busy.")
    ] = False,
    questions: Questions = None,
    model: Annotated[
        list[str] | None, typer.Option(help="Model at an address; once for both, or for A and B.")
    ] = None,
    rate: Rate = RATE,
    max_tokens: MaxTokens = MAX_TOKENS,
    key_name: KeyName = KEY_NAME,
    as_json: Json = False,
) -> None:
    """Compare A and B on the same new questions, asked in turn: their times, their quality, and A / B.

    A side is an entry, an OpenAI-compatible address or a Python object. With --floor, measure entry A alone,
    and show beside each stage what memory, arithmetic and distance allow.
    """
    seed = secrets.randbelow(10**9) if seed is None else seed
    _check_names(b, floor, picture, dark)
    if floor:
        _floor(a, n or REQUESTS, seed, busy, picture, dark, as_json)
    else:
        cases = _cases(n or PAIRS, seed, questions, is_service(a) or is_service(b))
        services = Services(model or (), rate, max_tokens, key_name)
        _compare(a, b, cases, services, seed, busy, as_json)


def _check_names(b: str | None, floor: bool, picture: Path | None, dark: bool) -> None:
    if floor and b is not None:
        raise WrongUseError(f"A floor is that of one entry: leave out `{b}`, or leave out --floor.")
    if not floor and b is None:
        raise WrongUseError("A comparison needs two entries: name a second one, or add --floor.")
    if not floor and picture:
        raise WrongUseError("A comparison has no picture: add --floor, or leave out --picture.")
    if dark and not picture:
        raise WrongUseError("--dark is about a picture: add --picture FILE, or leave out --dark.")
    if picture and not (picture.absolute().parent.is_dir() and picture.suffix in PICTURES):
        raise WrongUseError(
            f"{picture} cannot be written: choose a folder that exists, and .png or .svg."
        )


def _cases(n: int, seed: int, questions: Path | None, services: bool) -> Sequence[Asked]:
    """Return questions to warm up with, and an even number to measure.

    A service of the user's own gets no conversation before a question: it would cost tokens and mean nothing.
    """
    from harness.kb.questions import HISTORY_TURNS, draw
    from harness.measure.latency.bench import WARM_UP

    if questions is None:
        turns = 0 if services else HISTORY_TURNS
        return draw("dev", WARM_UP + n + n % 2, seed, turns)
    found = own(questions)
    measured = min(n + n % 2, (len(found) - WARM_UP) // 2 * 2)
    if measured < 2:
        raise WrongUseError(
            f"A comparison needs {WARM_UP + 2} questions, {WARM_UP} of them to warm up: {questions} has "
            f"{len(found)}."
        )
    return found[: WARM_UP + measured]


def _compare(
    a: str,
    b: str,
    cases: Sequence[Asked],
    services: Services,
    seed: int,
    busy: bool,
    as_json: bool,
) -> None:
    from harness.measure.latency.bench import WARM_UP, Bench, run_bench
    from harness.measure.machine import describe as machine
    from harness.measure.service.own_bench import own_quality

    before = machine.busy()
    _fail_if_saturated(() if busy else (before,))
    with console.status("Loading models …") as status:
        result = Bench(*services.sides(a, b, len(cases)))
        for so_far in run_bench(result.a, result.b, cases):
            result = so_far
            status.update(f"{len(result.comparison.pairs)} of {len(cases) - WARM_UP} questions …")
    result = replace(result, busy=(before, machine.busy()), accepted=busy)
    quality = own_quality(result)
    _show(result, quality)
    if as_json:
        print_json({"seed": seed} | result.to_json() | {"own": quality and quality.to_json()})
    if result.saturated or not result.comparison.clean:
        raise typer.Exit(FAILED)


def _show(result: Bench, quality: OwnQuality | None) -> None:
    from harness.show.bench_picture import bench_table, finding, own_finding

    console.print(bench_table(result))
    console.print(finding(result), soft_wrap=True, highlight=False, markup=False)
    if quality:
        console.print(own_finding(quality), soft_wrap=True, highlight=False)


def _floor(
    name: str, n: int, seed: int, busy: bool, picture: Path | None, dark: bool, as_json: bool
) -> None:
    from harness.kb.questions import draw
    from harness.measure.latency.floor_run import WARM_UP
    from harness.measure.machine import describe as machine
    from harness.measure.machine.busy import beside_note
    from harness.show.floor_picture import finding, floor_table

    before = machine.busy()
    _fail_if_saturated(() if busy else (before,))
    report = _measured(name, draw("dev", WARM_UP + n, seed))
    after = machine.busy()
    _fail_if_saturated(() if busy else (after,))
    loads = [load.sentence() for load in (before, after) if load.too_busy]
    report = replace(report, beside=loads[0] if loads else "")
    console.print(floor_table(report))
    said = f"{finding(report)}.{beside_note(report.beside)}"
    console.print(said, soft_wrap=True, highlight=False, markup=False)
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


def _fail_if_saturated(loads: Sequence[Busy]) -> None:
    from harness.setup.preparation import BusyMachineError

    for load in loads:
        if load.too_busy:
            raise BusyMachineError(
                f"No number, the machine is saturated: {load.sentence()} Close other programs and run it "
                "again, or add --busy."
            )


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
