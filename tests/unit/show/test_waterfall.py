import pytest
from matplotlib.figure import Figure

from harness import semconv
from harness.show import palette
from harness.show.waterfall import waterfall, waterfalls
from tests.unit.show.traces import CACHED, FAST, ON_SERVER, SLOW, trace


def texts(figure):
    shown = [text.get_text() for text in figure.texts]
    for axes in figure.axes:
        shown += [text.get_text() for text in (*axes.texts, *axes.get_yticklabels())]
    return shown


def drawn(figure):
    return figure._repr_png_()[0].startswith(b"\x89PNG")


def test_it_shows_stages_times_shares_and_the_limit():
    figure = waterfall(SLOW)
    shown = texts(figure)
    assert isinstance(figure, Figure) and drawn(figure)
    for text in ("The LLM takes 78 % of 3.2 s", "LLM", "2,500 ms", "78 %", "575 ms", "3,200 ms"):
        assert text in shown
    assert "limit 500 ms" in shown and "network (SIM)" in shown
    assert "ms" in figure.axes[0].get_xlabel()


def test_only_emulated_time_is_hatched():
    figure = waterfall(SLOW)
    hatched = [bars.get_hatch() for bars in figure.axes[0].collections if bars.get_hatch()]
    assert hatched == [palette.HATCH]


def test_the_limit_is_always_in_view():
    for one in (SLOW, FAST, CACHED):
        for limit in (500, 2000):
            assert waterfall(one, limit).axes[0].get_xlim()[1] > limit


@pytest.mark.parametrize("one", [SLOW, FAST, CACHED, ON_SERVER, trace(gap=50)])
def test_it_draws_whatever_was_traced(one):
    assert drawn(waterfall(one))


def test_a_title_stands_in_for_the_finding():
    shown = texts(waterfall(SLOW, title="Before the first lab"))
    assert "Before the first lab" in shown
    assert not any("takes 78 %" in text for text in shown)


def test_text_only_notebooks_read_the_same():
    described = repr(waterfall(SLOW))
    assert "The LLM takes 78 % of 3.2 s" in described
    assert "2,500 ms" in described and "network (SIM)" in described
    assert "\x1b" not in described  # no colours


def test_several_share_one_time_axis():
    figure = waterfalls([("as shipped", SLOW), ("everything", FAST)])
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    shown = texts(figure)
    assert "From 3.2 s (as shipped) to 421 ms (everything): 7.6 times as fast" in shown
    assert {"as shipped", "everything"} <= set(shown)
    assert shown.count("limit 500 ms") == 1
    assert "as shipped" in repr(figure) and "421 ms" in repr(figure)
    assert drawn(figure)


def test_nothing_is_claimed_when_the_first_is_the_fastest():
    assert "fast is the fastest: 421 ms" in texts(waterfalls([("fast", FAST), ("slow", SLOW)]))


def test_a_long_name_leaves_room_for_the_bars():
    figure = waterfalls([("a name " * 20, SLOW)])
    assert figure.axes[0].get_position().width > 0.3


def test_several_need_at_least_one():
    with pytest.raises(ValueError, match="at least 1"):
        waterfalls([])


def test_colours_follow_the_stage():
    first = waterfall(SLOW).axes[0].collections[4]  # whole, network, preprocessing, search, LLM
    assert first.get_facecolor()[0][:3] == pytest.approx(
        tuple(int(palette.STAGE_COLOURS[semconv.GENERATE][i : i + 2], 16) / 255 for i in (1, 3, 5))
    )
