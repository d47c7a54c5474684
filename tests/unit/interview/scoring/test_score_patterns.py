import pytest

from harness.interview.scoring.patterns import Lexicon, PatternError, any_span

LEXICON = Lexicon({"small": ["small*", "tiny"], "model": ["model*", "<small> one"]})


def spans(source, text):
    return LEXICON.compile(source).spans(text)


def test_a_star_is_the_rest_of_a_word_and_words_are_whole():
    assert spans("cach*", "we cached it") == ((3, 9),)
    assert spans("cach", "we cached it") is None
    assert spans("ann", "annoy") is None


@pytest.mark.parametrize(
    ("source", "text", "matches"),
    [
        ("<small> <model>", "a smaller, modelled thing", True),
        ("<model>", "the tiny one", True),
        ("draft ~ check*", "draft it and let him check", True),
        ("draft ~ check*", "draft one two three four five six check", False),
        ("draft ~~ check*", "draft one two three four five six check", True),
        (r"\d+ ?ms", "500ms", True),
        (r"\d+ ?ms", "500 ms", True),
        ("a( b)? c", "a c", True),
        ("a (b)? c", "a c", True),
        ("a (b)? c", "a b c", True),
        ("a (b)? ~ c", "a x c", True),
        (["x", "y"], "y then x", True),
        (["x", "!y"], "y then x", False),
    ],
)
def test_phrases_gaps_classes_and_lists(source, text, matches):
    assert (spans(source, text) is not None) is matches


def test_the_parts_of_a_list_have_a_span_each():
    assert spans(["x", "y"], "y x") == ((2, 3), (0, 1))


@pytest.mark.parametrize("source", ["<nobody>", "(", ["!only this"]])
def test_a_pattern_that_cannot_work_is_named(source):
    with pytest.raises(PatternError):
        LEXICON.compile(source)


def test_the_first_pattern_that_matches_counts():
    patterns = [LEXICON.compile("never"), LEXICON.compile("now")]
    assert any_span(patterns, "now") == ((0, 3),)
    assert any_span(patterns, "later") is None
