"""The candidate's turns as HTML, with highlights for credited, nearly credited and wrong sentences."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.interview.scoring.findings import Finding, Level, Mistake
from harness.interview.scoring.scorecard import Scorecard

# Each kind has a sign as well, so that colour is never the only distinction.
KINDS = {
    "explained": ("✓✓", "explained", "#009E7333"),
    "applied": ("✓", "applied", "#56B4E944"),
    "mention": ("·", "named, without its reason", "#E69F0033"),
    "near": ("?", "nearly", "#99999933"),
    "wrong": ("✗", "wrong", "#D55E0033"),
}
LEVELS = {Level.EXPLAINED: "explained", Level.APPLIED: "applied", Level.MENTION: "mention"}
TURN = "margin:0 0 8px;padding-left:10px;border-left:3px solid #0072B2;white-space:pre-wrap"


@dataclass(frozen=True, slots=True)
class Mark:
    """A highlight: characters [start, end) of a turn, and a comment (`says`) on them."""

    turn: int
    start: int
    end: int
    kind: str
    says: str


def quoted(card: Scorecard) -> str:
    """Return HTML with every turn of the candidate as it was written, all text escaped."""
    marks = list(_marks(card))
    turns = "".join(
        f'<p style="{TURN}">{_marked(p.original, [mark for mark in marks if mark.turn == n])}</p>'
        for n, p in enumerate(card.passages)
        if p.original.strip()
    )
    return f"{_legend(marks)}{turns}" if turns else "<p>Nothing was said.</p>"


def _marks(card: Scorecard) -> Iterator[Mark]:
    for mistake in card.mistakes:
        yield _wrong(card, mistake)
    for finding in card.shown.values():
        if not finding.sentence.text:  # a card was opened by command: there are no words to mark
            continue
        yield _mark(card, finding, LEVELS[finding.level])
    for finding in card.near_misses:
        yield _mark(card, finding, "near")


def _mark(card: Scorecard, finding: Finding, kind: str) -> Mark:
    where, says = finding.sentence, card.rubric.by_id[finding.expectation].says
    why = finding.deed or finding.loss
    because = f": {why}" if why else ""
    perhaps = "" if finding.sure or kind == "near" else "perhaps: "
    return Mark(where.turn, where.start, where.end, kind, f"{perhaps}{says}{because}")


def _wrong(card: Scorecard, mistake: Mistake) -> Mark:
    where = mistake.sentence
    truth = next(m.truth for m in card.rubric.misconceptions if m.id == mistake.misconception)
    says = f"corrected later: {truth}" if mistake.repaired else truth
    return Mark(where.turn, where.start, where.end, "wrong", says)


def _marked(text: str, marks: Iterable[Mark]) -> str:
    """Return the text with its highlights; overlapping marks become one with all their comments."""
    out, at = [], 0
    for start, end, group in _groups(marks):
        # Near misses beside a credited or wrong sentence would be noise.
        sure = [mark for mark in group if mark.kind != "near"]
        out.append(html.escape(text[at:start]))
        out.append(_highlight(text[start:end], sure or group))
        at = end
    return "".join([*out, html.escape(text[at:])])


def _groups(marks: Iterable[Mark]) -> list[tuple[int, int, list[Mark]]]:
    groups: list[tuple[int, int, list[Mark]]] = []
    for mark in sorted(marks, key=lambda m: (m.start, m.end)):
        if groups and mark.start < groups[-1][1]:
            start, end, group = groups[-1]
            groups[-1] = (start, max(end, mark.end), [*group, mark])
        else:
            groups.append((mark.start, mark.end, [mark]))
    return groups


def _highlight(text: str, group: list[Mark]) -> str:
    kind = min((mark.kind for mark in group), key=["wrong", *KINDS].index)
    signs = "".join(f" {KINDS[mark.kind][0]} {html.escape(mark.says)}" for mark in group)
    title = html.escape(" / ".join(mark.says for mark in group), quote=True)
    return (
        f'<mark data-kind="{kind}" title="{title}" style="background:{KINDS[kind][2]};color:inherit">'
        f"{html.escape(text)}</mark><small style='opacity:.75'>{signs}</small>"
    )


def _legend(marks: Iterable[Mark]) -> str:
    used = {mark.kind for mark in marks}
    items = [
        f'<mark style="background:{colour};color:inherit">{sign} {says}</mark>'
        for kind, (sign, says, colour) in KINDS.items()
        if kind in used
    ]
    return f"<p>{' &nbsp; '.join(items)}</p>" if items else ""
