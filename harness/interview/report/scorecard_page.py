"""The scorecard as HTML: score bars, the candidate's turns with highlights, the actions, the next drill."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator, Mapping

from harness.interview.report.dimension_bars import NO_GUESS, dimension_bars
from harness.interview.report.quoted import quoted
from harness.interview.scoring.scorecard import DRILLS, Scorecard
from harness.show.style import Picture


def scorecard_page(card: Scorecard, guess: Mapping[str, float] = NO_GUESS) -> str:
    """Return the HTML. Notices come first, because they may say why there is no score."""
    return "".join(_parts(card, guess))


def _parts(card: Scorecard, guess: Mapping[str, float]) -> Iterator[str]:
    yield "<h3>Scorecard</h3>"
    for notice in card.notices:
        yield f"<p><strong>{html.escape(notice)}</strong></p>"
    yield _image(dimension_bars(card.scores, guess))
    yield f"<p>{html.escape(card.banner)}</p>"
    yield f"<h3>In your own words</h3>{quoted(card)}"
    if card.checks:
        done = "".join(_done(c.says, c.passed) for c in card.checks)
        yield f'<h3>What you did</h3><ul style="list-style:none;padding-left:0.4em">{done}</ul>'
    if card.gaps and any(card.scores.values()):
        drills = "".join(f"<li>{_drill(e.says, e.lab)}</li>" for e in card.gaps[:DRILLS])
        yield f"<h3>Next drill</h3><ol>{drills}</ol>"


def _image(picture: Picture) -> str:
    data, size = picture._repr_png_()
    text = html.escape(repr(picture), quote=True)
    source = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    return f'<img alt="{text}" width="{size["width"]}" style="max-width:100%" src="{source}">'


def _done(says: str, passed: bool) -> str:
    return f"<li>{'✓' if passed else '✗'} {html.escape(says)}</li>"


def _drill(says: str, lab: str) -> str:
    return f"{html.escape(says)} &nbsp;<code>{html.escape(lab)}</code>"
