"""Dask's scheduler and worker without their second port.

Both always listen for HTTP, too, without TLS and even without a dashboard. Everybody on the machine could
open connections there until the grading process has no file descriptor left.
"""

from __future__ import annotations

import distributed


class _NoHttp:
    def start_http_server(self, *_: object, **__: object) -> None:
        """Start nothing."""


class Scheduler(_NoHttp, distributed.Scheduler):
    """A scheduler that listens by TLS only."""


class Worker(_NoHttp, distributed.Worker):
    """A worker that listens by TLS only."""
