"""Errors for people."""


class PlainError(Exception):
    """One sentence: what happened, and what to try. Shown without a traceback, in both places."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class WrongUseError(PlainError):
    """The command or function was called in a way that cannot work."""
