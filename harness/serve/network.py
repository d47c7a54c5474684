"""The network between user and server: distance and round trips."""

from __future__ import annotations

from dataclasses import dataclass

SESSION_PATH, CONFIG_PATH, ANSWER_PATH = "/session", "/config", "/answer"


@dataclass(frozen=True, slots=True)
class Network:
    """A path to the server.

    rtt_ms: emulated round-trip time (SIM); 25 ms is a server in the next country.
    keep_alive: reuse one connection; otherwise every request opens its own, which is one more round trip.
    preflight: paths requested, one after another, before the question is sent.
    """

    rtt_ms: float = 25.0
    keep_alive: bool = False
    preflight: tuple[str, ...] = (SESSION_PATH, CONFIG_PATH)

    @property
    def simulated_ms(self) -> float:
        """Return a request's emulated latency: one round trip each for connecting, preflights and answer.

        The first request on a kept connection has to connect, too, which is not counted here.
        """
        trips = 1 + len(self.preflight) + (not self.keep_alive)
        return trips * self.rtt_ms


EDGE_RTT_MS = 5.0  # a server in the user's own region: 1 ms per 100 km of fibre plus the last mile

AS_SHIPPED = Network()  # four round trips of 25 ms: the 100 ms of the interview question
KEEP_ALIVE = Network(keep_alive=True, preflight=())  # one round trip
EDGE = Network(rtt_ms=EDGE_RTT_MS, keep_alive=True, preflight=())  # one short round trip
