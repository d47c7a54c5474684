"""The waterfall as text, for the terminal and for notebooks that show only text."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions
from rich.jupyter import JupyterMixin
from rich.table import Table
from rich.text import Text

from harness.measure.latency.trace import Trace
from harness.show.palette import LIMIT, STAGE_COLOURS
from harness.show.rows import Row, finding, numbers, rows, scope, what_it_is

WIDEST, NARROWEST = 60, 10  # characters of the bars
NUMBERS = 40  # characters for the columns of numbers and the gaps
PLAIN_WIDTH = 92  # characters that a notebook shows without wrapping


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Characters for computed time, emulated time, the whole request and the limit."""

    work: str = "█"
    simulated: str = "░"
    whole: str = "─"
    limit: str = "┊"


ASCII = Glyphs("#", ":", "-", "|")  # for terminals that encode nothing else


@dataclass(frozen=True)
class TextWaterfall(JupyterMixin):
    """One request as a table of bars that fits the width of the console."""

    trace: Trace
    limit_ms: float
    title: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text | Table]:
        glyphs = ASCII if options.ascii_only else Glyphs()
        stages = rows(self.trace)
        labels = max(len(row.label) for row in stages)
        width = max(NARROWEST, min(WIDEST, options.max_width - labels - NUMBERS))
        yield Text(self.title, style="bold")
        yield Text(what_it_is(self.trace), style="dim")
        yield self._table(stages, glyphs, width)

    def _table(self, stages: list[Row], glyphs: Glyphs, width: int) -> Table:
        end = max(self.trace.total_ms, self.limit_ms)
        scale, limit_at = width / end, min(width - 1, int(self.limit_ms / end * width))
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column()
        table.add_column(_heading(self.limit_ms, limit_at, width, glyphs), no_wrap=True)
        for heading in ("start", "duration", "share"):
            table.add_column(heading, justify="right", no_wrap=True)
        whole = Row(scope(self.trace), ((0.0, self.trace.total_ms),), 1.0)
        for row in (whole, *stages):
            glyph = glyphs.simulated if row.simulated else glyphs.work
            cells = _cells(row, glyphs.whole if row is whole else glyph, scale, width)
            bar = _coloured(cells, row.name, glyphs.limit, limit_at)
            table.add_row(row.label, bar, *numbers(row), style="bold" if row is whole else None)
        return table


def text_waterfall(trace: Trace, limit_ms: float = 500, title: str | None = None) -> TextWaterfall:
    """Return one request for `rich`: a bar per stage with start, duration and share, against the limit."""
    return TextWaterfall(trace, limit_ms, title or finding(trace, limit_ms))


def plain_waterfall(trace: Trace, limit_ms: float, title: str | None) -> str:
    """Return the waterfall as plain lines without colours."""
    console = Console(file=io.StringIO(), width=PLAIN_WIDTH, color_system=None, force_jupyter=False)
    with console.capture() as captured:
        console.print(text_waterfall(trace, limit_ms, title))
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _cells(row: Row, glyph: str, scale: float, width: int) -> list[str]:
    """Return one character per cell; every interval of time, however short, takes at least one."""
    cells = [" "] * width
    for start_ms, length_ms in row.bars:
        first = min(width - 1, int(start_ms * scale))
        last = min(width, max(first + 1, round((start_ms + length_ms) * scale)))
        cells[first:last] = [glyph] * (last - first)
    return cells


def _coloured(cells: list[str], stage: str, limit: str, limit_at: int) -> Text:
    free = cells[limit_at] == " "
    if free:
        cells[limit_at] = limit
    bar = Text("".join(cells), style=STAGE_COLOURS.get(stage, ""))
    if free:
        bar.stylize(LIMIT, limit_at, limit_at + 1)
    return bar


def _heading(limit_ms: float, limit_at: int, width: int, glyphs: Glyphs) -> Text:
    """Return the limit's name beside its mark, on the side that has space."""
    name = f"limit {limit_ms:,.0f} ms"
    after = f"{' ' * limit_at}{glyphs.limit} {name}"
    fits = len(after) <= width
    return Text(after if fits else f"{name} {glyphs.limit}".rjust(limit_at + 1), style=LIMIT)
