"""The instructor's secret, from which the seeds of the referee's questions are derived.

Learners cannot predict the questions, and a regrade asks the same ones. The secret is in grader/hidden, which
is in no release and in no jail, or in the file named by UNDER500_SECRET. A workshop uses that variable,
because root owns the packages and the instructor owns the secret.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

VARIABLE = "UNDER500_SECRET"
FILE = Path(os.environ.get(VARIABLE) or Path(__file__).parent / "hidden" / "key")
BYTES = 32


def key(file: Path = FILE) -> bytes:
    """Return the secret. It is created on first use and readable only by its owner. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        fd = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return bytes.fromhex(file.read_text(encoding="ascii").strip())
    with os.fdopen(fd, "w", encoding="ascii") as stream:
        stream.write(secrets.token_hex(BYTES))
    return key(file)


def seed(*parts: str, file: Path = FILE) -> int:
    """Return a seed from 0 to 2**63 - 1, derived from the secret and `parts` with BLAKE2b."""
    digest = hashlib.blake2b("\x1f".join(parts).encode(), key=key(file), digest_size=8).digest()
    return int.from_bytes(digest) >> 1
