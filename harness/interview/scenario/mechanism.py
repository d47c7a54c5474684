"""The parts of which a scenario's latency is made: quantities, products of them, queues, and conditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from harness.interview.content_files import Strict

NOT = "not "
EVERY = "all"  # the group of all requests

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Condition = Annotated[str, Field(pattern=r"^(not )?[a-z][a-z0-9_]*$")]


class Quantity(Strict):
    """A factor of a mechanism, such as tokens or ms a token.

    spread: sigma of its logarithm between requests. vary: True if it differs (±10 %) between sessions.
    whole: True for a count.
    """

    value: float = Field(ge=0)
    unit: str = ""
    spread: float = Field(0.0, ge=0, le=1)
    vary: bool = False
    whole: bool = False


class Product(Strict):
    """The product of the quantities `of`, divided by those of `over`, times `scale`."""

    of: tuple[Name, ...] = Field(min_length=1)
    over: tuple[Name, ...] = ()
    scale: float = 1.0

    def value(self, quantities: Mapping[str, Any]) -> Any:
        """Return the product, for one number or for an array of each quantity."""
        value = self.scale
        for name in self.of:
            value = value * quantities[name]
        for name in self.over:
            value = value / quantities[name]
        return value


class Term(Product):
    """A part of a stage's time in ms; zero unless `when` holds."""

    when: Condition | None = None


class Retries(Strict):
    """A client that sends a request again if no answer came. after: the quantity with its patience in ms.

    most: the number of times that it asks again.
    """

    after: Name
    most: int = Field(ge=1)


class Waiting(Strict):
    """Waiting for the copies of the model, as in an M/M/c queue.

    utilisation: the quantity with their utilisation in the busiest hour, in percent, including `retries`. The
    number of requests a day follows from it.
    """

    utilisation: Name
    retries: Retries | None = None


class Buildup(Strict):
    """A queue that grows for as long as `when`, a window of each minute, lasts.

    overload: the quantity with the work that arrives in the window, relative to what the copies can do. The
    number of requests a day follows from it.
    """

    when: Name
    overload: Name


class Limit(Strict):
    """A limit on calls in a second. calls: the calls of one request; both are quantities."""

    calls: Name
    a_second: Name


class Regime(Strict):
    """The requests for which a condition holds.

    share: a share of all requests, or of those in `hours`. hours: of the day. seconds: of each minute.
    parts, chance: requests with at least one slow part out of `parts`, each slow with probability `chance`.
    after_pause: requests that no other request precedes for the minutes of this quantity.
    over: requests beyond a limit on calls in a second, in `hours`.
    """

    share: float | None = Field(None, gt=0, lt=1)
    hours: tuple[float, float] | None = None
    seconds: tuple[float, float] | None = None
    parts: int | None = Field(None, ge=1)
    chance: float | None = Field(None, gt=0, lt=1)
    after_pause: Name | None = None
    over: Limit | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Regime:
        shares = (self.share, self.parts and self.chance, self.after_pause, self.over)
        given = sum(kind is not None for kind in shares)
        windows = (self.hours is not None) + (self.seconds is not None)
        if given > 1 or windows > 1 or not given + windows:
            raise ValueError(
                "give one of: share, parts with chance, after_pause, over; and hours or seconds"
            )
        return self


class Derived(Product):
    """A number that follows from quantities, such as the memory of the vectors."""

    unit: str = ""


class Given(Strict):
    """A plain number with a unit."""

    value: float
    unit: str = ""


class Queued(Strict):
    """The mean wait in ms of an M/M/c queue in the busiest hour, after a fix.

    servers: how many there are then. retries: False if nobody asks again any more.
    """

    servers: int = Field(ge=1)
    retries: bool = True


Fact = Derived | Given | Queued | str
