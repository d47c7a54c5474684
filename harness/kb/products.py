"""The products of Halden: categories, regions, and families of sibling models spread over the splits.

The shipped world is the same everywhere. The referee makes further ones, which nobody has seen before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache, partial, wraps
from itertools import cycle
from typing import Literal, TypeVar, get_args

from harness.kb import launched, seeded

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


@dataclass(frozen=True, eq=False, slots=True)
class World:
    """A range of products: `seed` decides which of them exist, and everything that is written about them.

    families: (category, name of the family). sizes: siblings in a family, in turn. splits: in turn.
    """

    seed: seeded.Key
    families: tuple[tuple[str, str], ...]
    sizes: tuple[int, ...]
    splits: tuple[Split, ...]


SHIPPED = World(
    seeded.SEED,
    tuple((category, name) for category, names in FAMILIES.items() for name in names.split()),
    SIZES,
    SPLIT_PATTERN,
)
WORLDS = 4  # kept in memory beside the shipped one: those that are being graded

Made = TypeVar("Made")


def per_world(make: Callable[[World], Made]) -> Callable[..., Made]:
    """Return `make` with the shipped world as default and its result kept, beside those of a few others."""
    shipped, others = cache(partial(make, SHIPPED)), lru_cache(WORLDS)(make)

    @wraps(make)
    def made(world: World = SHIPPED) -> Made:
        return shipped() if world is SHIPPED else others(world)

    return made


@dataclass(frozen=True, slots=True)
class Product:
    """A product at `position` in its family; `exists` is False for a name that is not sold."""

    name: str
    category: str
    family: str
    position: int
    split: Split
    exists: bool = True
    world: World = SHIPPED

    @property
    def slug(self) -> str:
        """Return the name as used in ids, such as "kestrel-x200"."""
        return self.name.lower().replace(" ", "-")


def products() -> tuple[Product, ...]:
    """Return all products on sale: the shipped ones, family by family, and those launched since."""
    return (*models(), *(_launched(*product) for product in launched.products()))


@per_world
def models(world: World = SHIPPED) -> tuple[Product, ...]:
    """Return all products of a world, family by family."""
    return tuple(product for product in _all_models(world) if product.exists)


@per_world
def ghosts(world: World = SHIPPED) -> tuple[Product, ...]:
    """Return models that seem to belong to a family but do not exist."""
    return tuple(product for product in _all_models(world) if not product.exists)


def siblings(product: Product) -> tuple[Product, ...]:
    """Return the other products of the family."""
    return tuple(p for p in _family_of(product.world)[product.family] if p.name != product.name)


@per_world
def _family_of(world: World) -> dict[str, list[Product]]:
    families: dict[str, list[Product]] = {}
    for product in models(world):
        families.setdefault(product.family, []).append(product)
    return families


@cache
def _launched(name: str, category: str) -> Product:
    """Return a launched product, of which only the help centre's articles are known."""
    return Product(name, category, family=name.split()[0], position=0, split="test")


def _all_models(world: World) -> tuple[Product, ...]:
    plan = zip(world.families, cycle(SERIES), cycle(world.sizes), strict=False)
    return tuple(
        model
        for turn, ((category, family), series, size) in enumerate(plan)
        for model in _family(world, turn, category, family, series.split(), size)
    )


def _family(
    world: World, turn: int, category: str, name: str, series: list[str], size: int
) -> list[Product]:
    """Return `size` products in the order of the series, then the ghosts; `turn` rotates the splits."""
    # A random draw, so that a ghost is as often between two real models as after the last one.
    drawn = set(seeded.shuffled(series, world.seed, "family", name)[:size])
    models = [m for m in series if m in drawn] + [m for m in series if m not in drawn]
    return [
        Product(
            name=f"{name} {model}",
            category=category,
            family=name,
            position=position,
            split=world.splits[(turn + position) % len(world.splits)],
            exists=position < size,
            world=world,
        )
        for position, model in enumerate(models)
    ]
