"""The bytes of model files by number format, which a file's name may not tell."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from harness.show import chart, palette, style
from harness.show.number_formats import percent
from harness.show.style import Margins, Picture, margin_for, picture

COLUMNS = chart.Columns(2.3, (("MB", 44), ("in its own format", 150)))
SMALL_SHARE = 0.005  # of the bytes: the norms, which are never quantised, are below it
COLOURS = {
    **{"F32": palette.GREY, "F16": palette.SKY, "Q8_0": palette.BLUE, "Q4_0": palette.ORANGE},
    **{
        "Q4_1": palette.VERMILLION,
        "Q5_0": palette.PURPLE,
        "Q4_K": palette.GREEN,
        "Q6_K": "#F0E442",
    },
}
OTHER = palette.INK
LEGEND_IN = 0.5  # below the axis
NOTE = "MB of weights by number format, from the headers of the files"

Sizes = Mapping[str, int]  # number format -> bytes


def formats(files: Mapping[str, Sizes]) -> Picture:
    """Draw {file name: {number format: bytes}} as bars.

    A file's own format is the one that its name begins with. Raises ValueError for no files.
    """
    chart.require(files, "files")
    margins = Margins(margin_for(files), COLUMNS.width_in, LEGEND_IN)
    heights = [style.ROW_IN * len(files), 0.01]
    figure, [axes, legend] = picture(_finding(files), NOTE, heights, margins)
    chart.name_rows(axes, list(files))
    axes.set_xlim(0, 1.03 * max(sum(sizes.values()) for sizes in files.values()) / 1e6)
    for y, (name, sizes) in enumerate(files.items()):
        _bar(axes, y, sizes)
        texts = (f"{sum(sizes.values()) / 1e6:,.0f}", percent(own_share(name, sizes)))
        COLUMNS.write(axes, y, texts)
    COLUMNS.write_headings(axes)
    style.label_x(axes, "MB")
    _legend(legend, {kind for sizes in files.values() for kind in _shown(sizes)})
    return figure.described(f"{name}: {_in_words(sizes)}" for name, sizes in files.items())


def own_share(name: str, sizes: Sizes) -> float:
    """Return the share of bytes in the format that the name promises: "Q4_K_M" promises Q4_K."""
    return sum(size for kind, size in sizes.items() if name.startswith(kind)) / sum(sizes.values())


def _bar(axes: Axes, y: int, sizes: Sizes) -> None:
    left = 0.0
    for kind in _shown(sizes):
        width, colour = sizes[kind] / 1e6, COLOURS.get(kind, OTHER)
        axes.barh(y, width, chart.BAR, left, color=colour, edgecolor="white", linewidth=1)
        left += width


def _legend(axes: Axes, kinds: set[str]) -> None:
    axes.set_axis_off()
    patches = [Patch(color=COLOURS[kind], label=kind) for kind in COLOURS if kind in kinds]
    look = {"frameon": False, "loc": "center left", "fontsize": style.SMALL_PT}
    axes.legend(handles=patches, ncols=len(patches), **look)


def _shown(sizes: Sizes) -> list[str]:
    """Return the formats worth showing, the largest first."""
    total = sum(sizes.values())
    kinds = [kind for kind, size in sizes.items() if size > SMALL_SHARE * total]
    return sorted(kinds, key=lambda kind: -sizes[kind])


def _finding(files: Mapping[str, Sizes]) -> str:
    least = min(files, key=lambda name: own_share(name, files[name]))
    share = percent(own_share(least, files[least]))
    own = next((kind for kind in files[least] if least.startswith(kind)), _plain(least))
    return f"{least} is {own} for {share} of its bytes: look inside, not at the name"


def _plain(name: str) -> str:
    """Return the format that a name promises: Q4_K for "Q4_K_M", whose last letter is the mixture's size."""
    return name.removesuffix("_S").removesuffix("_M").removesuffix("_L")


def _in_words(sizes: Sizes) -> str:
    total = sum(sizes.values())
    return ", ".join(f"{kind} {sizes[kind] / total:.0%}" for kind in _shown(sizes))
