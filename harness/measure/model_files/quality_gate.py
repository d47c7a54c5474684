"""The quality gate of a number format: the limits that a file must keep before its speed counts."""

from __future__ import annotations

from dataclasses import dataclass

# Nats: five times what the rounding of activations alone changes in an eight-bit file.
MAX_KL = 0.02
# Share of right answers: with two dozen questions no smaller loss can be told from luck.
MARGIN = 0.15


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model file with the figures that the gate compares.

    ms: time of an answer (p50). kl: KL divergence from the full file in nats. worst: lower end of the
    one-sided interval of (right answers of this file - right answers of the full file), as a share from
    -1 to 1.
    """

    name: str
    ms: float
    kl: float
    worst: float

    @property
    def passes(self) -> bool:
        """Return whether the file keeps both limits."""
        return self.kl <= MAX_KL and self.worst >= -MARGIN

    @property
    def why_not(self) -> str:
        """Return the limits that the file breaks, in words; empty if it passes."""
        failed = []
        if not self.kl <= MAX_KL:  # also true for nan, from a file that computes nonsense
            failed.append(f"KL {self.kl:.3f}")
        if not self.worst >= -MARGIN:
            failed.append(f"answers at worst {100 * self.worst:+.0f} points")
        return ", ".join(failed)
