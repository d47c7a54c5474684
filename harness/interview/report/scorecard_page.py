"""The scorecard as HTML: score bars, the candidate's turns with highlights, the actions, the next drill."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence

from harness.interview.practice.moments import Moment
from harness.interview.report.dimension_bars import MAX_SCORE, NO_GUESS, WORDS
from harness.interview.report.quoted import quoted
from harness.interview.report.scorecard_text import NAMES
from harness.interview.scoring.reasons import Reason
from harness.interview.scoring.scorecard import Scorecard


def scorecard_page(
    card: Scorecard, guess: Mapping[str, float] = NO_GUESS, learned: Sequence[Moment] = ()
) -> str:
    """Return the HTML. Notices come first, because they may say why there is no score.

    learned: the moments of the interview from which most is to be learned.
    """
    return "".join(_parts(card, guess, learned))


def _parts(card: Scorecard, guess: Mapping[str, float], learned: Sequence[Moment]) -> Iterator[str]:
    yield "<h3>Scorecard</h3>"
    for notice in card.notices:
        yield f"<p><strong>{html.escape(notice)}</strong></p>"
    yield _bars(card.scores, guess)
    yield "".join(map(_reason, card.reasons))
    yield f"<p>{html.escape(card.banner)}</p>"
    if learned:
        yield f"<h3>What to say next time</h3>{''.join(map(_moment, learned))}"
    yield f"<h3>In your own words</h3>{quoted(card)}"
    if card.checks:
        done = "".join(_done(c.says, c.passed) for c in card.checks)
        yield f'<h3>What you did</h3><ul style="list-style:none;padding-left:0.4em">{done}</ul>'
    if card.drills:
        drills = "".join(f"<li>{_drill(advice.says, advice.lab)}</li>" for advice in card.drills)
        yield f"<h3>Next drill</h3><ol>{drills}</ol>"


def _reason(reason: Reason) -> str:
    return (
        f"<p><strong>{html.escape(NAMES[reason.dimension])}</strong> {html.escape(reason.text)}</p>"
    )


def _moment(moment: Moment) -> str:
    words, why, better = map(html.escape, (moment.said, moment.why, moment.better))
    return (
        f"<p>Turn {moment.turn}: <q>{words}</q><br>{why}<br>"
        f"<strong>A strong candidate says there:</strong> <q>{better}</q></p>"
    )


def _bars(scores: Mapping[str, int | None], guess: Mapping[str, float]) -> str:
    """Return the scores as bars in the colours of the page's theme."""
    rows = "".join(_bar(name, score, guess.get(name)) for name, score in scores.items())
    return f'<table style="border-spacing:0 6px">{rows}</table><p>3 means “advance”.</p>'


def _bar(name: str, score: int | None, guess: float | None) -> str:
    words = f"{score} of {MAX_SCORE}, {WORDS[score]}" if score else "not shown here"
    guessed = f"; your guess was {guess:g}" if guess else ""
    return (
        f'<tr><th scope="row" style="text-align:left;font-weight:400;padding-right:12px">'
        f'{html.escape(NAMES[name])}</th><td style="width:180px"><div style="border:1px solid">'
        f'<div style="width:{25 * (score or 0)}%;height:0.9em;background:currentColor"></div></div></td>'
        f'<td style="padding-left:12px">{words}{guessed}</td></tr>'
    )


def _done(says: str, passed: bool) -> str:
    return f"<li>{'✓' if passed else '✗'} {html.escape(says)}</li>"


def _drill(says: str, lab: str) -> str:
    return f"{html.escape(says)} &nbsp;<code>{html.escape(lab)}</code>"
