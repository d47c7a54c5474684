import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.show.distribution import distribution

LABEL = "end-to-end, as shipped, measured"


def texts(figure):
    return [text.get_text() for text in (*figure.texts, *figure.axes[0].texts)]


def dots(figure):
    return figure.axes[0].collections[0].get_offsets()


def samples(n):
    return 3000 + np.random.default_rng(0).lognormal(4.5, 0.6, n)


def test_44_samples_allow_a_p90():
    shown = texts(distribution(samples(44), LABEL))
    assert any(text.startswith("p50: ") for text in shown)
    assert any(text.startswith("p90: ") for text in shown)
    assert "nine of ten within" in shown[0]
    assert shown[1] == f"{LABEL}; n = 44, a dot per sample"


def test_43_samples_allow_a_maximum():
    shown = texts(distribution(samples(43), LABEL))
    assert any(text.startswith("max of 43: ") for text in shown)
    assert not any("p90" in text or "nine of ten" in text for text in shown)


def test_3_samples_allow_no_percentile():
    shown = texts(distribution([3, 1, 2], LABEL))
    assert "3.0 ms" in shown[0] and "too few" in shown[0]
    assert any(text.startswith("median of 3: ") for text in shown)


@given(st.lists(st.floats(0.01, 1e5), min_size=1, max_size=80))
@settings(deadline=None, max_examples=30)
def test_every_sample_is_a_dot_at_its_time_inside_the_picture(values):
    figure = distribution(values, LABEL)
    x, y = np.asarray(dots(figure)).T
    assert sorted(x) == pytest.approx(sorted(values))
    low, high = figure.axes[0].get_xlim()
    assert low < min(values) and max(values) < high
    assert max(y) < figure.axes[0].get_ylim()[1]


@pytest.mark.parametrize("n", [1, 5, 600])
def test_it_draws_any_number(n):
    assert distribution(samples(n), LABEL)._repr_png_()[0].startswith(b"\x89PNG")
    assert distribution([7.0] * n, LABEL)._repr_png_()[0].startswith(b"\x89PNG")


def test_the_limit_is_shown_when_asked_for():
    assert "limit 500 ms" in texts(distribution(samples(5), LABEL, limit_ms=500))
    assert not any("limit" in text for text in texts(distribution(samples(5), LABEL)))


def test_in_words_it_says_the_same():
    assert repr(distribution(samples(44), LABEL)).splitlines()[1].startswith(LABEL)


def test_no_samples_are_refused():
    with pytest.raises(ValueError, match="no samples"):
        distribution([], LABEL)
