"""The user as whom learners' code runs if the grader is root: one that owns nothing on this machine.

Without root, a jail needs no other user: its processes have no more rights than the grader has.

With root, a user namespace holds two users, root and the learner. bubblewrap sets up the jail as the
first one, and the process becomes the second one before it runs a line of a learner's code.
"""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

LEARNER = 1000  # the user in the namespace
# The same user outside. It has no account: distributions assign users up to 65519, 65534 is `nobody`.
OUTSIDE = 65_533
MAP = f"0 0 1\n{LEARNER} {OUTSIDE} 1\n"
# needed to become the learner; the change of the user clears them
RIGHTS = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")


def is_root() -> bool:
    """Return whether the grader is root."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def become() -> list[str]:
    """Return the prefix of a command that runs it as the learner, with nothing that root had."""
    user = (f"--reuid={LEARNER}", f"--regid={LEARNER}", "--clear-groups")
    return ["setpriv", *user, "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--"]


@cache
def namespace() -> int:
    """Return a descriptor of a user namespace with both users, one for this process. Raises OSError."""
    pipe = subprocess.PIPE
    with subprocess.Popen(["unshare", "--user", "cat"], stdin=pipe, stdout=pipe) as waiting:
        waiting.stdin.write(b"\n")
        waiting.stdin.flush()
        if not waiting.stdout.read(1):
            raise OSError("This machine allows no user namespaces.")
        for kind in ("uid_map", "gid_map"):  # each takes a single write
            Path(f"/proc/{waiting.pid}/{kind}").write_text(MAP)
        found = os.open(f"/proc/{waiting.pid}/ns/user", os.O_RDONLY)
        waiting.stdin.close()
    return found


def let_read(places: Iterable[Path]) -> None:
    """If the grader is root, make what is in `places` readable for everybody.

    Some libraries write files for their owner only. Links are not followed: root would change their target.
    """
    if not is_root():
        return
    for place in places:
        for path in (place, *place.rglob("*")):
            with suppress(OSError):  # a link, or gone meanwhile
                _let_read(path)


def _let_read(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(opened).st_mode
        wanted = 0o555 if stat.S_ISDIR(mode) else 0o444
        if mode & wanted != wanted:
            os.fchmod(opened, stat.S_IMODE(mode) | wanted)
    finally:
        os.close(opened)
