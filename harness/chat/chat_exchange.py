"""What one exchange with a chat server shows beside its text: connection, server's own time, tokens."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from harness.chat.chat_messages import Usage
from harness.chat.request_spans import TOTAL

MS_PER_S = 1000
# The steps of httpcore that open a connection; both names come with ".started" and ".complete".
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
    """

    sent_s: float = field(default_factory=time.perf_counter)
    connect_ms: float = 0.0
    reply_ms: float | None = None
    server: dict[str, float] = field(default_factory=dict)
    server_ms: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    retry_after_s: float | None = None

    def note(self, step: str, about: Mapping[str, object]) -> None:
        """Add up the time of a connection's steps; httpx calls it as its extension `trace`."""
        name, _, end = step.rpartition(".")
        if name in OPENING and end in ("started", "complete"):
            self.connect_ms += self._now_ms() if end == "complete" else -self._now_ms()

    def replied(self, headers: Mapping[str, str]) -> None:
        """Record that the reply has begun, and what its headers say of the server's time."""
        self.reply_ms = self._now_ms()
        said = METRIC.findall(QUOTED.sub("", headers.get("server-timing", "")))
        parts = {name: float(ms) for name, ms in said}
        processing = re.fullmatch(NUMBER, headers.get(PROCESSING, ""))
        total = parts.pop(TOTAL, float(processing[0]) if processing else None)
        self.server_ms = max(parts.values(), default=None) if total is None else total
        self.server = parts if sum(parts.values()) <= (total or 0.0) else {}

    def counted(self, usage: Usage | None) -> None:
        """Record the tokens, if the server has counted them."""
        if usage is not None:
            self.prompt_tokens = usage.prompt_tokens
            self.completion_tokens = usage.completion_tokens

    def _now_ms(self) -> float:
        return (time.perf_counter() - self.sent_s) * MS_PER_S


def retry_after(headers: Mapping[str, str], default_s: float) -> float:
    """Return the seconds that Retry-After asks for, which may be a date; `default_s` if it says nothing."""
    said = headers.get("retry-after", "").strip()
    if re.fullmatch(NUMBER, said):
        return float(said)
    try:
        until = parsedate_to_datetime(said)
    except (ValueError, IndexError):
        return default_s
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
