"""The load of the machine around a measurement, as the measuring verbs take and judge it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.measure.machine.busy import Busy


def loads_around(before: Busy) -> tuple[Busy, ...]:
    """Return the load before a measurement and the one after it.

    Ctrl-C leaves the second one out: what was measured must not be lost while the machine is watched.
    """
    from harness.measure.machine import describe as machine

    try:
        return before, machine.busy()
    except KeyboardInterrupt:
        return (before,)


def fail_if_saturated(loads: Sequence[Busy]) -> None:
    """Raise BusyMachineError if other programs use the machine."""
    from harness.measure.machine.busy import beside
    from harness.setup.preparation import BusyMachineError

    if load := beside(loads):
        raise BusyMachineError(
            f"No number, the machine is saturated: {load} Close other programs and run it again, or add "
            "--busy."
        )
