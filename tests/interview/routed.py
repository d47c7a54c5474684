"""Questions that nobody looked at while the routes were written: which card do they lead to?"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from harness.interview.routing import NOT_SHOWN, Kind, Router
from harness.measure.stats import Proportion

DATA = Path(__file__).parents[1] / "unit" / "interview" / "data"


@cache
def unseen() -> tuple[tuple[str, str], ...]:
    """(question, card or kind) of both held-out files."""
    halves = (_read("routing.yaml")["held"], _read("routing_held_b.yaml"))
    return tuple(
        (q, card) for half in halves for card, questions in half.items() for q in questions
    )


def _read(name: str) -> dict:
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


def shares(router: Router) -> dict[str, Proportion]:
    """First choice right, right one among three, and what has no card answered with one."""
    found = [(router(question), card) for question, card in unseen()]
    carded = [(routed, card) for routed, card in found if card not in NOT_SHOWN]
    outside = [routed for routed, card in found if card in NOT_SHOWN]
    return {
        "top-1": _share([routed.cards[:1] == (card,) for routed, card in carded]),
        "top-3": _share([card in routed.cards for routed, card in carded]),
        "no card asked for, one shown": _share([r.kind == Kind.CARD for r in outside]),
    }


def _share(right: list[bool]) -> Proportion:
    return Proportion(sum(right), len(right))
