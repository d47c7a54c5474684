"""How much of the machine a submission may use."""

from __future__ import annotations

import sys

from pydantic import BaseModel, Field

GIB, MIB = 2**30, 2**20
# The capstone's assistants have written 2.2 GiB and reserved 7.3: llama.cpp asks for its largest case.
UNTOUCHED = 4


class Limits(BaseModel, frozen=True, extra="forbid"):
    """Memory and scratch in bytes, time in seconds.

    memory: what all of them together have written, by the referee's watch; the kernel stops a single one far
    above it, where it would be too fast for the watch. processes: all that a
    submission has at one time. file: the largest that it may write; scratch: all of its files.
    """

    # All of the capstone's assistants side by side need 2.2 GiB; a laptop that grades has 8.
    memory: int = Field(default=4 * GIB, ge=256 * MIB)
    cpu_s: int = Field(default=1800, ge=1)  # six times what a capstone needs on two cores
    processes: int = Field(default=64, ge=1)  # a process pool on every core, and some
    file: int = Field(default=64 * MIB, ge=0)
    scratch: int = Field(default=256 * MIB, ge=MIB)
    open_files: int = Field(default=512, ge=64)

    def apply(self) -> None:
        """To this process and its children, for good; nothing where the system has no such limits."""
        if sys.platform == "win32":
            return
        import resource

        wanted = {
            "RLIMIT_CPU": self.cpu_s,
            # Not RLIMIT_AS: torch reserves far more addresses than it ever uses.
            "RLIMIT_DATA": UNTOUCHED * self.memory,
            "RLIMIT_FSIZE": self.file,
            "RLIMIT_NOFILE": self.open_files,
            "RLIMIT_CORE": 0,
        }
        for name, value in wanted.items():
            if (which := getattr(resource, name, None)) is not None:
                _, hard = resource.getrlimit(which)
                most = value if hard == resource.RLIM_INFINITY else min(value, hard)
                resource.setrlimit(which, (most, most))
