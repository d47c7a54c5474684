"""When what is kept becomes too old: a time to live, with jitter."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

TTL_S = (
    3600.0  # an hour: the version handles changed articles, this whatever the version does not know
)
JITTER = 0.1  # entries of one busy minute expire over twelve, instead of all being computed at once


@dataclass(frozen=True)
class Expiry:
    """Entries live for `ttl_s` seconds, each up to `jitter` (a share) longer or shorter.

    clock: seconds since the epoch, as entries outlive the process. chance: numbers from 0 to 1.
    """

    ttl_s: float = TTL_S
    jitter: float = JITTER
    clock: Callable[[], float] = time.time
    chance: Callable[[], float] = field(default_factory=lambda: random.Random().random)

    def deadline(self) -> float:
        """When an entry made now becomes too old, on `clock`."""
        return self.clock() + self.ttl_s * (1 + self.jitter * (2 * self.chance() - 1))

    def over(self, deadline: float) -> bool:
        """True once `deadline` has come."""
        return self.clock() >= deadline
