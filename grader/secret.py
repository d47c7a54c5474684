"""The secret of whoever grades: what makes questions fresh for a learner and the same for a regrade.

It stands in grader/hidden, which is in no release and in no jail, or where UNDER500_SECRET says: in a
workshop the packages are root's, and the secret is the instructor's.
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
    """The secret, made on first use and readable by its owner alone. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        fd = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return bytes.fromhex(file.read_text(encoding="ascii").strip())
    with os.fdopen(fd, "w", encoding="ascii") as made:
        made.write(secrets.token_hex(BYTES))
    return key(file)


def seed(*parts: str, file: Path = FILE) -> int:
    """A number from 0 to 2**63 - 1 that the secret and `parts` decide."""
    digest = hashlib.blake2b("\x1f".join(parts).encode(), key=key(file), digest_size=8).digest()
    return int.from_bytes(digest) >> 1
