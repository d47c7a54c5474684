import io

import pytest
from rich.console import Console

from harness.show.text import NARROWEST, plain_waterfall, text_waterfall
from tests.unit.show.traces import CACHED, FAST, ON_SERVER, SLOW, trace


def shown(renderable, width=100, encoding="utf-8", **options):
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    console = Console(file=file, width=width, force_terminal=False, **options)
    console.print(renderable)
    file.flush()
    return raw.getvalue().decode(encoding)


def line(text, label):
    return next(one for one in text.splitlines() if one.startswith(label))


def test_it_says_what_the_picture_says():
    text = shown(text_waterfall(SLOW))
    assert text.splitlines()[0] == "The LLM takes 78 % of 3.2 s"
    assert "end-to-end, one request, measured; network SIM" in text
    assert "limit 500 ms" in text
    assert line(text, "LLM").split()[-6:] == ["575", "ms", "2,500", "ms", "78", "%"]


def test_bars_start_where_their_stage_does():
    text = shown(text_waterfall(SLOW))
    preprocessing, llm = line(text, "preprocessing"), line(text, "LLM")
    assert 15 * preprocessing.count("█") > llm.count("█") > 8 * preprocessing.count("█")
    assert llm.index("█") > preprocessing.index("█")


def test_emulated_time_looks_different():
    network = line(shown(text_waterfall(SLOW)), "network (SIM)")
    assert "░" in network and "█" not in network


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_it_fits_the_terminal(width):
    assert max(map(len, shown(text_waterfall(SLOW), width).splitlines())) <= max(width, NARROWEST)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_an_old_terminal_gets_ascii(encoding):
    text = shown(text_waterfall(SLOW), encoding=encoding)
    assert "#" in line(text, "LLM") and ":" in line(text, "network (SIM)")


@pytest.mark.parametrize("one", [SLOW, FAST, CACHED, ON_SERVER, trace(gap=50)])
@pytest.mark.parametrize("limit_ms", [1, 500, 100_000])
def test_it_draws_whatever_was_traced(one, limit_ms):
    assert f"limit {limit_ms:,} ms" in shown(text_waterfall(one, limit_ms))


def test_a_title_stands_in_for_the_finding():
    assert shown(text_waterfall(SLOW, title="Before")).startswith("Before\n")


def test_plain_has_no_colours_and_no_trailing_blanks():
    text = plain_waterfall(SLOW, 500, None)
    assert "\x1b" not in text
    assert all(one == one.rstrip() for one in text.splitlines())


def test_a_notebook_shows_it():
    bundle = text_waterfall(SLOW)._repr_mimebundle_([], [])
    assert "LLM" in bundle["text/plain"] and "LLM" in bundle["text/html"]
