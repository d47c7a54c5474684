"""The products of Halden: categories, regions, and families of sibling models spread over the splits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import cycle
from typing import Literal, get_args

from harness.kb import seeded

Split = Literal["train", "dev", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

CATEGORIES: dict[str, str] = {  # id -> the noun that articles use
    "headphones": "headphones",
    "speaker": "smart speaker",
    "smartwatch": "smartwatch",
    "vacuum": "robot vacuum",
    "camera": "security camera",
    "router": "router",
    "ereader": "e-reader",
    "actioncam": "action camera",
    "powerbank": "power bank",
    "projector": "projector",
    "purifier": "air purifier",
    "coffee": "coffee machine",
    "thermostat": "thermostat",
    "doorbell": "video doorbell",
    "scale": "smart scale",
    "lamp": "desk lamp",
}

REGIONS: dict[str, str] = {
    "us": "the United States",
    "ca": "Canada",
    "uk": "the United Kingdom",
    "eu": "the European Union",
    "au": "Australia",
}

# The words differ in spelling and meaning, so that a search can tell the families apart.
FAMILIES: dict[str, str] = {
    "headphones": "Kestrel Ondine Larkspur Tamberline Vesper",
    "speaker": "Marlow Thornby Quillon Hollander Bramwell",
    "smartwatch": "Zephira Tidewell Caspian Ferrow Meridane",
    "vacuum": "Brindle Pangolin Hedgerow Scamper Murkwood",
    "camera": "Watchet Foxmere Halberd Corvane Ravenna",
    "router": "Spindle Trellis Arkady Wexford Nodari",
    "ereader": "Inkwell Papyra Lectern Octavo",
    "actioncam": "Ibex Skerry Alpaca Summitra",
    "powerbank": "Amperly Galvan Pylon Joulen",
    "projector": "Lantern Cinder Aurelia Halcyon",
    "purifier": "Breezley Alder Pinewater Clearmont",
    "coffee": "Barrow Mocharelle Ristrano Arabella",
    "thermostat": "Tempera Wintergreen Solstice Emberley",
    "doorbell": "Chimewick Belfrey Lychgate Carillon",
    "scale": "Gramercy Plumb Feather Tarebridge",
    "lamp": "Glimmer Filament Candlewick Dovetail",
}

# No bare number and no word that is also a fact ("Amber"), because facts are checked by string match.
# Names that differ in their digits alone are the hardest to search for; one series of seven has them.
SERIES: tuple[str, ...] = (
    "X200 X300 X400 X500 X600 X700 X800 X900",
    "Duo Compact Max Air Vista Lite Solo Signature",
    "A4 B7 C9 D12 F3 G8 H5 K6",
    "Alpha Delta Gamma Omega Sigma Kappa Zeta Theta",
    "Home Studio Travel Junior Prime Nano Grand Sport",
    "R110 S220 T330 V440 W550 Q660 M770 Z880",
    "Copper Ivory Onyx Jade Pearl Slate Coral Indigo",
)
SIZES = (5, 6)  # siblings in a family, alternating; the rest of its series does not exist

# Five equal shares: 60 % train, 20 % dev, 20 % test, and every family has siblings in each split.
SPLIT_PATTERN: tuple[Split, ...] = ("train", "dev", "train", "test", "train")


@dataclass(frozen=True, slots=True)
class Product:
    """A product at `position` in its family; `exists` is False for a name that is not sold."""

    name: str
    category: str
    family: str
    position: int
    split: Split
    exists: bool = True

    @property
    def slug(self) -> str:
        """Return the name as used in ids, such as "kestrel-x200"."""
        return self.name.lower().replace(" ", "-")


@cache
def products() -> tuple[Product, ...]:
    """Return all products, family by family."""
    return tuple(product for product in _all_models() if product.exists)


@cache
def ghosts() -> tuple[Product, ...]:
    """Return models that seem to belong to a family but do not exist."""
    return tuple(product for product in _all_models() if not product.exists)


@cache
def siblings(product: Product) -> tuple[Product, ...]:
    """Return the other products of the family."""
    return tuple(p for p in products() if p.family == product.family and p.name != product.name)


@cache
def _all_models() -> tuple[Product, ...]:
    names = [(c, family) for c, families in FAMILIES.items() for family in families.split()]
    plan = zip(names, cycle(SERIES), cycle(SIZES))
    return tuple(
        model
        for turn, ((category, family), series, size) in enumerate(plan)
        for model in _family(turn, category, family, series.split(), size)
    )


def _family(turn: int, category: str, name: str, series: list[str], size: int) -> list[Product]:
    """Return `size` products in the order of the series, then the ghosts; `turn` rotates the splits."""
    # A random draw, so that a ghost is as often between two real models as after the last one.
    drawn = set(seeded.shuffled(series, seeded.SEED, "family", name)[:size])
    models = [m for m in series if m in drawn] + [m for m in series if m not in drawn]
    return [
        Product(
            name=f"{name} {model}",
            category=category,
            family=name,
            position=position,
            split=SPLIT_PATTERN[(turn + position) % len(SPLIT_PATTERN)],
            exists=position < size,
        )
        for position, model in enumerate(models)
    ]
