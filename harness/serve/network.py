"""What lies between the user and the server: distance, and how wastefully it is crossed."""

from __future__ import annotations

from dataclasses import dataclass

SESSION_PATH, CONFIG_PATH, ANSWER_PATH = "/session", "/config", "/answer"


@dataclass(frozen=True, slots=True)
class Network:
    """A path to the server.

    rtt_ms: emulated round-trip time (SIM); 25 ms is a server in the next country.
    keep_alive: reuse one connection; otherwise every request opens its own, one more round trip.
    preflight: paths asked for, one after the other, before the question is sent.
    """

    rtt_ms: float = 25.0
    keep_alive: bool = False
    preflight: tuple[str, ...] = (SESSION_PATH, CONFIG_PATH)

    @property
    def simulated_ms(self) -> float:
        """What the distance alone costs a request: one round trip each for connecting, preflights, answer."""
        trips = 1 + len(self.preflight) + (not self.keep_alive)
        return trips * self.rtt_ms


EDGE_RTT_MS = 5.0  # a server in the user's own region: 1 ms per 100 km of fibre, and the last mile

AS_SHIPPED = Network()  # four round trips of 25 ms: the 100 ms of the interview question
KEEP_ALIVE = Network(keep_alive=True, preflight=())  # one round trip: question there, answer back
EDGE = Network(rtt_ms=EDGE_RTT_MS, keep_alive=True, preflight=())  # the same, from nearby
