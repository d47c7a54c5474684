"""under500 profile URL|module:name: where the time of one's own service goes."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.kept_results import keep_profile
from harness.cli.machine_load import loads_around
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
    Timeout,
    chat_options,
    is_address,
    read_own_questions,
    say_unused,
)
from harness.errors import WrongUseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.trace import SpanContext

    from harness.measure.service.own_questions import OwnQuestion
    from harness.measure.service.service_report import ServiceReport
    from harness.measure.service.service_run import Outcome, Plan
    from harness.measure.service.targets import Target

N = 45  # the fewest that support a p90, and the cold one


def profile(
    service: Annotated[
        str,
        typer.Argument(
            help="Address up to /v1, or module:name of a function, an Assistant, a LangChain runnable "
            "or a LlamaIndex query engine."
        ),
    ],
    model: Annotated[
        str | None, typer.Option(help="Model at an address; needed if the server has several.")
    ] = None,
    questions: Questions = None,
    n: Annotated[
        int, typer.Option("-n", "--n", min=1, max=2000, help="Number of requests at most.")
    ] = N,
    rate: Rate = RATE,
    max_tokens: MaxTokens = MAX_TOKENS,
    timeout: Timeout = TIMEOUT_S,
    key_name: KeyName = KEY_NAME,
    header: Headers = None,
    body: Body = None,
    no_usage: NoUsage = False,
    otlp: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help="Port at which the spans of a service at an address are received by OTLP; usually 4318.",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of the questions, if none of your own are given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Time a service of your own: where its time goes, what each fix could give, what to try first."""
    from harness.measure.machine import describe as machine
    from harness.measure.service.own_questions import halden_questions
    from harness.measure.service.service_report import ServiceReport
    from harness.measure.service.service_run import Plan
    from harness.measure.service.targets import target

    seed = secrets.randbelow(10**9) if seed is None else seed
    asked = read_own_questions(questions)[:n] if questions else halden_questions(n, seed)
    if otlp is not None and not is_address(service):
        raise WrongUseError(
            "--otlp is for a service at an address: the spans of an object are known."
        )
    options = chat_options(key_name, max_tokens, header, body, no_usage, timeout)
    say_unused([service], rate, options, model)
    found = target(service, model, options)
    limits = (rate, max_tokens) if found.client else (None, None)
    plan = Plan(len(asked), *limits, timeout)
    settings = {
        "seed": None if questions else seed,
        "rate": plan.rate,
        "max_tokens": plan.max_tokens,
        "timeout_s": timeout,
        "body": sorted(options.body),  # the names alone: a value may be anything
    }
    about = "" if questions else ", about this project's help centre (your own: --questions)"
    say(f"{found.name}: {plan}{about}.")
    before = machine.busy()
    outcomes, interrupted = _run(found, asked, plan, otlp)
    busy = loads_around(before)
    report = ServiceReport(
        found.name,
        plan.n,
        tuple(outcomes),
        busy,
        interrupted,
        tuple(found.notes),
        settings,
        found.hide,
    )
    _show(report)
    keep_profile(report)
    if as_json:
        print_json(report.to_json())
    if interrupted:
        raise typer.Exit(INTERRUPTED)
    if not report.warm:
        raise typer.Exit(FAILED)


def _run(
    found: Target, asked: list[OwnQuestion], plan: Plan, otlp: int | None
) -> tuple[list[Outcome], bool]:
    """Return the outcomes, and whether the user has interrupted the run: what is measured is kept."""
    from harness.measure.service.detail import with_traces
    from harness.measure.service.span_receiver import WAIT_S, receiving

    if otlp is None:
        return _asked(found, asked, plan)
    with receiving(otlp) as (spans, address):
        say(f"Spans are received at {address} (OTLP over HTTP).")
        outcomes, interrupted = _asked(found, asked, plan, spans.expect)
        with console.status("Waiting for the last spans …"), suppress(KeyboardInterrupt):
            spans.wait(0.0 if interrupted else WAIT_S)
        traced = with_traces(outcomes, spans, found.hide)
    if not any(outcome.trace for outcome in traced):
        say(
            f"No span of these requests came: the service must send them to {address}, and honour "
            "`traceparent`."
        )
    return traced, interrupted


def _asked(
    found: Target,
    asked: list[OwnQuestion],
    plan: Plan,
    expect: Callable[[SpanContext], object] = lambda sent: None,
) -> tuple[list[Outcome], bool]:
    from harness.measure.service.service_run import run_service

    outcomes = []
    with console.status("Asking …") as status:
        try:
            for outcome in run_service(found, asked, plan, expect=expect):
                outcomes.append(outcome)
                status.update(f"{len(outcomes)} of {plan.n} requests …")
        except KeyboardInterrupt:
            return outcomes, True
    return outcomes, False


def _show(report: ServiceReport) -> None:
    from harness.measure.machine.busy import beside_note
    from harness.show.service_tables import ceilings_table, findings, spans_table, times_table
    from harness.show.text import text_waterfall

    if load := beside_note(report.beside).strip():
        say(load)
    traced = [o for o in report.warm if o.trace and (o.sent or o.trace.stage_ms())]
    if traced:
        typical = sorted(traced, key=lambda outcome: outcome.trace.total_ms)[len(traced) // 2]
        show = spans_table if typical.sent else text_waterfall
        console.print(show(typical.trace))
    if report.timed:
        console.print(times_table(report))
    if report.ceilings:
        console.print(ceilings_table(report))
    for sentence in findings(report):
        say(sentence)
