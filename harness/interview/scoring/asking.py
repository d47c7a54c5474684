"""What a follow-up question asks about."""

from __future__ import annotations

import re

from harness.interview.scoring.likeness import Likeness
from harness.interview.scoring.patterns import any_span
from harness.interview.scoring.rubric import Rubric

# Questions that name a dimension and none of its expectations.
CUES = {
    "stakeholders": re.compile(
        r"(?i)\b(pm|product manager|product (asks|wants|says|owner)|stakeholder|non-?technical|plain (words|language)"
        r"|explain (it|this|that) to|tell (the )?(pm|product|boss|them)|the ceo|customer asks)\b"
    ),
    "tradeoffs": re.compile(
        r"(?i)\b(trade-?offs?|price|cost|downside|options?|what do (we|you) (lose|pay))\b"
    ),
    "systematic": re.compile(
        r"(?i)\b(where do you (start|begin)|first step|how (would|do) you (debug|know|verify|check|find)"
        r"|root cause|bottleneck|measure|diagnos\w+)\b"
    ),
}


def asked_about(rubric: Rubric, prompt: str, likeness: Likeness | None) -> frozenset[str]:
    """Ids of the expectations a follow-up can show; by its words, then by its topics, then by meaning."""
    named = {e.id for e in rubric.expectations if any_span((*e.accept, *e.asked), prompt)}
    named |= {
        e.id for dimension, cue in CUES.items() if cue.search(prompt) for e in rubric.of(dimension)
    }
    if named:
        return frozenset(named)
    topics = {e.id for e in rubric.expectations if any_span(e.topic, prompt)}
    if topics and len(topics) <= len(rubric.expectations) // 4:
        return frozenset(topics)
    near = likeness.nearest([prompt])[0].expectation if likeness else None
    return frozenset({near}) if near else frozenset(topics)
