"""The token of a fleet: a file for workers with the scheduler's address and the course's secret."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from harness.errors import WrongUseError


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    """Everything that a worker needs in order to join. It is as confidential as the course's secret."""

    address: str
    secret: bytes

    def write(self, path: Path) -> None:
        """Write the token to a file that only its owner can read. Raises OSError."""
        path.unlink(missing_ok=True)  # an earlier one may be readable by others
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{self.address} {self.secret.hex()}\n")


def read(path: Path) -> Token:
    """Return the token in a file. Raises WrongUseError if it is none, or if others can read it."""
    try:
        address, secret = path.read_text(encoding="ascii").split()
        token = Token(address, bytes.fromhex(secret))
    except (OSError, ValueError) as error:
        raise WrongUseError(
            f"{path} is no token of a fleet: copy the file that `under500 scheduler` writes."
        ) from error
    if path.stat().st_mode & 0o077:
        raise WrongUseError(f"Others can read {path}, which contains the secret: chmod 600 {path}")
    return token
