"""Model files as a table: content, divergence from the full model, quality and speed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from harness.measure.model_files.figures import Figures

SMALL_SHARE = 0.005  # of the bytes: the norms, which are never quantised, lie below


def models_table(files: Sequence[Figures]) -> Table:
    """Return a table with one row per file."""
    table = Table(title="Model files of the offline tier", title_justify="left")
    table.add_column("model")
    table.add_column("role")
    for heading in ("MB", "KL, nats", "top-1", "exact fact", "refusal"):
        table.add_column(heading, justify="right")
    for heading in ("prefill tok/s", "decode tok/s", "TTFT ms, cold", "of memory limit", "draft"):
        table.add_column(heading, justify="right")
    table.add_column("bytes by number format")
    for file in files:
        table.add_row(*_cells(file))
    return table


def caption(files: Sequence[Figures]) -> str:
    """Return what the columns mean, in three sentences."""
    tokens = max((file.prompt_tokens for file in files), default=0)
    exams = {f"n={e.n}, {e.passages} passages, {e.where}" for file in files if (e := file.quality)}
    return (
        f"Speed: p50 of 5 cold prompts of about {tokens} tokens, model only, measured here. "
        f"Quality: right passage among near misses ({'; '.join(sorted(exams)) or 'not measured yet'}). "
        "Draft: the tokens looked up in the prompt at a time that write answers soonest here."
    )


def _cells(file: Figures) -> list[str]:
    exam = file.quality
    return [
        file.name,
        file.role,
        f"{file.file_mb:,.0f}",
        "–" if file.kl is None else f"{file.kl:.4f}",
        "–" if file.top1 is None else f"{file.top1:.1%}",
        f"{exam.exact:.1%}" if exam else "–",
        f"{exam.refusal:.1%}" if exam else "–",
        f"{file.prefill_tok_s:,.0f}",
        f"{file.decode_tok_s:,.0f}",
        f"{file.ttft_ms:,.0f}",
        f"{file.bandwidth_share:.0%}",
        file.draft or "–",
        formats(file.bytes_by_type),
    ]


def formats(bytes_by_type: dict[str, int]) -> str:
    """Return the formats and their shares, such as "Q5_0 52%, Q8_0 31%", the largest first, without norms."""
    total = sum(bytes_by_type.values())
    shares = sorted(((size / total, name) for name, size in bytes_by_type.items()), reverse=True)
    return ", ".join(f"{name} {share:.0%}" for share, name in shares if share > SMALL_SHARE)
