"""Errors for people."""


class PlainError(Exception):
    """One sentence: what happened, and what to try. The command line shows it without a traceback."""


class WrongUseError(PlainError):
    """The command or function was called in a way that cannot work."""
