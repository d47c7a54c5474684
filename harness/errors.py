"""Errors that are shown to users."""


class PlainError(Exception):
    """An error whose one-sentence message says what happened and what to try.

    Terminal and notebook show it without a traceback.
    """

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows in place of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class WrongUseError(PlainError):
    """Raised for a command or function called with arguments that cannot work."""
