"""What a turn does: the acts whose odds are high enough."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from harness.interview.listening.examples import NONE
from harness.interview.reading import Act

# Least log odds of an act, and of the likeliest one if none reaches that; chosen on turns of other authors.
LEAST, NEAR = 2.25, 0.0
# What a turn does beside the interview is heard only if it does nothing else, or is said quite clearly.
SPOKEN = (Act.DONT_KNOW, Act.HINT, Act.REPEAT)
ASIDE = (*SPOKEN, Act.OFF_TOPIC, Act.DONE)


def acts(odds: Mapping[str, float], implied: Collection[Act] = ()) -> tuple[Act, ...]:
    """Return what a turn does, in the order of `Act`; a turn that does nothing is off topic.

    implied: acts that follow from what was heard: naming a remedy proposes, naming a cause claims.
    """
    found = {act for act in Act if odds[act] >= LEAST} | set(implied)
    if not found:
        nearest = max(Act, key=lambda act: odds[act])
        near = odds[nearest] >= max(NEAR, odds[NONE])
        return (nearest if near else Act.OFF_TOPIC,)
    if not found <= set(ASIDE):
        found -= set(ASIDE) - set(SPOKEN)
    return tuple(act for act in Act if act in found)
