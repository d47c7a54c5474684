"""Starts servers behind the wall. Root starts them; what runs in them is the person's."""

from __future__ import annotations

import os
from collections.abc import Callable

from jupyterhub.spawner import LocalProcessSpawner

from grader.workshop import isolation, paths


class IsolatedSpawner(LocalProcessSpawner):
    """JupyterHub's spawner of local processes, with the wall around each."""

    def make_preexec_fn(self, name: str) -> Callable[[], object]:
        """Nothing before the start: the wall needs root, and gives it up by itself."""
        return os.getpid

    async def start(self) -> tuple[str, int]:
        """The address of a person's server."""
        self.cmd = isolation.server(paths.current(), self.user.name)
        return await super().start()
