"""The hub's log, which root reads in a terminal: a text by others moves no cursor and sets no colours."""

from __future__ import annotations

import logging
from typing import Any

from harness.errors import readable


class Record(logging.LogRecord):
    """A record of a readable message, and of a readable traceback."""

    def __init__(self, *args: Any, **options: Any) -> None:
        """Set up the record."""
        super().__init__(*args, **options)
        if self.exc_info and self.exc_info[0]:
            # A formatter writes this text in place of one of its own.
            self.exc_text = readable(logging.Formatter().formatException(self.exc_info))

    def getMessage(self) -> str:  # noqa: N802 (the name is logging's)
        """Return the message, with its line breaks as `\\n`: a text by others begins no line."""
        return readable(super().getMessage()).replace("\n", r"\n")


def install() -> None:
    """Make each later record of this process a Record: programs and libraries have many loggers."""
    logging.setLogRecordFactory(Record)
