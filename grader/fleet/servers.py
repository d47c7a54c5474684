"""Dask's scheduler and worker without what a fleet does not need.

Both always listen for HTTP, too, without TLS and even without a dashboard. Everybody on the machine could
open connections there until the grading process has no file descriptor left. And whoever has the key could
ask Dask's scheduler to run functions, to load plugins or to write files.
"""

from __future__ import annotations

from typing import Any

import distributed

# What a scheduler does for the clients, workers and nannies of a fleet.
REQUESTS = frozenset(
    {
        *("identity", "ncores", "broadcast", "gather", "get_task_status"),
        *("register-client", "register-worker", "register_nanny", "heartbeat_worker", "unregister"),
        # for the cluster on this machine
        *("subscribe_worker_status", "get_metadata", "set_metadata", "retire_workers", "terminate"),
    }
)


class _NoHttp:
    def start_http_server(self, *_: object, **__: object) -> None:
        """Start nothing."""


class Scheduler(_NoHttp, distributed.Scheduler):
    """A scheduler that listens by TLS only, and answers REQUESTS only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.handlers = {op: call for op, call in self.handlers.items() if op in REQUESTS}


class Worker(_NoHttp, distributed.Worker):
    """A worker that listens by TLS only."""
