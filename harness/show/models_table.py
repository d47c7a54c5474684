"""Model files as a table: what is in them, how close, how good, how fast."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from harness.measure.model_files.figures import Exam, Figures

SMALL_SHARE = 0.005  # of the bytes: norms, which are never quantised


def models_table(found: Sequence[Figures]) -> Table:
    """One row a file; every column says what its number is."""
    table = Table(title="Model files of the offline tier", title_justify="left")
    table.add_column("model")
    table.add_column("role")
    for heading in ("MB", "KL, nats", "top-1", "exact fact", "refusal"):
        table.add_column(heading, justify="right")
    for heading in ("prefill tok/s", "decode tok/s", "TTFT ms, cold", "of memory limit"):
        table.add_column(heading, justify="right")
    table.add_column("bytes by number format")
    for one in found:
        table.add_row(*_cells(one))
    return table


def caption(found: Sequence[Figures]) -> str:
    """What the columns mean, in two sentences."""
    tokens = max((one.prompt_tokens for one in found), default=0)
    exams = {f"n={e.n}, {e.passages} passages, {e.where}" for e in map(_exam, found) if e}
    return (
        f"Speed: p50 of 5 cold prompts of about {tokens} tokens, model only, measured here. "
        f"Quality: right passage among near misses ({'; '.join(sorted(exams)) or 'not measured yet'})."
    )


def _cells(one: Figures) -> list[str]:
    exam = one.quality
    return [
        one.name,
        one.role,
        f"{one.file_mb:,.0f}",
        "–" if one.kl is None else f"{one.kl:.4f}",
        "–" if one.top1 is None else f"{one.top1:.1%}",
        f"{exam.exact:.1%}" if exam else "–",
        f"{exam.refusal:.1%}" if exam else "–",
        f"{one.prefill_tok_s:,.0f}",
        f"{one.decode_tok_s:,.0f}",
        f"{one.ttft_ms:,.0f}",
        f"{one.bandwidth_share:.0%}",
        formats(one.bytes_by_type),
    ]


def formats(bytes_by_type: dict[str, int]) -> str:
    """ "Q5_0 52 %, Q8_0 31 %": the largest first, norms left out."""
    total = sum(bytes_by_type.values())
    shares = sorted(((size / total, name) for name, size in bytes_by_type.items()), reverse=True)
    return ", ".join(f"{name} {share:.0%}" for share, name in shares if share > SMALL_SHARE)


def _exam(one: Figures) -> Exam | None:
    return one.quality
