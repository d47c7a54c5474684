"""Errors that are shown to users, and text by others that is shown with them."""


class PlainError(Exception):
    """An error whose one-sentence message says what happened and what to try.

    Terminal and notebook show it without a traceback.
    """

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows in place of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class WrongUseError(PlainError):
    """Raised for a command or function called with arguments that cannot work."""


def readable(text: str) -> str:
    """Replace characters that move the cursor, change colours or reverse the writing direction."""
    return "".join(char if char.isprintable() or char == "\n" else "?" for char in text)
