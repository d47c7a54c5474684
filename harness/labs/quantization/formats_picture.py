"""What is in a model file: a bar for each, its bytes by number format. Names say less."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from harness.show import style
from harness.show.style import Picture, Margins, picture, margin_for

RIGHT_IN = 2.3
COLUMNS = (("MB", 44), ("in its own format", 150))  # heading, right edge in points
SMALL_SHARE = 0.005  # of the bytes: norms, which are never quantised
COLOURS = {
    **{"F32": style.GREY, "F16": style.SKY, "Q8_0": style.BLUE, "Q4_0": style.ORANGE},
    **{"Q4_1": style.VERMILLION, "Q5_0": style.PURPLE, "Q4_K": style.GREEN, "Q6_K": "#F0E442"},
}
OTHER = style.INK
LEGEND_IN = 0.5  # below the axis


def formats(files: Mapping[str, Mapping[str, int]]) -> Picture:
    """File name -> {number format: bytes}, as bars; a file's own format is the one its name begins with.

    Raises ValueError for none.
    """
    if not files:
        raise ValueError("There is no file to look into: give at least one.")
    title, note = _finding(files), "MB of weights by number format, as the files say themselves"
    margins = Margins(margin_for(files), RIGHT_IN, LEGEND_IN)
    heights = [style.ROW_IN * len(files), 0.01]
    figure, [axes, legend] = picture(title, note, heights, margins)
    legend.set_axis_off()
    axes.set_ylim(len(files) - 0.5, -0.5)
    axes.set_yticks(range(len(files)), list(files))
    axes.set_xlim(0, 1.03 * max(sum(sizes.values()) for sizes in files.values()) / 1e6)
    for y, (name, sizes) in enumerate(files.items()):
        _bar(axes, y, name, sizes)
    for text, right_pt in COLUMNS:
        style.heading(axes, text, right_pt)
    style.time_axis(axes, "MB")
    _legend(legend, {kind for sizes in files.values() for kind in _shown(sizes)})
    rows = (f"{name}: {_in_words(sizes)}" for name, sizes in files.items())
    figure.description = "\n".join([title, note, *rows])
    return figure


def own_share(name: str, sizes: Mapping[str, int]) -> float:
    """Share of the bytes in the format that the name promises: "Q4_K_M" promises Q4_K."""
    kinds = [kind for kind in sizes if name.startswith(kind)]
    return sum(sizes[kind] for kind in kinds) / sum(sizes.values())


def _bar(axes: Axes, y: int, name: str, sizes: Mapping[str, int]) -> None:
    left = 0.0
    for kind in sorted(_shown(sizes), key=lambda one: -sizes[one]):
        width = sizes[kind] / 1e6
        axes.barh(
            y, width, 0.62, left, color=COLOURS.get(kind, OTHER), edgecolor="white", linewidth=1
        )
        left += width
    texts = (f"{sum(sizes.values()) / 1e6:,.0f}", style.percent(own_share(name, sizes)))
    for text, (_, right_pt) in zip(texts, COLUMNS, strict=True):
        style.beside(axes, text, y, right_pt)


def _legend(axes: Axes, kinds: set[str]) -> None:
    known = [kind for kind in COLOURS if kind in kinds]
    patches = [Patch(color=COLOURS[kind], label=kind) for kind in known]
    axes.legend(
        handles=patches,
        ncols=len(patches),
        frameon=False,
        loc="center left",
        fontsize=style.SMALL_PT,
    )


def _shown(sizes: Mapping[str, int]) -> list[str]:
    total = sum(sizes.values())
    return [kind for kind, size in sizes.items() if size > SMALL_SHARE * total]


def _finding(files: Mapping[str, Mapping[str, int]]) -> str:
    least = min(files, key=lambda name: own_share(name, files[name]))
    share = own_share(least, files[least])
    own = next((kind for kind in files[least] if least.startswith(kind)), _plain(least))
    of_it = f"{least} is {own} for {style.percent(share)} of its bytes"
    return f"{of_it}: look inside, not at the name"


def _plain(name: str) -> str:
    """What a name promises: Q4_K for "Q4_K_M", whose last letter is the size of the mixture."""
    return name.removesuffix("_S").removesuffix("_M").removesuffix("_L")


def _in_words(sizes: Mapping[str, int]) -> str:
    total = sum(sizes.values())
    return ", ".join(
        f"{kind} {sizes[kind] / total:.0%}"
        for kind in sorted(_shown(sizes), key=lambda k: -sizes[k])
    )
