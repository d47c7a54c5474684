"""Rules for a fair scenario: it is consistent, it can be solved, and it does not reveal its cause."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from harness.errors import PlainError
from harness.interview.dialogue.probes import follow_ups
from harness.interview.dialogue.wording import moves, reactions
from harness.interview.lint.agreement import disagreements
from harness.interview.lint.identities import broken_identities
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.scenario import Scenario

SLOW_MS = (2700, 4100)  # "users wait 3 to 4 seconds", ±10 %
GOAL_MS = 500
DEPLOY_EFFECT = 0.03  # maximum relative difference between requests before and after the deploy
REMEDIES = {  # allowed names in a matrix of remedies: techniques of the rubric, and repairs
    *("STK-SMALLER", "STK-STREAM", "STK-CACHE", "STK-ANN", "STK-QUANT", "STK-SPEC", "STK-BATCH"),
    *("STK-PREFILL", "STK-DIMS", "STK-ROUTE", "STK-PRECOMP", "STK-EDGE", "STK-PARALLEL"),
    *("output-cap", "replicas", "keep-warm", "single-flight", "isolate", "batch-post"),
    *("fewer-candidates", "kv-memory", "backoff", "api-quota"),
}
BARE_NUMBER = re.compile(r"\d[\d.,]*\s?(ms|s|tokens?|GB|a (minute|month|day))\b|\d\s?%|\$\d")
SEEDS = (None, 1, 2, 3)


def broken_rules(scenario: Scenario, seeds: Iterable[int | None] = SEEDS) -> Iterator[str]:
    """Yield one sentence for each broken rule, in the sessions of the given seeds."""
    yield from _remedies(scenario)
    yield from _typed_numbers(scenario)
    yield from _given_away(scenario)
    try:
        for text in _templates(scenario):
            Session(scenario).filled(text)  # raises if a quantity or fact does not exist
        for seed in seeds:
            rules = _session_rules(Session(scenario, seed))
            yield from (f"seed {seed}: {rule}" for rule in rules)
    except PlainError as error:
        yield str(error)


def _session_rules(session: Session) -> Iterator[str]:
    yield from disagreements(session.cards)
    yield from broken_identities(session)
    yield from _slow(session)
    yield from _innocent(session)


def _slow(session: Session) -> Iterator[str]:
    sample, cause = session.sample, session.scenario.cause
    felt = sample.where(session.scenario.felt)
    total = sample.total[felt].mean()
    if not SLOW_MS[0] <= total <= SLOW_MS[1]:
        yield f"the slow requests take {total:.0f} ms, but users are said to wait 3 to 4 s"
    means = {stage: times[felt].mean() for stage, times in sample.stages.items()}
    if max(means, key=lambda stage: means[stage]) != cause.stage:
        yield f"the cause is in {cause.stage}, which is not the largest stage"
    after = float(session.filled("{after.total:.0f}").split()[0])
    if not GOAL_MS < after < total:
        yield f"the fix leaves {after:.0f} ms: it should help, but not reach {GOAL_MS} ms"


def _innocent(session: Session) -> Iterator[str]:
    sample = session.sample
    before, after = (sample.total[sample.renewed == new].mean() for new in (False, True))
    if abs(before - after) > DEPLOY_EFFECT * before:
        yield f"the innocent deploy makes a difference: {before:.0f} ms before, {after:.0f} ms after"


def _remedies(scenario: Scenario) -> Iterator[str]:
    if unknown := set(scenario.remedies) - REMEDIES:
        yield f"remedies: there is no {', '.join(sorted(unknown))}"
    if "fixes" not in scenario.remedies.values():
        yield "remedies: nothing fixes it"


def _typed_numbers(scenario: Scenario) -> Iterator[str]:
    """Yield the numbers typed into a text: they disagree with the others as soon as the seed changes."""
    for name, text in _written(scenario):
        # "recall is 100 %" of an exact scan is not a measurement.
        if number := BARE_NUMBER.search(re.sub(r"\{[^}]*\}|100 %", "", text)):
            yield f"“{name}” has a typed number, {number[0]}: name a quantity or a fact instead"


def _written(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Yield every text about the service with its place."""
    for name, card in scenario.cards.items():
        yield from (
            (name, text) for text in (card.note, *(cell for row in card.rows for cell in row))
        )
    yield from ((name, fact) for name, fact in scenario.facts.items() if isinstance(fact, str))
    yield "cause", scenario.cause.equation
    yield from (("a text", text) for text in _templates(scenario))


def _given_away(scenario: Scenario) -> Iterator[str]:
    for text in _before_the_end(scenario):
        for term in scenario.cause.terms:
            if re.search(rf"\b{re.escape(term)}\b", text, re.IGNORECASE):
                yield f"the interviewer gives the cause away: “{term}” in “{text}”"


def _before_the_end(scenario: Scenario) -> Iterator[str]:
    """Yield everything that the interviewer may say before the debrief."""
    said = reactions()
    for pools in (moves(), said.comments, said.questions):
        yield from (text for pool in pools.values() for text in pool)
    yield from (t for f in follow_ups().values() for t in (*f.ask, f.hint, f.explain))
    yield from (scenario.name, scenario.setting, scenario.twist, *scenario.hints)
    yield from (scenario.product.premise, scenario.product.pushback)


def _templates(scenario: Scenario) -> Iterator[str]:
    yield from (scenario.setting, scenario.twist, *scenario.hints)
    yield from (scenario.product.premise, scenario.product.pushback, scenario.product.truth)
    yield from (scenario.cause.equation, scenario.cause.explanation, scenario.deploy.truth)
    yield from (scenario.fix.text, scenario.fix.leaves, scenario.deploy.note)
