"""The film of two answers: words at the time of their last piece, numbers and title from the record."""

import re
import xml.etree.ElementTree as ET

from harness.show.two_answers import Answered, finding, two_answers

SLOW = Answered("slow", ((4000.0, "It takes <3> days."),), 4000.0)
FAST = Answered(
    "fast", ((200.0, " "), (250.0, "It ta"), (300.0, "kes <3> days"), (340.0, ".")), 350
)


def text_of(svg):
    return " ".join("".join(ET.fromstring(svg).itertext()).split())


def test_a_word_is_shown_when_its_last_piece_has_arrived():
    assert list(FAST.words()) == [(250.0, "It"), (300.0, "takes"), (300.0, "<3>"), (340.0, "days.")]
    assert FAST.ttft_ms == 250.0


def test_the_title_and_the_labels_are_of_the_record():
    text = text_of(two_answers("How long?", SLOW, FAST, "One request each.", dark=False))
    for part in (
        finding(SLOW, FAST),
        "How long?",
        "One request each.",
        "all 350 ms",
        "It takes <3> days.",
    ):
        assert part in text
    assert "4.0 s" in finding(SLOW, FAST) and "250 ms" in finding(SLOW, FAST)


def test_the_dark_film_differs_only_in_colours():
    light, dark = (two_answers("?", SLOW, FAST, "note", dark) for dark in (False, True))
    assert light != dark
    assert text_of(light) == text_of(dark)
    assert re.sub(r'"#\w{6}"', "", light) == re.sub(r'"#\w{6}"', "", dark)
