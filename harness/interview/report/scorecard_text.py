"""The scorecard in the terminal: score bars, quotes, near misses with their reasons, the next drill."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.interview.practice.moments import Moment
from harness.interview.scoring.findings import Finding, Level
from harness.interview.scoring.scorecard import Scorecard

NAMES = {
    "systematic": "Systematic debugging",
    "stack": "Inference stack",
    "tradeoffs": "Trade-offs",
    "stakeholders": "Stakeholders",
}
STYLES = {Level.MENTION: "yellow", Level.APPLIED: "green", Level.EXPLAINED: "bold green"}
MAX_QUOTE = 90  # characters, in a table


def scorecard(card: Scorecard, learned: Sequence[Moment] = ()) -> RenderableType:
    """Return the whole scorecard. Notices come first, because they may say why there is no score.

    learned: the moments of the interview from which most is to be learned.
    """
    return Group(*_parts(card, learned))


def _parts(card: Scorecard, learned: Sequence[Moment]) -> Iterator[RenderableType]:
    for notice in card.notices:
        yield Text(notice, style="yellow")
    yield _scores(card)
    if card.reasons:
        yield _reasons(card)
    if learned:
        yield Text("What to say next time", style="italic")
        yield from (_moment(moment) for moment in learned)
    if card.checks:
        yield _checks(card)
    if card.shown:
        yield _shown(card)
    for mistake in card.mistakes:
        yield _mistake(card, mistake.misconception)
    if card.near_misses:
        yield _near_misses(card)
    if card.drills:
        yield _drills(card)
    yield Text(card.banner, style="yellow" if card.second else "dim")


def _scores(card: Scorecard) -> Table:
    table = Table(title="Scores (3 = advance)", title_justify="left", show_header=False, box=None)
    for name, score in card.scores.items():
        bar = "█" * (score or 0) + "░" * (4 - (score or 0)) if score else "not shown here"
        table.add_row(NAMES[name], bar, str(score or ""))
    return table


def _reasons(card: Scorecard) -> Table:
    table = Table(title="Why", title_justify="left", show_header=False, box=None)
    for reason in card.reasons:
        table.add_row(NAMES[reason.dimension], escape(reason.text))
    return table


def _moment(moment: Moment) -> RenderableType:
    return Group(
        Text.assemble((f"Turn {moment.turn}  ", "bold"), _short(moment.said)),
        Padding(Text(moment.why), (0, 0, 0, 4)),
        Padding(Text.assemble(("Say  ", "bold green"), f"“{moment.better}”"), (0, 0, 1, 4)),
    )


def _checks(card: Scorecard) -> Table:
    table = Table(title="What you did", title_justify="left", show_header=False, box=None)
    for check in card.checks:
        mark = Text("✓", style="green") if check.passed else Text("✗", style="red")
        table.add_row(mark, escape(check.says))
    return table


def _shown(card: Scorecard) -> Table:
    table = Table(title="What you showed", title_justify="left", show_header=False)
    for expectation in card.rubric.expectations:
        if finding := card.shown.get(expectation.id):
            table.add_row(
                Text(_level(finding), style=STYLES[finding.level]),
                escape(expectation.says),
                _evidence(card, finding),
            )
    return table


def _evidence(card: Scorecard, finding: Finding) -> Text:
    """Return the words of a finding, or what was done if it has none: a card was opened by command."""
    quote = str(card.quote(finding.sentence)["quote"])
    return _short(quote) if quote.strip() else Text(finding.deed)


def _level(finding: Finding) -> str:
    return finding.level.name.lower() + ("" if finding.sure else ", perhaps")


def _mistake(card: Scorecard, name: str) -> Text:
    mistake = next(m for m in card.mistakes if m.misconception == name)
    truth = next(m.truth for m in card.rubric.misconceptions if m.id == name)
    mark = "wrong, corrected later" if mistake.repaired else "wrong"
    quote = str(card.quote(mistake.sentence)["quote"])
    return Text.assemble((f"{mark}: ", "bold red"), f"“{quote}” ", (truth, "italic"))


def _near_misses(card: Scorecard) -> Table:
    table = Table(title="Nearly", title_justify="left", show_header=False)
    for finding in card.near_misses:
        says = card.rubric.by_id[finding.expectation].says
        quote = _short(str(card.quote(finding.sentence)["quote"]))
        table.add_row(escape(says), quote, str(finding.loss))
    return table


def _drills(card: Scorecard) -> Table:
    table = Table(title="Next", title_justify="left", show_header=False)
    for advice in card.drills:
        table.add_row(escape(advice.says), advice.lab)
    return table


def _short(text: str) -> Text:
    line = " ".join(text.split())
    return Text(f"“{line}”" if len(line) <= MAX_QUOTE else f"“{line[: MAX_QUOTE - 1]}…”")
