import json

import pytest

from harness.errors import WrongUseError
from harness.interview.scenario.transcript import MAX_BYTES, load, parse

HEADER = {"scenario": "S01", "level": "senior", "mode": "exam"}


def lines(*values):
    return "\n".join(json.dumps(value) for value in values).encode()


def test_turns_and_cards_are_read_in_order():
    read = parse(
        lines(
            HEADER,
            {"t": 0, "who": "interviewer", "text": "How do you approach this?"},
            {"t": 9.5, "who": "candidate", "open_card": "breakdown"},
            {"t": 12, "who": "candidate", "text": "The LLM."},
            {"t": 13, "who": "candidate", "open_card": "breakdown"},
        )
    )
    assert read.header.scenario == "S01"
    assert read.opened == ("breakdown",)
    assert [event.line for event in read.events] == [2, 3, 4, 5]
    assert [event.text for event in read.said_by("candidate")] == ["The LLM."]
    assert read.notices == ()


def test_a_byte_order_mark_blank_lines_and_windows_ends_are_no_problem():
    data = b"\xef\xbb\xbf" + lines(HEADER, {"t": 1, "who": "candidate", "text": "a"})
    assert parse(data.replace(b"\n", b"\r\n\r\n")).said_by("candidate")[0].text == "a"


def test_half_a_character_is_a_question_mark():
    data = lines(HEADER) + b'\n{"t": 1, "who": "candidate", "text": "a\\ud800b"}'
    assert parse(data).said_by("candidate")[0].text == "a?b"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"  \n\n", "is empty"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"{", "Line 1 of the transcript is not JSON"),
        (b"[" * 100_000, "Line 1 of the transcript is not JSON"),
        (b"[]", "Line 1 of the transcript is not a JSON object"),
        (lines({"t": 0, "who": "candidate", "text": "a"}), "Line 1 is a turn"),
        (lines({"level": "senior"}), "Line 1 is not a valid header (scenario"),
        (lines(HEADER | {"level": "god"}), "Line 1 is not a valid header (level"),
        (lines(HEADER, {"t": 0, "who": "candidate"}), "Line 2 is not a valid turn (needs either"),
        (lines(HEADER, {"t": 0, "who": "candidate", "text": "a", "open_card": "b"}), "either"),
        (lines(HEADER, {"t": 0, "who": "interviewer", "open_card": "b"}), "only the candidate"),
        (
            lines(HEADER, {"t": -1, "who": "candidate", "text": "a"}),
            "Line 2 is not a valid turn (t",
        ),
        (lines(HEADER, {"t": 1, "who": "judge", "text": "a"}), "Line 2 is not a valid turn (who"),
        (
            lines(HEADER) + b'\n{"t": NaN, "who": "candidate", "text": "a"}',
            "Line 2 is not a valid turn (t",
        ),
        (lines(HEADER, *[{"t": 1, "who": "candidate", "text": "a"}] * 5000), "5001 lines"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(data, said):
    with pytest.raises(WrongUseError) as refused:
        parse(data)
    assert said in str(refused.value)


def test_time_running_backwards_is_said_and_the_order_kept():
    turns = [{"t": t, "who": "candidate", "text": str(t)} for t in (10, 5)]
    read = parse(lines(HEADER, *turns))
    assert [event.t for event in read.events] == [10, 5]
    [notice] = read.notices
    assert "Line 3" in notice and "5 s after 10 s" in notice


def test_silence_is_said():
    [notice] = parse(lines(HEADER)).notices
    assert "nothing" in notice


def test_a_file_that_is_missing_or_far_too_large(tmp_path):
    with pytest.raises(WrongUseError, match="cannot be read"):
        load(tmp_path / "none.jsonl")
    big = tmp_path / "big.jsonl"
    with big.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(WrongUseError, match="MB"):
        load(big)
