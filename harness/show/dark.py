"""Pictures on a dark background: the same marks, with light text and dark surfaces.

The colours of data keep a contrast of more than 3 to 1 on both backgrounds and are not changed.
"""

from __future__ import annotations

from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from harness.show import palette

BACKGROUND = "#121212"
ON_DARK = {
    "#ffffff": BACKGROUND,
    palette.INK.lower(): "#ececec",
    palette.FAINT.lower(): "#b0b0b0",
    palette.PALE.lower(): "#3c3c3c",
}
COLOURED = ("color", "facecolor", "edgecolor")


def on_dark(figure: Figure) -> Figure:
    """Exchange the colours of text and surfaces in `figure` for those of a dark page, and return it."""
    artists = figure.findobj()
    # A text's box is not found with it.
    boxes = [one.get_bbox_patch() for one in artists if isinstance(one, Text)]
    for artist in [*artists, *filter(None, boxes)]:
        for name in COLOURED:
            get, change = (getattr(artist, f"{verb}_{name}", None) for verb in ("get", "set"))
            colour = _single(get()) if get and change else None
            if colour in ON_DARK:
                change(ON_DARK[colour])
    return figure


def _single(colour: object) -> str | None:
    """Return a colour as "#rrggbb"; None for several colours, and for an invisible one."""
    try:
        return None if to_hex(colour, keep_alpha=True).endswith("00") else to_hex(colour)
    except (TypeError, ValueError):
        return None
