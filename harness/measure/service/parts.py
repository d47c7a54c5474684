"""The parts of a service's time as they are seen from outside, and the ceiling of each fix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from harness import semconv
from harness.chat.chat_exchange import Exchange
from harness.measure.latency.timing import Timing
from harness.measure.latency.trace import Trace
from harness.measure.service.received_trace import own_ms
from harness.measure.service.service_run import Outcome

CONNECTION, NETWORK, SERVER = "connection", semconv.NETWORK, "server, before it replies"
REPLY, FIRST, WRITING = "network and server", "reply to first text", "writing"
PREFILL = "generate, to first text"  # of a model whose answer is streamed
REST = "everything else"
SMALL_MS = 1.0  # a part below this is nothing to fix

# part -> what the labs would try first, and where
FIXES = {
    CONNECTION: ("keep the connection open", "10-capstone"),
    PREFILL: ("a shorter prompt, a kept prefix, a cache", "07-caching"),
    NETWORK: ("fewer round trips, a server nearer to the user", "10-capstone"),
    semconv.QUEUE: ("batching, more replicas, admission", "08-batching-and-load"),
    semconv.PREPROCESS: ("less work before the search: one small embedding model", "10-capstone"),
    semconv.RETRIEVE: ("vectorised or approximate search, a filter", "06-retrieval-hnsw"),
    semconv.GENERATE: ("a stop rule, a smaller or quantised model", "03-smaller-models"),
    semconv.POSTPROCESS: ("process the stream while it is written", "09-architecture"),
    SERVER: ("a shorter prompt, a kept prefix, a cache", "07-caching"),
    REPLY: ("a shorter prompt, a kept prefix, a cache", "07-caching"),
    FIRST: ("a shorter prompt, a kept prefix, a cache", "07-caching"),
    WRITING: ("a stop rule, a smaller or quantised model", "03-smaller-models"),
    REST: ("spans around its steps, to see where the time goes", "01-profile"),
}
UNKNOWN = ("look into this step", "01-profile")  # a stage with a name of the service's own
# A service's own steps with one of these names are kept apart from the parts that its client knows.
OURS = {CONNECTION, NETWORK, SERVER, REPLY, FIRST, WRITING, PREFILL, REST}
STREAM = ("stream the answer: users read the first words while the rest is written", "02-streaming")


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that one fix could give. part_ms, remains_ms: medians over requests, end-to-end."""

    part: str
    part_ms: float
    remains_ms: float
    fix: str
    lab: str


def streamed(outcomes: Sequence[Outcome]) -> bool:
    """Return whether at least half of the answers came in several pieces; one word never does."""
    whole = [outcome for outcome in outcomes if outcome.result.pieces < 2]
    return 2 * len(whole) <= len(outcomes)


def overstated(outcome: Outcome) -> bool:
    """Return whether a server states more time than there was until its reply began."""
    told = outcome.exchange if outcome.trace is None else None
    if told is None or told.server_ms is None or told.reply_ms is None:
        return False
    return told.server_ms > told.reply_ms - told.connect_ms


def parts(outcome: Outcome, whole: bool = False) -> dict[str, float]:
    """Return ms by part, in the order of time, which add up to the end-to-end time of a timed request.

    With or without spans, what comes after the first text is `writing`, and no other part holds any of it.
    whole: answers come in one piece, so that what lies between a reply's begin and its text is no part.
    """
    timing = outcome.result
    assert isinstance(timing, Timing)
    first = timing.e2e_ms if timing.ttft_ms is None else timing.ttft_ms
    return _until(outcome, first, whole) | {WRITING: timing.e2e_ms - first}


def _until(outcome: Outcome, first_ms: float, whole: bool) -> dict[str, float]:
    """Return the parts until the first text: from spans, from the exchange, or one without a name."""
    if outcome.trace is not None:
        return own_ms(*_known(outcome), first_ms)
    if outcome.exchange is None:
        return {REST: first_ms}
    found = _before(outcome.exchange, first_ms)
    if whole:  # a short wait for the last bytes; or all of the work, if the headers are sent first
        found[REPLY if REPLY in found else SERVER] += found.pop(FIRST)
    return found


def _known(outcome: Outcome) -> tuple[Trace, str]:
    """Return the spans to show, and the name of the time outside them: of an object, the project's stages."""
    if outcome.sent is not None:
        root, *inner = outcome.trace.spans
        return Trace((root, *(replace(s, name=_foreign(s.name)) for s in inner))), NETWORK
    root, *inner = outcome.trace.spans
    return Trace((root, *(span for span in inner if span.name in semconv.STAGES))), REST


def _before(exchange: Exchange, first_ms: float) -> dict[str, float]:
    """Return the parts until the first text."""
    reply = min(exchange.reply_ms or first_ms, first_ms)
    connection = min(exchange.connect_ms, reply)
    found = {CONNECTION: connection}
    if exchange.server_ms is None:
        found[REPLY] = reply - connection
    else:
        server = min(exchange.server_ms, reply - connection)
        share = server / (exchange.server_ms or 1.0)  # below 1 if it states more than there was
        stages = {_foreign(name): share * ms for name, ms in exchange.server.items()}
        found[NETWORK] = reply - connection - server
        found |= stages
        found[SERVER] = max(0.0, server - sum(stages.values()))
    return found | {FIRST: first_ms - reply}


def _foreign(name: str) -> str:
    return f"server: {name}" if name in OURS else name


def ceilings(outcomes: Sequence[Outcome]) -> list[Ceiling]:
    """Return the ceiling of each fix, the largest part first (Amdahl's law, one part infinitely fast).

    The requests are divided in the same way (`alike`). If the answers are streamed, the model's time until
    the first text is called PREFILL.
    """
    whole = not streamed(outcomes)
    measured = [(outcome.result.e2e_ms, parts(outcome, whole)) for outcome in outcomes]
    names = dict.fromkeys(name for _, found in measured for name in found)
    rows = [_ceiling(name, measured) for name in names]
    large = [row for row in rows if row.part_ms >= SMALL_MS]
    if any(row.part == WRITING for row in large):
        large = [_prefill(row) if row.part == semconv.GENERATE else row for row in large]
    return sorted(large, key=lambda row: row.part_ms, reverse=True)


def _prefill(row: Ceiling) -> Ceiling:
    fix, lab = FIXES[PREFILL]
    return replace(row, part=PREFILL, fix=fix, lab=lab)


def _ceiling(name: str, measured: Sequence[tuple[float, dict[str, float]]]) -> Ceiling:
    part = median(found.get(name, 0.0) for _, found in measured)
    remains = median(e2e - found.get(name, 0.0) for e2e, found in measured)
    return Ceiling(name, part, remains, *FIXES.get(name, UNKNOWN))
