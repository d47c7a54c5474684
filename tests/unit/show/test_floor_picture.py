from dataclasses import replace

import pytest
from matplotlib.colors import to_hex

from harness import semconv
from harness.measure.latency.floor import OUTSIDE, READ, UNKNOWN, FloorReport, StageFloor
from harness.measure.model_files.peak import Peaks
from harness.show import dark, palette
from harness.show.floor_picture import finding, floor_picture, floor_table, note
from tests.unit.show.figures import in_order, title, words

STAGES = (
    StageFloor(semconv.NETWORK, 27.0, 25.0, "1 round trip of 25 ms", simulated=True),
    StageFloor(semconv.RETRIEVE, 1.1, 0.002, "212 vectors, 0.33 MB, at 52 GB/s"),
    StageFloor(READ, 90.0, 3.0, "2 x 56.6 M operations x 112 tokens at 3,562 GFLOP/s (int8)"),
    StageFloor(OUTSIDE, 1.7, 0.0, "none for threads"),
)
PEAKS = Peaks(52.0, 92_000_000, {"fp32": 351.0, "int8": 3562.0})
REPORT = FloorReport("reference", 20, 120.0, STAGES, PEAKS, "A CPU")
UNKNOWN_MODEL = replace(
    REPORT, stages=(*STAGES[:2], StageFloor(semconv.GENERATE, 90.0, None, UNKNOWN), STAGES[3])
)


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_title_is_computed_from_the_floors():
    shown = plain(title(floor_picture(REPORT)))
    assert in_order(shown, "reference", "120 ms", "4.3 times", "28 ms", "87 ms", "reads the prompt")


def test_the_title_says_what_is_not_known():
    shown = finding(UNKNOWN_MODEL)
    assert in_order(
        shown, "No floor is known for LLM", "25 ms", "120 ms", "2.0 ms", "network (SIM)"
    )


def test_every_bar_is_named_with_its_ms():
    shown = words(floor_picture(REPORT))
    assert {"network (SIM)", "floor 25 ms", "measured 27 ms", "floor <0.01 ms"} <= shown
    assert {"floor –", "measured 90 ms"} <= words(floor_picture(UNKNOWN_MODEL))


def test_only_emulated_time_is_hatched():
    bars = floor_picture(REPORT).axes[0].patches
    assert [bool(bar.get_hatch()) for bar in bars] == [True] * 2 + [False] * 6


def test_the_small_print_says_what_the_numbers_are():
    assert in_order(note(REPORT), "p50", "n=20", "SIM", "A CPU", "52 GB/s", "92 MB", "int8 3,562")


def test_the_same_in_words_and_as_a_table():
    described = repr(floor_picture(REPORT))
    assert in_order(described, "4.3 times", "network (SIM)", "floor 25 ms", "measured 27 ms")
    assert floor_table(REPORT).row_count == len(STAGES) + 1


@pytest.mark.parametrize("report", [REPORT, UNKNOWN_MODEL])
@pytest.mark.parametrize("on", [lambda figure: figure, dark.on_dark])
def test_nothing_leaves_the_picture_at_the_width_of_a_telephone(report, on):
    figure = on(floor_picture(report))
    data, size = figure._repr_png_()
    assert data.startswith(b"\x89PNG") and size["width"] < 560
    figure.draw_without_rendering()  # saving left the positions of its own resolution
    edge = figure.bbox
    for text in (*figure.texts, *figure.axes[0].texts):
        box = text.get_window_extent()
        assert box.x0 >= edge.x0 and box.x1 <= edge.x1, text.get_text()
        # Scaled to 420 px, the smallest text is still 8 px high.
        assert text.get_fontsize() * 96 / 72 * 420 / size["width"] >= 8


def test_texts_do_not_overlap():
    figure = floor_picture(REPORT)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    pairs = [(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :]]
    assert not any(a.shrunk(0.9, 0.9).overlaps(b.shrunk(0.9, 0.9)) for a, b in pairs)


def test_on_a_dark_page_text_is_light_and_data_keep_their_colours():
    figure = dark.on_dark(floor_picture(REPORT))
    assert to_hex(figure.get_facecolor()) == dark.BACKGROUND
    assert figure.texts[0].get_color() == dark.ON_DARK[palette.INK.lower()]
    colours = {to_hex(bar.get_facecolor()) for bar in figure.axes[0].patches}
    assert {palette.BLUE.lower(), palette.ORANGE.lower()} <= colours
    assert palette.PALE.lower() not in colours
