"""Resource limits of a submission."""

from __future__ import annotations

import sys

from pydantic import BaseModel, Field

GIB, MIB = 2**30, 2**20
# Address space that may be reserved per memory that may be used: the capstone uses 2.2 GiB and reserves 7.3,
# as llama.cpp plans for its largest case.
RESERVED_PER_USED = 4


class Limits(BaseModel, frozen=True, extra="forbid"):
    """Limits in bytes and seconds.

    memory: private memory of all processes together, enforced by the referee's monitor; the kernel's limit
    of a single process is far higher and catches allocations that are too fast for the monitor. processes:
    at one time. threads: of all processes at one time. file: the largest file. scratch: of each of the
    folders that can be written. open_files: of one process.
    """

    # all of the capstone's assistants together need 2.2 GiB; a laptop that grades has 8
    memory: int = Field(default=4 * GIB, ge=256 * MIB)
    cpu_s: int = Field(default=1800, ge=1)  # six times what a capstone needs on two cores
    processes: int = Field(default=64, ge=1)  # enough for a process pool on every core
    threads: int = Field(default=1024, ge=1)  # libraries start one or two for each core
    file: int = Field(default=64 * MIB, ge=0)
    scratch: int = Field(default=256 * MIB, ge=MIB)
    open_files: int = Field(default=512, ge=64)

    def apply(self) -> None:
        """Apply the limits to this process and its children; does nothing on systems without rlimits."""
        if sys.platform == "win32":
            return
        import resource

        wanted = {
            "RLIMIT_CPU": self.cpu_s,
            # not RLIMIT_AS: torch reserves far more address space than it uses
            "RLIMIT_DATA": RESERVED_PER_USED * self.memory,
            "RLIMIT_FSIZE": self.file,
            "RLIMIT_NOFILE": self.open_files,
            "RLIMIT_CORE": 0,
        }
        for name, value in wanted.items():
            if (which := getattr(resource, name, None)) is not None:
                _, hard = resource.getrlimit(which)
                most = value if hard == resource.RLIM_INFINITY else min(value, hard)
                resource.setrlimit(which, (most, most))
