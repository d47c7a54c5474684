import warnings

import pytest
from matplotlib.figure import Figure

from harness import semconv
from harness.show import palette
from harness.show.number_formats import duration, ms, percent
from harness.show.style import Margins, picture


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 ms"), (0.42, "0.42 ms"), (8.44, "8.4 ms"), (19.6, "20 ms"), (2500, "2,500 ms")],
)
def test_ms(value, text):
    assert ms(value) == text


@pytest.mark.parametrize(("value", "text"), [(419.2, "419 ms"), (999.7, "1.0 s"), (3216, "3.2 s")])
def test_duration(value, text):
    assert duration(value) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0 %"), (0.001, "<1 %"), (0.78, "78 %"), (1, "100 %")]
)
def test_percent(share, text):
    assert percent(share) == text


def test_every_stage_has_a_colour_of_its_own():
    assert set(palette.STAGE_COLOURS) == set(semconv.STAGES)
    assert len({*palette.STAGE_COLOURS.values(), palette.LIMIT}) == len(semconv.STAGES) + 1


def test_a_picture_shows_itself_as_png_and_says_what_it_shows():
    figure, (upper, lower) = picture("A finding", "measured", [1.0, 0.5], Margins(1, 1, 0.2))
    figure.description = "in words"
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a warning in a graded cell costs its points
        png, size = figure._repr_png_()
    assert png.startswith(b"\x89PNG")
    assert size["width"] == 864  # 9 in at 96 dots
    assert repr(figure) == "in words"
    assert isinstance(figure, Figure)
    assert upper.get_position().y0 > lower.get_position().y1


def test_a_long_title_gets_more_lines_and_the_picture_more_height():
    short, _ = picture("Short", "note", [1.0], Margins())
    long, _ = picture("long words " * 20, "note", [1.0], Margins())
    assert long.get_figheight() > short.get_figheight()
    assert "\n" in long.texts[0].get_text()


def test_pyplot_knows_nothing_of_a_picture():
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    picture("A finding", "measured", [1.0], Margins())
    assert plt.get_fignums() == before
