"""The quality gate of a number format: what every file has to pass before its speed is looked at."""

from __future__ import annotations

from dataclasses import dataclass

MOST_KL = 0.02  # nats: five times what the rounding of activations alone moves an eight-bit file
MARGIN = 0.15  # of right answers: with some thirty questions no smaller loss can be told from luck


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model file: ms of an answer (p50), KL to the full file in nats, and the worst case of its answers.

    worst: lower end of the one-sided interval of (right answers of it - of the full file), -1 to 1.
    """

    name: str
    ms: float
    kl: float
    worst: float

    @property
    def passes(self) -> bool:
        """True when both limits are kept."""
        return self.kl <= MOST_KL and self.worst >= -MARGIN

    @property
    def why_not(self) -> str:
        """What it fails by, in words; empty when it passes."""
        failed = []
        if not self.kl <= MOST_KL:  # nor nan, from a file that computes nonsense
            failed.append(f"KL {self.kl:.3f}")
        if not self.worst >= -MARGIN:
            failed.append(f"answers at worst {100 * self.worst:+.0f} points")
        return ", ".join(failed)
