"""One question, answered by two assistants at the pace that was measured: an animated SVG for a web page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from harness.show import palette
from harness.show.dark import ON_DARK
from harness.show.number_formats import duration

WIDTH, MARGIN = 840, 28  # units of the drawing; a README shows it about as wide in pixels
LEFT, RIGHT = MARGIN, WIDTH - MARGIN
ROW, BAR, LINE = 74, 12, 22  # an assistant without its text, a bar, and a line of text
LINE_CHARS, NOTE_CHARS = (
    88,
    112,
)  # of 15 and 12 px text between the margins in the widest usual font
HOLD_MS = 3000.0  # the end stays in view before the film begins again
LIMIT_MS = 500.0
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


@dataclass(frozen=True, slots=True)
class Answered:
    """An assistant's answer: each piece of text with the ms after the question when it was shown."""

    name: str
    pieces: tuple[tuple[float, str], ...]
    e2e_ms: float

    @property
    def ttft_ms(self) -> float:
        """Return the ms until the first piece with text."""
        return next(at_ms for at_ms, text in self.pieces if text.strip())

    def words(self) -> Iterator[tuple[float, str]]:
        """Yield each word with the ms when its last piece was shown."""
        ends = [(at_ms, len(text)) for at_ms, text in self.pieces]
        text, end = "".join(text for _, text in self.pieces), 0
        for word in text.split():
            end = text.index(word, end) + len(word)
            yield next(at for n, (at, _) in enumerate(ends) if _length(ends, n) >= end), word


def _length(ends: Sequence[tuple[float, int]], n: int) -> int:
    return sum(size for _, size in ends[: n + 1])


def finding(slow: Answered, fast: Answered) -> str:
    """Return what the film shows, in a sentence."""
    return (
        f"The same question: {duration(slow.ttft_ms)} of silence before the first word, "
        f"and {duration(fast.ttft_ms)}"
    )


def two_answers(question: str, slow: Answered, fast: Answered, note: str, dark: bool) -> str:
    """Return an SVG that plays both answers side by side in real time, again and again.

    note: what the numbers are, in small print. Without animation, as for a reader who prefers less motion, it
    shows the end.
    """
    film, y = _Film(max(slow.e2e_ms, fast.e2e_ms)), 0
    body = [_text(LEFT, y := 34, finding(slow, fast), 19, palette.INK, "bold")]
    for line in textwrap.wrap(f"“{question}”", LINE_CHARS):
        body.append(_text(LEFT, y := y + LINE + 4, line, 15, palette.FAINT))
    for answered, colour in ((slow, palette.ORANGE), (fast, palette.BLUE)):
        body += film.row(y + 42, answered, colour)
        y += ROW + LINE * len(_lines(answered))
    y += 10
    for line in textwrap.wrap(note, NOTE_CHARS):
        body.append(_text(LEFT, y := y + 18, line, 12, palette.FAINT))
    svg = "\n".join([_head(y + 20, film.rules, finding(slow, fast)), *body, "</svg>\n"])
    for light, on_dark in ON_DARK.items() if dark else ():
        svg = svg.replace(f'"{light}"', f'"{on_dark}"')
    return svg


def _lines(answered: Answered) -> list[str]:
    return textwrap.wrap(" ".join(word for _, word in answered.words()), LINE_CHARS)


class _Film:
    """The rows of a film that lasts `ms` and HOLD_MS, and the animation `rules` that they use."""

    def __init__(self, ms: float) -> None:
        self.ms, self.rules = ms, [_LESS_MOTION]

    def row(self, y: float, answered: Answered, colour: str) -> Iterator[str]:
        """Yield an assistant's name, what it took, its bars of waiting and writing, and its words."""
        shown = f'text-anchor="end" {self._appear(answered.ttft_ms)}'
        took = f"first word {duration(answered.ttft_ms)}, all {duration(answered.e2e_ms)}"
        yield _text(LEFT, y, answered.name, 15, palette.INK, "bold")
        yield _text(RIGHT, y, took, 14, palette.INK, "bold", shown)
        yield from self._bars(y + 22, answered, colour)
        yield from self._words(y + 22 + BAR + LINE, answered)

    def _bars(self, y: float, answered: Answered, colour: str) -> Iterator[str]:
        first, end = self._x(answered.ttft_ms), self._x(answered.e2e_ms)
        yield _bar(LEFT, RIGHT, y, palette.PALE)
        yield _bar(LEFT, first, y, palette.GREY, self._grow(0, answered.ttft_ms))
        if end - first >= 1:  # what arrives in one piece is not written before one's eyes
            yield _bar(first, end, y, colour, self._grow(answered.ttft_ms, answered.e2e_ms))
        x, look = self._x(LIMIT_MS), f'stroke="{palette.LIMIT}" stroke-width="2"'
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - 10}" y2="{y + BAR + 4}" {look}/>'
        yield _text(x + 5, y - 4, f"{LIMIT_MS:.0f} ms", 12, palette.LIMIT)

    def _words(self, y: float, answered: Answered) -> Iterator[str]:
        words = list(answered.words())
        for number, line in enumerate(_lines(answered)):
            here, words = words[: len(line.split())], words[len(line.split()) :]
            spans = "".join(
                f"<tspan {self._appear(ms)}>{escape(word)} </tspan>" for ms, word in here
            )
            at = f'x="{LEFT}" y="{y + LINE * number}"'
            yield f'<text {at} font-size="15" fill="{palette.INK.lower()}">{spans}</text>'

    def _x(self, ms: float) -> float:
        return LEFT + (RIGHT - LEFT) * ms / self.ms

    def _appear(self, ms: float) -> str:
        at = self._percent(ms)
        return self._rule(
            f"0%,{at:.2f}%{{opacity:0;fill-opacity:0}}{at + 0.01:.2f}%,100%{{opacity:1;fill-opacity:1}}"
        )

    def _grow(self, from_ms: float, to_ms: float) -> str:
        start, end = self._percent(from_ms), self._percent(to_ms)
        return self._rule(
            f"0%,{start:.2f}%{{transform:scaleX(0)}}{end:.2f}%,100%{{transform:scaleX(1)}}"
        )

    def _percent(self, ms: float) -> float:
        return 100 * ms / (self.ms + HOLD_MS)

    def _rule(self, frames: str) -> str:
        name, seconds = f"k{len(self.rules)}", (self.ms + HOLD_MS) / 1e3
        self.rules.append(
            f"@keyframes {name}{{{frames}}}.{name}{{animation:{name} {seconds:.2f}s linear infinite}}"
        )
        return f'class="{name}"'


_LESS_MOTION = (
    "rect{transform-box:fill-box;transform-origin:left}"
    "@media (prefers-reduced-motion:reduce){*{animation:none!important}}"
)


def _head(height: float, rules: Sequence[str], title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" font-family="{FONT}" '
        f'role="img"><title>{escape(title)}</title><style>{"".join(rules)}</style>'
        f'<rect width="{WIDTH}" height="{height:.0f}" rx="8" fill="#ffffff"/>'
    )


def _bar(left: float, right: float, y: float, colour: str, more: str = "") -> str:
    box = f'x="{left:.1f}" y="{y}" width="{right - left:.1f}" height="{BAR}"'
    return f'<rect {box} fill="{colour.lower()}" {more}/>'


def _text(
    x: float, y: float, text: str, size: int, colour: str, weight: str = "normal", more: str = ""
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{colour.lower()}" {more}>'
        f"{escape(text)}</text>"
    )
