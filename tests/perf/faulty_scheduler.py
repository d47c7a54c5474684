"""A scheduler or a worker for trials, as a process of its own.

Its clock is off by the seconds in a file, which may change at any time.
"""

import os
import subprocess
import sys
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from grader.fleet import cluster, tls
from tests.perf.faulty_class import forked
from tests.unit.grader.fleet.fleet_hosts import BIN, started

PID, EXPIRED = "pid", "expired"  # files
PAST = datetime(2001, 1, 1)
# Preloaded into a process, it adds the seconds in the file $TRIAL_CLOCK to the clock.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long offset(void) {
    const char *path = getenv("TRIAL_CLOCK");
    FILE *file = path ? fopen(path, "r") : NULL;
    long seconds = 0;
    if (file) { if (fscanf(file, "%ld", &seconds) != 1) seconds = 0; fclose(file); }
    return seconds;
}
int clock_gettime(clockid_t id, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int status = real(id, now);
    if (!status && id == CLOCK_REALTIME) now->tv_sec += offset();
    return status;
}
int gettimeofday(struct timeval *now, void *zone) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    now->tv_sec = t.tv_sec;
    now->tv_usec = t.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *result) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (result) *result = t.tv_sec;
    return t.tv_sec;
}
"""


@cache
def shim() -> str:
    """Compile SHIM and return its path."""
    path = Path(mkdtemp()) / "clock.so"
    command = ["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", path, "-ldl"]
    subprocess.run(command, input=SHIM, text=True, check=True)
    return str(path)


def process(clock: Path, *arguments: object):
    """Start this module in a process of its own, with a clock that is off by the seconds in a file."""
    variables = [f"TRIAL_CLOCK={clock}", f"LD_PRELOAD={shim()}"]
    command = ["env", *variables, BIN / "python", "-m", "tests.perf.faulty_scheduler"]
    return started([*command, *map(str, arguments)])


def schedule(port: str, folder: str) -> None:
    """Run a scheduler in a forked process, and another one whenever it ends; `folder` holds its id.

    Its certificate has expired if the folder has a file `expired`.
    """
    while True:
        if not (pid := os.fork()):
            if (Path(folder) / EXPIRED).exists():
                tls.END = PAST
            cluster.schedule("127.0.0.1", int(port))
            os._exit(0)
        (Path(folder) / PID).write_text(str(pid))
        os.waitpid(pid, 0)


def work(address: str) -> None:
    """Run a worker whose processes are forked, which takes no seconds for imports."""
    with forked():
        cluster.serve(address, 1)


if __name__ == "__main__":
    {"scheduler": schedule, "worker": work}[sys.argv[1]](*sys.argv[2:])
