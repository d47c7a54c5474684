"""The third step of scoring: the level that each finding keeps, given the opened cards and the help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.interview.scoring.findings import Finding, Level, Loss
from harness.interview.scoring.grounding import grounded
from harness.interview.scoring.heard import Heard
from harness.interview.scoring.shown import Evidence


def settled(heard: Heard, evidence: Evidence) -> Evidence:
    """Return the evidence with the levels that count."""
    helped = _helped(heard)
    findings = (_grounded(heard, _assisted(heard, helped, f)) for f in evidence.findings)
    return replace(evidence, findings=tuple(findings))


def _grounded(heard: Heard, finding: Finding) -> Finding:
    """Return the finding, lowered to a mention if it is a breakdown whose times are on no known card."""
    spoken = finding.expectation == "SYS-BREAKDOWN" and not finding.deed
    if not (heard.transcript and heard.case and spoken) or finding.level <= Level.MENTION:
        return finding
    if grounded(finding.sentence.text, heard.case, heard.seen) is False:
        return replace(finding, level=Level.MENTION, loss=Loss.UNGROUNDED)
    return finding


def _helped(heard: Heard) -> Mapping[str, tuple[int, str]]:
    """Return line and kind of the interviewer's help, by the expectation that it was about."""
    events = heard.transcript.events if heard.transcript else ()
    return {
        event.target: (event.line, event.move)
        for event in events
        if event.who == "interviewer" and event.target and event.move in ("hint", "reveal")
    }


def _assisted(heard: Heard, helped: Mapping[str, tuple[int, str]], finding: Finding) -> Finding:
    """Return the finding, lowered if the interviewer helped before.

    An idea that follows a hint at it loses one level (a mention remains); one that was explained to the
    candidate earns nothing.
    """
    line, move = helped.get(finding.expectation, (None, None))
    if line is None or heard.lines[finding.sentence.turn] < line or not finding.level:
        return finding
    lower = Level.ABSENT if move == "reveal" else Level(max(1, finding.level - 1))
    return replace(finding, level=lower, loss=Loss.ASSISTED)
