"""The vectors of the help centre that come with the project, in half precision.

Embedding its 21,721 texts takes minutes, and every machine would compute the same. The file is named after
the texts and the model, so it is never used for others. `python -m harness.setup.ship_vectors` writes it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from harness import store
from harness.kb import articles, vectors

FOLDER = Path(__file__).parent / "content"


def file(model_hash: str) -> Path:
    """Return the path of the shipped vectors of the present texts by this model, which need not exist."""
    return vectors.place(FOLDER, articles.written_hash(), model_hash).with_suffix(".npy")


def unpack(packed: Path, home: Path) -> None:
    """Write the vectors in `packed` to `home`, shape (n, d), float32.

    Raises StoreError if the disk is full, and CorruptFileError if the shipped file is damaged.
    """
    halves = np.load(store.check_seal(packed), allow_pickle=False)
    vectors.write(home, halves.astype(np.float32))


def pack(full: np.ndarray, packed: Path) -> None:
    """Ship the vectors `full`, shape (n, d), in half precision, instead of those shipped before."""
    for old in FOLDER.glob("*.npy*"):
        old.unlink()
    with store.atomic_write(packed) as part, part.open("wb") as stream:
        np.save(stream, full.astype(np.float16), allow_pickle=False)
