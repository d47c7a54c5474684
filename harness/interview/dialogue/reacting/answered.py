"""Which of the interviewer's questions a turn answers before they are asked, by its words."""

from __future__ import annotations

import re

# Words by which a turn answers a question before it is asked.
SAID = {
    "size": r"\d ?(ms|s|secs?|seconds?|percent|x|times)\b|\d ?%|\b(half|third|quarter|twice|double|"
    r"hundred|(a|one|two|three) (milli)?seconds?)\b|"
    r"\b(to|is|at|about|around|maybe|roughly|under|below|near|saves?|left|not|and) [~≈]?\d{2,}(?![\w-])",
    "cost": r"\b(cost\w*|price|free|danger\w*|lose\w*|loss|quality|accura\w*|recall|stale|fresh\w*|money|"
    r"dollars?|worse|slower|effort|days?|weeks?|memory|trade.?off|expens\w*|give up|chop\w*|abrupt\w*|"
    r"cut off|outdated|gone|must not|catch|throw away|miss\w*|downside|drop\w*|points?|bill|finance|budget|"
    r"a month)\b|\$",
    "mechanism": r"\b(because|since|so that|instead|wait\w*|each|every|then|while|one by one|at once)\b.*\w+",
    "risk": r"\b(risk\w*|wrong|fail\w*|roll|canary|watch|alert|revert|unless|if|monitor\w*|measure\w*)\b",
    "source": r"[=×*+]|\b(will|would|should|estimate|guess|roughly|then|card|from|measured|computed|times|"
    r"x|at|over|says|shows|because|sum)\b",
    "win": r"\d|\b(half|third|quarter|twice|double|first (words?|tokens?))\b",
    "harm": r"\b(because|queue|wait|slow\w*|miss\w*|nothing|worse|still)\b",
    "check": r"\b(look|measure|check|card|trace|see|compare|number|if)\b|\d",
    "evidence": r"\b(look|measure|check|card|trace|see|compare|number|if)\b|\d",
    "alternative": r"\b(ruled? out|not|isn.?t|only|same)\b",
    "why_not": r"\b(because|since|even if|even free|anyway|can.?t|cannot|won.?t|would\w*|only|lose\w*|"
    r"cost\w*|worse|risk\w*|saves?|not the|no (use|point|help)|nothing)\b|\d",
    "why_behind": r"\b(because|since|as|so|each|every)\b",
    "limit": r"\d|\b(stop|revert|back|rolled?|off|never|no|any|same)\b",
    "responsible": r"\b(i|we|team|owner|on.?call|lead|somebody|people|pager?\w*|alert\w*|alarm)\b",
    "base": r"\d|\b(one|two|three|half|third|quarter|ten|percent|because|since|card|measured|trace|"
    r"table|as|shows?)\b",
    "sure": r"\b(measured|card|estimate|guess|about|roughly|assum\w*|if|maybe|probably|should)\b",
    "decides": r"\b(product|agree\w*|sign\w*|decide\w*|legal|team|users? (say|tell))\b",
    "reconsider": r"\b(reserve|not (now|yet|first)|only if|unless|until|when|if|after\w*|later|first|for now|"
    r"yet|then)\b",
    "total": r"\b(all in all|in (all|total)|(al)?together|leaves?|left|lands?|ends? up|comes? (down )?to|"
    r"down to|remain\w*|then|after (that|all)|around|about|roughly|near(ly)?|arrives?|turns into|"
    r"(will|would|.d|.ll) (be|have|get|land))\b.{0,40}(\d|\b(one|two|half a) (point|second))",
    "only_one": r"\b(first|(start|begin) with|priority|order|only one|one week|number one)\b",
    "unsolved": r"\b(still|not (under )?(500|half)|won.?t|will not|never|remain\w*|rest|isn.?t 500)\b",
    "noticed": r"\b(watch|monitor\w*|measur\w*|alert\w*|alarm\w*|p ?\d\d|dashboard|check\w*|verif\w*|canary|"
    r"test\w*|compar\w*|track\w*|graph)\b",
    "reorder": r"\b(because|since|so|unless|if|only|risk\w*|cheap\w*|safe\w*)\b",
}
FULL = 5  # words: a shorter turn leaves the mechanism unsaid
EXPLAINED = 3  # sentences: a proposal of so many says how it works


def said(question: str, text: str) -> bool:
    """Return True if a text answers a question already."""
    if question == "mechanism" and len(text.split()) < FULL:
        return False
    if question == "mechanism" and len(re.findall(r"[.!;](?:\s|$)", text)) >= EXPLAINED:
        return True
    return question in SAID and bool(re.search(SAID[question], text, re.IGNORECASE))
