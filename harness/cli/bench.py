"""under500 bench A B: an interleaved comparison; with --floor, one entry beside its floor."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.bench_floor import show_floor
from harness.cli.bench_questions import LEAST_PAIRS, BenchQuestions, bench_questions
from harness.cli.bench_record import check_record, show_record
from harness.cli.kept_results import keep_bench
from harness.cli.machine_load import fail_if_saturated, loads_around
from harness.cli.output import FAILED, INTERRUPTED, Json, console, print_json, say
from harness.cli.services import (
    KEY_NAME,
    MAX_TOKENS,
    RATE,
    TIMEOUT_S,
    Body,
    Headers,
    KeyName,
    MaxTokens,
    NoUsage,
    Questions,
    Rate,
    Services,
    Timeout,
    chat_options,
    is_service,
    say_unused,
)
from harness.errors import WrongUseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.measure.latency.bench import Asked, Bench, Contestant
    from harness.measure.latency.self_comparison import Noise
    from harness.measure.service.own_bench import OwnQuality

PICTURES = (".png", ".svg")
PAIRS = 44  # the fewest that support a p90
REQUESTS = 20  # for medians of stages
NOISE = 10  # pairs of A with itself: twice the fewest with an interval


def bench(
    a: Annotated[
        str,
        typer.Argument(
            help="First side: baseline, reference, yardstick, your notebook.ipynb, an address up to /v1, or "
            "module:name."
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
            f"A ratio needs {LEAST_PAIRS}.",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of the questions, to ask the same ones again.")
    ] = None,
    noise: Annotated[
        int,
        typer.Option(
            min=0,
            max=200,
            help=f"Questions on which A is first compared with itself, {LEAST_PAIRS} or more, rounded up to "
            "even; 0 for none.",
        ),
    ] = NOISE,
    floor: Annotated[
        bool,
        typer.Option("--floor", help="Show the least time that each stage of A can take here."),
    ] = False,
    record: Annotated[
        bool,
        typer.Option("--record", help="Show the speedrun's record with B in it; A is baseline."),
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
    timeout: Timeout = TIMEOUT_S,
    key_name: KeyName = KEY_NAME,
    header: Headers = None,
    body: Body = None,
    no_usage: NoUsage = False,
    as_json: Json = False,
) -> None:
    """Compare A and B on the same new questions, asked in turn: their times, their quality, and A / B.

    A is compared with itself first, so that the noise is known. A side is an entry, an OpenAI-compatible
    address or a Python object. With --floor, measure entry A alone, and show beside each stage what memory,
    arithmetic and distance allow.
    """
    seed = secrets.randbelow(10**9) if seed is None else seed
    _check_names(b, floor, picture, dark)
    if record:
        check_record(a, b)
    if floor:
        show_floor(a, n or REQUESTS, seed, busy, picture, dark, as_json)
    else:
        of_own = is_service(a) or is_service(b)
        asked = bench_questions(n or PAIRS, noise, seed, questions, of_own)
        options = chat_options(key_name, max_tokens, header, body, no_usage, timeout)
        say_unused([a, b], rate, options, model)
        services = Services(model or (), rate, options)
        _compare(a, b, asked, services, seed, busy, of_own, record, as_json)


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


def _compare(
    a: str,
    b: str,
    asked: BenchQuestions,
    services: Services,
    seed: int,
    busy: bool,
    of_own: bool,
    record: bool,
    as_json: bool,
) -> None:
    from harness.measure.machine import describe as machine
    from harness.measure.service.own_bench import own_quality

    before = machine.busy()
    fail_if_saturated(() if busy else (before,))
    with console.status("Loading models …"):
        sides = services.sides(a, b, asked.requests)
    result, noise = _run(*sides, asked, services.options.deadline_s)
    result = replace(result, busy=loads_around(before), accepted=busy)
    quality = own_quality(result)
    notes = list(dict.fromkeys(note for side in sides for note in getattr(side, "notes", ())))
    _show(result, noise, quality, notes)
    if record:
        show_record(result)
    if of_own and result.b is sides[1]:  # else it was interrupted while A was compared with itself
        keep_bench(result)
    if as_json:
        more = {"noise": noise and noise.to_json(), "own": quality and quality.to_json()}
        print_json({"seed": seed} | result.to_json() | more | {"notes": notes})
    if result.interrupted:
        raise typer.Exit(INTERRUPTED)
    if result.saturated or not result.comparison.clean:
        raise typer.Exit(FAILED)


def _run(
    a: Contestant, b: Contestant, asked: BenchQuestions, deadline_s: float
) -> tuple[Bench, Noise | None]:
    """Return the comparison and the noise.

    A fault or an interrupt of A against itself ends the run, and what was measured until then is the result.
    """
    from harness.measure.latency.self_comparison import noise_of

    noise = None
    if asked.noise:
        alone = _bench(a, a, (*asked.warm_up, *asked.noise), deadline_s, "A against itself")
        if alone.interrupted:
            return alone, None
        if not alone.comparison.clean:
            return replace(alone, b=b), None
        noise = noise_of(alone.comparison)
    return _bench(a, b, (*asked.warm_up, *asked.measured), deadline_s, "A against B"), noise


def _bench(
    a: Contestant, b: Contestant, cases: Sequence[Asked], deadline_s: float, said: str
) -> Bench:
    """Return the comparison; if the user interrupts it, the blocks of questions that are complete."""
    from harness.measure.latency.bench import WARM_UP, Bench, run_bench

    result, planned = Bench(a, b), len(cases) - WARM_UP
    with console.status(f"{said} …") as status:
        try:
            for result in run_bench(a, b, cases, deadline_s):
                status.update(f"{said}: {len(result.comparison.pairs)} of {planned} questions …")
        except KeyboardInterrupt:
            done = len(result.comparison.pairs)
            console.print(f"{said}: interrupted after {done} of {planned} questions.")
            return replace(result, interrupted=True)
    return result


def _show(
    result: Bench, noise: Noise | None, quality: OwnQuality | None, notes: Sequence[str]
) -> None:
    from harness.show.bench_picture import bench_table, finding, noise_finding, own_finding
    from harness.show.service_tables import wrong_answers

    console.print(bench_table(result))
    said = [*notes, finding(result)]
    if noise and (ratio := result.comparison.ratio("e2e_ms")) and not result.saturated:
        said.append(noise_finding(noise, result.a.name, ratio))
    if quality:
        said += [own_finding(quality), *wrong_answers("Wrong, A", quality.wrong_a)]
        said += wrong_answers("Wrong, B", quality.wrong_b)
    for sentence in said:
        say(sentence)
