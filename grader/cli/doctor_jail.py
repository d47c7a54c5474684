"""What `under500 doctor` says about the jail."""

from __future__ import annotations


def finding() -> tuple[str, str]:
    """Return "ok" or "note", and whether learners' code can run in a jail on this machine."""
    from grader.sandbox.jail import why_no_jail

    if reason := why_no_jail():
        return "note", f"{reason} Your own labs run without it; others' notebooks are not graded."
    return "ok", "learners' code runs in a jail"
