"""A JupyterHub spawner whose servers run isolated, with the person's rights."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pwd import getpwnam

from jupyterhub.spawner import LocalProcessSpawner

from grader.workshop import isolation, listening, paths

SHELL = "/bin/bash"


class IsolatedSpawner(LocalProcessSpawner):
    """JupyterHub's spawner of local processes, with an isolated view of the machine for each server."""

    def make_preexec_fn(self, name: str) -> Callable[[], object]:
        """Return a function that leaves root's keyring.

        JupyterHub's drops root, which setting up the isolation still needs; the isolation drops it itself.
        """
        return isolation.own_keyring()

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """Return the variables of a person's server, with the shell of its terminals: accounts have none."""
        return super().user_env(env) | {"SHELL": SHELL}

    def clear_state(self) -> None:
        """Forget a server's process, and end what is left of its process group.

        The instructor's server has another user than bubblewrap, whose end it survives: it would go on to
        answer on the socket that its successor has, too.
        """
        if self.proc and self.pid:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        super().clear_state()

    async def start(self) -> tuple[str, int]:
        """Start a person's server on the port that is theirs, and return its address."""
        workshop, name = paths.current(), self.user.name
        listener = listening.held(name)
        self.port, descriptor = listener.getsockname()[1], listener.fileno()
        self.cmd = isolation.server_command(workshop, name, descriptor)
        streams = isolation.own_streams(workshop.server_log(name))
        try:
            os.fchown(streams["stdout"], getpwnam(name).pw_uid, -1)  # a quota counts the file
            self.popen_kwargs = {"pass_fds": [descriptor], **streams}
            return await super().start()
        finally:
            os.close(streams["stdout"])
