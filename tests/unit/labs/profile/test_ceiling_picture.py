import pytest

from harness import semconv
from harness.labs.profile.ceiling_picture import ceilings
from harness.show import palette
from tests.unit.show.figures import in_order, title
from tests.unit.show.traces import FAST, SLOW

STAGES = SLOW.stage_ms()


def texts(figure):
    axes = figure.axes[0]
    parts = (*figure.texts, *axes.texts, *axes.get_yticklabels())
    return [text.get_text() for text in parts]


def remains(figure):
    """ms of the solid bars, by row."""
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    solid = [bar for bar in figure.axes[0].patches if hasattr(bar, "get_x") and bar.get_x() == 0]
    by_row = {round(bar.get_y() + bar.get_height() / 2): bar.get_width() for bar in solid}
    return {label: by_row[row] for row, label in enumerate(labels)}


def test_no_single_stage_of_the_product_is_enough():
    figure = ceilings(STAGES)
    assert in_order(title(figure), "No single stage", "500 ms", "the LLM", "700 ms")
    assert "limit 500 ms" in texts(figure)
    assert figure._repr_png_()[0].startswith(b"\x89PNG")


def test_each_bar_is_the_rest_of_the_request():
    assert remains(ceilings(STAGES)) == {
        "today": 3200,
        "without the network (SIM)": 3100,
        "without preprocessing": 3000,
        "without vector search": 2900,
        "without the LLM": 700,
        "without post-processing": 3100,
        "nothing but the LLM": 2500,
    }


def test_amdahls_bound_stands_beside_it():
    shown = texts(ceilings(STAGES))
    assert "4.57 x" in shown and "1.28 x" in shown  # 3200 / 700, 3200 / 2500


def test_one_stage_that_is_enough_is_called_so():
    figure = ceilings({semconv.RETRIEVE: 200.0, semconv.GENERATE: 900.0})
    assert in_order(title(figure), "enough", "the LLM", "200 ms")


def test_under_the_limit_already():
    assert in_order(title(ceilings(FAST.stage_ms())), "Already", "500 ms", "421 ms")


def test_only_emulated_time_is_hatched_and_labelled():
    figure = ceilings(STAGES)
    assert [bar.get_hatch() for bar in figure.axes[0].patches if bar.get_hatch()] == [palette.HATCH]
    real = ceilings(STAGES, simulated=())
    assert not any("SIM" in text for text in texts(real))
    assert not any(bar.get_hatch() for bar in real.axes[0].patches)


def test_stages_of_any_name_and_no_llm():
    figure = ceilings({"rerank": 300.0, "search": 400.0})
    assert "without rerank" in texts(figure) and "nothing but the LLM" not in texts(figure)


def test_a_single_stage_has_no_bound():
    assert "no bound" in texts(ceilings({semconv.GENERATE: 900.0}))


def test_in_words_it_says_the_same():
    assert "without the LLM: 700 ms (at best 4.57 x)" in repr(ceilings(STAGES))


@pytest.mark.parametrize("stages", [{}, {semconv.GENERATE: 0.0}])
def test_no_time_is_refused(stages):
    with pytest.raises(ValueError, match="measure a request"):
        ceilings(stages)
