"""`under500 serve` in a process of its own, as a user starts it."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

UNDER500 = Path(sys.executable).with_name("under500")


@contextmanager
def serving(name, **environment):
    """Serve the entry at a free port; yields the address up to /v1 and the model. Ctrl-C ends it cleanly."""
    command = [UNDER500, "serve", name, "--port", "0", "--json"]
    env = os.environ | environment
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as server:
        try:
            lines = iter(server.stdout.readline, "")
            said = next((json.loads(line) for line in lines if line.startswith("{")), None)
            assert said and "url" in said, said
            yield said["url"], said["model"]
        finally:
            server.send_signal(signal.SIGINT)
            assert server.wait(30) == 0
