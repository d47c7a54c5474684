"""The models that the labs use: the offline tier's, unless $UNDER500_TIER names another tier.

Notebook cells use roles and kinds instead of model names, so the same cells work with every tier.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness import store
from harness.errors import WrongUseError
from harness.models.catalog import (
    QWEN2_5_0_5B_GGUF,
    QWEN2_5_1_5B_GGUF,
    QWEN2_5_7B_GGUF,
    SMOLLM2_1_7B_GGUF,
    SMOLLM2_135M_GGUF,
    SMOLLM2_360M_GGUF,
    HubModel,
    locate,
)
from harness.models.gguf.quantize import quantize
from harness.models.offline import LARGE, STUDENT

VARIABLE = "UNDER500_TIER"


class Files(Protocol):
    """A model that is available in several kinds."""

    @property
    def name(self) -> str: ...

    @property
    def kinds(self) -> Sequence[str]: ...

    def gguf(self, kind: str) -> Path: ...


@dataclass(frozen=True, slots=True)
class Requantised:
    """A model of the hub in the kinds of the offline tier, each made once from the downloaded file.

    The downloaded file is quantised already, so its F32 holds rounded numbers; for a comparison of kinds that
    is good enough.
    """

    model: HubModel

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def kinds(self) -> Sequence[str]:
        return LARGE.kinds

    def gguf(self, kind: str) -> Path:
        """Return the path of the GGUF file of `kind`, after making the file if it is missing or damaged.

        Raises StoreError, and WrongUseError for an unknown kind.
        """
        file = store.home() / "requantised" / f"{self.name}-{self.model.revision[:12]}-{kind}.gguf"
        if not store.intact(file):
            quantize(locate(self.model), kind, file, requantize=True)
        return file


@dataclass(frozen=True, slots=True)
class Tier:
    """The models of a tier by role: large, small, the one whose kinds are compared, and its draft model.

    compared: its F32 file has to fit into memory beside all others, so it is not always the large model.
    """

    name: str
    large: Files
    small: Files
    compared: Files
    draft: Files


TIERS = (
    Tier("offline", LARGE, STUDENT, LARGE, STUDENT),
    Tier(
        "laptop",
        Requantised(SMOLLM2_1_7B_GGUF),
        Requantised(SMOLLM2_360M_GGUF),
        Requantised(SMOLLM2_360M_GGUF),
        Requantised(SMOLLM2_135M_GGUF),
    ),
    Tier(
        "gpu",
        Requantised(QWEN2_5_7B_GGUF),
        Requantised(QWEN2_5_1_5B_GGUF),
        Requantised(QWEN2_5_1_5B_GGUF),
        Requantised(QWEN2_5_0_5B_GGUF),
    ),
)


def chosen_tier() -> Tier:
    """Return the tier named by $UNDER500_TIER, by default the offline tier.

    Raises WrongUseError for an unknown tier.
    """
    name = os.environ.get(VARIABLE) or TIERS[0].name
    tiers = {tier.name: tier for tier in TIERS}
    if name not in tiers:
        raise WrongUseError(f"{VARIABLE} is {name!r}: set it to one of {', '.join(tiers)}.")
    return tiers[name]
