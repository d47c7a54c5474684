"""Colours of all pictures and pages."""

from __future__ import annotations

from harness import semconv

# Okabe and Ito, "Color Universal Design" (2008): distinguishable with every kind of colour blindness.
GREY, SKY, GREEN, BLUE, PURPLE = "#999999", "#56B4E9", "#009E73", "#0072B2", "#CC79A7"
ORANGE, VERMILLION = "#E69F00", "#D55E00"
INK, FAINT, PALE = "#222222", "#666666", "#E4E4E4"  # text, secondary text, background marks
LIMIT = VERMILLION

STAGE_COLOURS = {
    semconv.NETWORK: GREY,
    semconv.PREPROCESS: SKY,
    semconv.RETRIEVE: GREEN,
    semconv.GENERATE: BLUE,
    semconv.POSTPROCESS: PURPLE,
}
HATCH = "/////"  # on every bar whose time is emulated, and on points without a verdict
