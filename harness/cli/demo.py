"""under500 demo: the slow baseline beside the reference solution on new questions."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from harness.cli.output import FAILED, Json, console, print_json

if TYPE_CHECKING:
    from harness.kb.questions import Case
    from harness.measure.latency.bench import Bench
    from harness.measure.latency.compare import Pair, Side
    from harness.measure.latency.trace import Trace

SIDES = {"a": "baseline", "b": "reference"}


def demo(
    n: Annotated[
        int,
        typer.Option("-n", "--n", min=2, max=500, help="Number of questions, rounded up to even."),
    ] = 6,
    seed: Annotated[
        int | None, typer.Option(help="Seed of the questions, to ask the same ones again.")
    ] = None,
    trace: Annotated[
        Path | None, typer.Option(help="Write a Chrome trace to this file, for Perfetto.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask the slow baseline and the reference solution N new questions; show where each spends its time."""
    from harness import entries
    from harness.kb.questions import draw
    from harness.measure.latency.bench import WARM_UP, Bench, run_bench
    from harness.measure.latency.trace import recording

    seed = secrets.randbelow(10**9) if seed is None else seed
    cases = draw("dev", WARM_UP + n + n % 2, seed)
    with console.status("Loading both assistants …"):
        result = Bench(*map(entries.entry_named, SIDES.values()))
    with recording() as recorder:
        for so_far in run_bench(result.a, result.b, cases):
            result = so_far
            for pair, case in list(zip(result.comparison.pairs, result.cases, strict=False))[-2:]:
                _show_answers(case, pair)
    _fail_if_faulty(result)
    traces = by_side(recorder.traces()[2 * WARM_UP :], result.comparison.pairs)
    if trace:
        _write_trace(trace, [request for side in traces.values() for request in side])
    _show(result, traces)
    if as_json:
        print_json({"seed": seed} | _summary(result, traces))


def by_side(traces: Sequence[Trace], pairs: Sequence[Pair]) -> dict[Side, list[Trace]]:
    """Return the traces of a comparison by side; they were recorded in the order A B B A."""
    sides = [side for pair in pairs for side in ("ab" if pair.a_first else "ba")]
    return {side: [t for t, s in zip(traces, sides, strict=True) if s == side] for side in SIDES}


def _show_answers(case: Case, pair: Pair) -> None:
    from harness.measure.latency.timing import Timing

    # Escaped because a model's text may look like markup.
    console.print(f"[bold]Q[/] {escape(case.question.text)}", highlight=False)
    for side, name in SIDES.items():
        if isinstance(timing := getattr(pair, side), Timing):
            flags = f" ({', '.join(timing.answer.flags)})" if timing.answer.flags else ""
            text = escape(timing.answer.text + flags)
            console.print(f"  [dim]{name:<10}{timing.e2e_ms:6,.0f} ms[/]  {text}", highlight=False)
    console.print(f"  [dim]expected             {escape(case.reference)}[/]", highlight=False)


def _fail_if_faulty(result: Bench) -> None:
    from harness.show.bench_picture import finding

    if not result.comparison.clean:
        console.print(finding(result), highlight=False)
        raise typer.Exit(FAILED)


def _show(result: Bench, traces: dict[Side, list[Trace]]) -> None:
    from harness.show.bench_picture import bench_table, finding
    from harness.show.text import text_waterfall

    for side in SIDES:
        console.print(text_waterfall(_typical(traces[side])))
        console.print()
    console.print(bench_table(result))
    console.print(finding(result), soft_wrap=True, highlight=False)


def _typical(traces: Sequence[Trace]) -> Trace:
    return sorted(traces, key=lambda trace: trace.total_ms)[len(traces) // 2]


def _write_trace(path: Path, traces: list[Trace]) -> None:
    import json

    from harness.measure.latency.trace import chrome_trace

    path.write_text(json.dumps(chrome_trace(traces)))
    console.print(f"Trace written to {path}: open it at ui.perfetto.dev.")


def _summary(result: Bench, traces: dict[Side, list[Trace]]) -> dict[str, object]:
    """Return the JSON of `bench` and the stages of each side."""
    from statistics import median

    values = result.to_json()
    for side, name in SIDES.items():
        stages = [trace.stage_ms() for trace in traces[side]]
        values[name] = {
            **{measured: values[measured][side] for measured in ("e2e_ms", "ttft_ms", "quality")},
            "stages_ms": {stage: median(ms[stage] for ms in stages) for stage in stages[0]},
            "coverage": min(trace.coverage for trace in traces[side]),
        }
    return values
