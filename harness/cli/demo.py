"""under500 demo: ask the slow assistant fresh questions and see where the time goes."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from harness.cli.output import Json, console, print_json

if TYPE_CHECKING:
    from harness.kb.questions import Case
    from harness.measure.timing import Timing
    from harness.measure.trace import Trace


def demo(
    n: Annotated[int, typer.Option("-n", "--n", min=1, max=500, help="Questions to ask.")] = 5,
    seed: Annotated[int | None, typer.Option(help="Draw the same questions again.")] = None,
    trace: Annotated[Path | None, typer.Option(help="Write a Chrome trace, for Perfetto.")] = None,
    as_json: Json = False,
) -> None:
    """Ask the slow assistant N fresh questions through its network; show answers and waterfall."""
    from harness import baseline
    from harness.kb.questions import draw
    from harness.measure.timing import timed
    from harness.measure.trace import recording

    seed = secrets.randbelow(10**9) if seed is None else seed
    warm_up, *cases = draw("dev", n + 1, seed)
    timings: list[Timing] = []
    with console.status("Starting the slow assistant …") as status:
        with baseline.deployed() as assistant:
            timed(assistant, warm_up.question)  # page-in and first-call costs are nobody's latency
            with recording() as recorder:
                for number, case in enumerate(cases, start=1):
                    status.update(f"Question {number} of {n} …")
                    timings.append(timed(assistant, case.question))
                    _show_answer(case, timings[-1])
        traces = recorder.traces()
    if trace:
        _write_trace(trace, traces)
    _show_waterfall(timings, traces)
    if as_json:
        print_json(_summary(seed, cases, timings, traces))


def _show_answer(case: Case, timing: Timing) -> None:
    # Escaped: what a model writes may look like markup.
    console.print(f"[bold]Q[/] {escape(case.question.text)}", highlight=False)
    flags = f" [yellow]({', '.join(timing.answer.flags)})[/]" if timing.answer.flags else ""
    console.print(f"[bold]A[/] {escape(timing.answer.text)}{flags}", highlight=False)
    console.print(f"  [dim]end-to-end {timing.e2e_ms:.0f} ms; right: {escape(case.reference)}[/]")


def _show_waterfall(timings: list[Timing], traces: list[Trace]) -> None:
    from harness.show.text import text_waterfall

    typical = sorted(traces, key=lambda trace: trace.total_ms)[len(traces) // 2]
    console.print(text_waterfall(typical))
    p50 = median(timing.e2e_ms for timing in timings)
    console.print(f"end-to-end p50 {p50:.0f} ms (n={len(timings)}, measured at the client)")


def _write_trace(path: Path, traces: list[Trace]) -> None:
    import json

    from harness.measure.trace import chrome_trace

    path.write_text(json.dumps(chrome_trace(traces)))
    console.print(f"Trace written to {path}: open it at ui.perfetto.dev.")


def _summary(
    seed: int, cases: list[Case], timings: list[Timing], traces: list[Trace]
) -> dict[str, object]:
    from harness.measure.machine import describe
    from harness.measure.quality import summary

    answered = [(case, timing.answer) for case, timing in zip(cases, timings, strict=True)]
    stages = [trace.stage_ms() for trace in traces]
    return {
        "seed": seed,
        "n": len(timings),
        "baseline": {
            "e2e_ms": {"p50": median(t.e2e_ms for t in timings)},
            "ttft_ms": {"p50": median(t.ttft_ms for t in timings if t.ttft_ms is not None)},
            "stages_ms": {name: median(ms[name] for ms in stages) for name in stages[0]},
            "coverage": min(trace.coverage for trace in traces),
            "quality": summary(answered).to_json(),
        },
        "machine": asdict(describe()),
    }
