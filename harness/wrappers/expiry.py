"""Expiry of cache entries: a time to live with jitter."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

# An hour. The version handles changed articles, the time to live everything that the version does not cover.
TTL_S = 3600.0
JITTER = 0.1  # entries of one busy minute expire over twelve minutes, instead of all at once


@dataclass(frozen=True)
class Expiry:
    """A time to live of `ttl_s` seconds, for each entry up to `jitter` (a share) longer or shorter.

    clock: seconds since the epoch, as entries outlive the process. chance: random numbers from 0 to 1.
    """

    ttl_s: float = TTL_S
    jitter: float = JITTER
    clock: Callable[[], float] = time.time
    chance: Callable[[], float] = field(default_factory=lambda: random.Random().random)

    def deadline(self) -> float:
        """Return the time on `clock` at which an entry made now expires."""
        return self.clock() + self.ttl_s * (1 + self.jitter * (2 * self.chance() - 1))

    def over(self, deadline: float) -> bool:
        """Return True once `deadline` has passed."""
        return self.clock() >= deadline
