import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.interview.scoring.sentences import MAX_SENTENCE_WORDS, MAX_WORDS, read


def texts(original):
    return [sentence.text for sentence in read(original).sentences]


def test_sentences_end_where_a_reader_stops():
    text = "It takes 3.5 s, e.g. at night; then more. Why? Because:\n- one\n- Two\n\nthree"
    assert texts(text) == [
        "It takes 3.5 s, e.g. at night;",
        "then more.",
        "Why?",
        "Because:",
        "one",
        "Two",
        "three",
    ]


def test_a_wrapped_line_goes_on_and_a_short_one_does_not():
    wrapped = "This is a line that was wrapped by an editor at some\ncolumn and goes on."
    assert len(texts(wrapped)) == 1
    assert len(texts("streaming\ncaching")) == 2


def test_what_a_reader_does_not_see_is_not_read():
    text = "Ca<b>c</b>he it<script>streaming</script> now&nbsp;&amp; st\u200bream<!-- HNSW -->."
    clean = read(text).clean
    assert "stream." in clean.replace(" .", ".") and "HNSW" not in clean
    assert "streaming" not in clean and "&" in clean and "<" not in clean


def test_numbers_between_angle_signs_are_no_tag():
    assert "p95 < 500 and x > 3" in read("p95 < 500 and x > 3").clean


def test_fifty_thousand_words_are_cut_and_counted():
    passage = read("word " * 50_000)
    assert passage.words_left_out > 48_000
    assert sum(len(s.words) for s in passage.sentences) == MAX_WORDS


def test_a_sentence_without_an_end_is_cut():
    assert max(len(s.words) for s in read("w " * 300).sentences) == MAX_SENTENCE_WORDS


@pytest.mark.parametrize("hostile", ["<script" * 8000, "<a " * 20000, "&#" * 30000, "((" * 20000])
@pytest.mark.timeout(20)
def test_hostile_text_ends(hostile):
    read(hostile)


@pytest.mark.parametrize("sign", ["\u2057", "\u2026", "\u2a74", "- ", " "])
def test_signs_without_words_are_few(sign):
    clean = read(f"Measure first. {sign * 20_000} Then cache.").clean
    assert len(clean) < 100 and clean.endswith("Then cache.")


@given(st.text(max_size=300))
def test_every_quote_is_a_piece_of_the_original(original):
    passage = read(original)
    for sentence in passage.sentences:
        assert 0 <= sentence.start < sentence.end <= len(original)
        assert (
            passage.quote(sentence.start, sentence.end) == original[sentence.start : sentence.end]
        )
        assert sentence.words
