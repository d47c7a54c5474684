"""The files that a workshop's servers print to."""

import fcntl
import signal
import subprocess
import sys

import pytest

OPEN = """
import sys
from pathlib import Path
from grader.workshop.isolation import own_streams

own_streams(Path(sys.argv[1]))
"""
pytestmark = pytest.mark.skipif(not hasattr(fcntl, "F_SETLEASE"), reason="needs leases of Linux")


@pytest.mark.timeout(60)
def test_a_learners_lease_on_the_log_does_not_stop_the_hub(tmp_path, monkeypatch):
    # Who owns a file may make every other open of it wait for /proc/sys/fs/lease-break-time, 45 s.
    log, before = tmp_path / "server.log", signal.signal(signal.SIGIO, signal.SIG_IGN)
    try:
        with log.open("w") as held:
            fcntl.fcntl(held, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            subprocess.run([sys.executable, "-c", OPEN, log], check=True, timeout=20)
            held.write("of the server before")
    finally:
        signal.signal(signal.SIGIO, before)
    assert log.read_text() == ""
    assert log.stat().st_mode & 0o777 == 0o600
