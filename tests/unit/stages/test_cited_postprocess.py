import pytest

from harness.assistant import Question
from harness.stages.cited_postprocess import CitedPostprocess
from harness.stages.diff_postprocess import EMPTY, DiffPostprocess
from harness.stages.prompt import (
    passages,
    question_part,
    split_pointer,
    stuffed_prompt,
    with_pointer,
)
from tests.fakes import chunk

ASKED = Question("How long is the warranty of the Kestrel X200?")
CHUNKS = [chunk(0), chunk(1)]


@pytest.mark.parametrize(
    ("text", "number", "rest"),
    [
        ("[2] It lasts.", 2, "It lasts."),
        ("  [12]It lasts.", 12, "It lasts."),
        ("It lasts [2].", 0, "It lasts [2]."),
        ("[x] It lasts.", 0, "[x] It lasts."),
        ("", 0, ""),
        ("[3]", 3, ""),
    ],
)
def test_only_a_pointer_at_the_start_points(text, number, rest):
    assert split_pointer(text) == (number, rest)


def test_pointing_undoes_citing():
    assert split_pointer(with_pointer(3, "It lasts 24 months.")) == (3, "It lasts 24 months.")


@pytest.mark.parametrize(
    ("text", "expected", "citations", "flags"),
    [
        ("[2] It lasts 24 months. And", "It lasts 24 months.", ("c1",), ()),
        ("[2] It lasts\n24 months.", "It lasts 24 months.", ("c1",), ()),
        ("[1] It lasts 24", "It lasts 24", ("c0",), ("truncated",)),
        ("[9] It lasts 24 months.", "It lasts 24 months.", (), ("uncited",)),
        ("[0] It lasts 24 months.", "It lasts 24 months.", (), ("uncited",)),
        ("It lasts 24 months.", "It lasts 24 months.", (), ("uncited",)),
        ("I could not find that.", "I could not find that.", (), ("refused",)),
        ("[1] I could not find that.", "I could not find that.", (), ("refused",)),
        (" \n", EMPTY, (), ("empty",)),
        ("[1]", EMPTY, (), ("empty",)),
    ],
)
def test_the_first_sentence_with_the_passage_it_points_at(text, expected, citations, flags):
    answer = CitedPostprocess()(ASKED, CHUNKS, text)
    assert (answer.text, answer.citations, answer.flags) == (expected, citations, flags)


def test_the_slow_post_processing_takes_the_pointer_off_too():
    answer = DiffPostprocess(["Kestrel X200"], 20)(ASKED, CHUNKS, "[2] It lasts 24 months. And")
    assert answer.text == "It lasts 24 months."


def test_the_prompt_is_its_two_parts():
    assert stuffed_prompt(ASKED, CHUNKS) == passages(CHUNKS) + question_part(ASKED)
    assert passages(CHUNKS) == passages(CHUNKS[:1]) + "\n" + passages(CHUNKS).splitlines()[-1]
