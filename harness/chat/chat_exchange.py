"""What one exchange with a chat server shows beside its text: connection, server's own time, tokens."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from harness.chat.chat_replies import CountedUsage
from harness.chat.request_spans import TOTAL

MS_PER_S = 1000
# The steps of httpcore that open a connection; both come with ".started", and ".complete" or ".failed".
OPENING = ("connection.connect_tcp", "connection.start_tls")
NUMBER = r"\d+(?:\.\d+)?"
QUOTED = re.compile(r'"[^"]*"')  # a description, which may hold commas
METRIC = re.compile(rf"([\w.-]+)[^,]*?;\s*dur=({NUMBER})")  # of Server-Timing
PROCESSING = "openai-processing-ms"  # OpenAI's own header


@dataclass
class Exchange:
    """One request and its reply; times are ms since it was sent, and None if unknown.

    connect_ms: address, TCP and TLS; 0 on a connection that was open already. reply_ms: when the reply's
    headers came. server: the parts of the server's own time until then, as it states them, in order.
    reasoning_tokens: those of completion_tokens that are not shown.
    """

    sent_s: float = field(default_factory=time.perf_counter)
    connect_ms: float = 0.0
    reply_ms: float | None = None
    server: dict[str, float] = field(default_factory=dict)
    server_ms: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int = 0
    retry_after_s: float | None = None
    _step_ms: float = field(default=0.0, init=False, repr=False)

    def note(self, step: str, about: Mapping[str, object]) -> None:
        """Add up a connection's complete steps; httpx calls it as its extension `trace`."""
        name, _, end = step.rpartition(".")
        if name in OPENING and end == "started":
            self._step_ms = self._now_ms()
        elif name in OPENING and end == "complete":
            self.connect_ms += self._now_ms() - self._step_ms

    def replied(self, headers: Mapping[str, str], hide: Callable[[str], str] = str) -> None:
        """Record that the reply has begun, and what its headers say of the server's time.

        Metrics of the same name are added up. Without a total, the server's time is the longest of them,
        because they may overlap, and they are no parts of it. hide: takes keys out of names.
        """
        self.reply_ms = self._now_ms()
        parts: dict[str, float] = {}
        for name, ms in METRIC.findall(QUOTED.sub("", headers.get("server-timing", ""))):
            parts[hide(name)] = parts.get(hide(name), 0.0) + float(ms)
        processing = re.fullmatch(NUMBER, headers.get(PROCESSING, ""))
        total = parts.pop(TOTAL, float(processing[0]) if processing else None)
        self.server_ms = max(parts.values(), default=None) if total is None else total
        self.server = parts if sum(parts.values()) <= (total or 0.0) else {}

    def counted(self, usage: CountedUsage | None) -> None:
        """Record the tokens, if the server has counted them."""
        if usage is not None:
            self.prompt_tokens = usage.prompt_tokens
            self.completion_tokens = usage.completion_tokens
            self.reasoning_tokens = usage.reasoning_tokens

    def _now_ms(self) -> float:
        return (time.perf_counter() - self.sent_s) * MS_PER_S


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that Retry-After asks for, which may be a date; None if it says nothing."""
    said = headers.get("retry-after", "").strip()
    if re.fullmatch(NUMBER, said):
        return float(said)
    try:
        until = parsedate_to_datetime(said)
    except (ValueError, IndexError):
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
