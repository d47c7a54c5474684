"""The memory of a submission's processes, without a control group that would count it.

Private memory is counted with what is swapped out and with page tables, which sparse mappings fill. Shared
memory without a file is counted once by its size: a process can give pages back without freeing them, and
would then seem to have none. Mapped files, such as models, are not counted; those that a jail's processes
have made are, because its folders are in memory.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from grader.sandbox.mounts import WRITABLE

KIB = 1024
# Of the kernel for an empty file: its inode takes half of that, a long name the rest.
EMPTY_FILE = 2 * KIB
PRIVATE = re.compile(r"^(?:RssAnon|VmSwap|VmPTE):\s+(\d+) kB$", re.MULTILINE)
# A shared mapping that the kernel keeps in memory: start, end, offset, and number of what is mapped. Device
# 00:01 is that of mappings without a file.
SHARED = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) \S{3}s ([0-9a-f]+) 00:01 (\d+)", re.MULTILINE)


def used(pids: Iterable[int]) -> int:
    """Return the bytes that these processes use together."""
    pids = list(pids)
    if not sys.platform.startswith("linux"):
        return sum(map(_resident, pids))
    return sum(map(_private, pids)) + shared(pids)


def shared(pids: Iterable[int]) -> int:
    """Return the bytes of all shared mappings without a file, up to the end of what is visible anywhere."""
    sizes: dict[str, int] = {}
    for pid in pids:
        for start, end, offset, number in SHARED.findall(_read(pid, "maps")):
            size = int(offset, 16) + int(end, 16) - int(start, 16)
            sizes[number] = max(size, sizes.get(number, 0))
    return sum(sizes.values())


def in_files(pids: Iterable[int], size: int) -> int:
    """Return the bytes that the files in the folders of a jail take, each a file system of `size` bytes.

    Without a jail these folders are the machine's, which have another size.
    """
    return max((sum(_in_folder(pid, place, size) for place in WRITABLE) for pid in pids), default=0)


def _in_folder(pid: int, place: str, size: int) -> int:
    with suppress(OSError):  # the process has ended, or there is no /proc
        found = os.statvfs(f"/proc/{pid}/root{place}")
        if found.f_blocks * found.f_frsize == size:
            used = (found.f_blocks - found.f_bfree) * found.f_frsize
            return used + EMPTY_FILE * (found.f_files - found.f_ffree)
    return 0


def _private(pid: int) -> int:
    return KIB * sum(map(int, PRIVATE.findall(_read(pid, "status"))))


def _resident(pid: int) -> int:
    with suppress(psutil.Error):
        return psutil.Process(pid).memory_info().rss
    return 0


def _read(pid: int, name: str) -> str:
    with suppress(OSError):  # it has ended
        return Path(f"/proc/{pid}/{name}").read_text()
    return ""
