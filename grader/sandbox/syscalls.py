"""The system calls that no learner's code needs, refused by the kernel.

They reach other processes, load code into the kernel, make namespaces, or hold memory and processes where
the resource monitor does not see them. libseccomp compiles the filter.
"""

from __future__ import annotations

import errno
import os
import socket
from typing import BinaryIO

import pyseccomp as seccomp
from pyseccomp import Arg

REFUSED = (
    # other processes and the kernel
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd"),
    *("bpf", "perf_event_open", "userfaultfd", "lookup_dcookie", "syslog"),
    *("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot"),
    *("add_key", "request_key", "keyctl"),
    # namespaces and mounts
    *("mount", "umount2", "pivot_root", "chroot", "setns", "unshare", "open_tree", "move_mount"),
    *("fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "open_by_handle_at"),
    *("name_to_handle_at", "quotactl", "swapon", "swapoff", "acct", "nfsservctl"),
    # the machine's clock and the scheduling of others
    *("settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "iopl", "ioperm"),
    *("migrate_pages", "move_pages", "set_mempolicy", "mbind"),
    # memory that belongs to no process
    *("memfd_secret", "shmget", "shmat", "shmctl", "msgget", "semget"),
)
# Libraries try these first and do without them if the kernel is too old.
UNKNOWN = ("clone3", "memfd_create", "io_uring_setup", "io_uring_enter", "io_uring_register")
# Flags of clone(2) that make a namespace, and the one that gives a child to the caller's parent: such a
# child could leave the processes whose time is counted.
NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
CLONE_PARENT = 0x00008000
# Its orphans would stay with the subreaper, and the time of those it does not wait for would be lost.
SET_CHILD_SUBREAPER = 36
# Families of sockets that libraries use. Others reach the machine's hypervisor (vsock) or rare parts of the
# kernel, and a network namespace does not stop all of them.
FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)
TIOCSTI, TIOCLINUX = 0x5412, 0x541C  # typing into a terminal


def learner_filter() -> seccomp.SyscallFilter:
    """Return the filter of a learner's process. Raises OSError."""
    found = seccomp.SyscallFilter(seccomp.ALLOW)
    refuse, unknown, unsupported = map(
        seccomp.ERRNO, (errno.EPERM, errno.ENOSYS, errno.EAFNOSUPPORT)
    )
    for action, names in ((refuse, REFUSED), (unknown, UNKNOWN)):
        for name in names:
            number = seccomp.resolve_syscall(seccomp.Arch.NATIVE, name)
            if number >= 0:  # this kind of processor has the call
                found.add_rule(action, number)
    for flag in (*NAMESPACES, CLONE_PARENT):
        found.add_rule(refuse, "clone", Arg(0, seccomp.MASKED_EQ, flag, flag))
    found.add_rule(refuse, "prctl", Arg(0, seccomp.EQ, SET_CHILD_SUBREAPER))
    for call in ("socket", "socketpair"):
        found.add_rule(unsupported, call, Arg(0, seccomp.GT, max(FAMILIES)))
        for family in set(range(max(FAMILIES))) - set(FAMILIES):
            found.add_rule(unsupported, call, Arg(0, seccomp.EQ, family))
    for request in (TIOCSTI, TIOCLINUX):
        found.add_rule(refuse, "ioctl", Arg(1, seccomp.MASKED_EQ, 0xFFFFFFFF, request))
    return found


def compiled() -> BinaryIO:
    """Return the compiled filter as an open file, as bubblewrap reads it. Raises OSError."""
    file = os.fdopen(os.memfd_create("learner-filter"), "w+b")
    learner_filter().export_bpf(file)
    file.seek(0)
    return file
