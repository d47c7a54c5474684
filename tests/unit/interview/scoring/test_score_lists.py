import pytest

from harness.interview.scoring.findings import Loss

NAMES = "caching, HNSW, streaming, quantization, distillation, speculative decoding, batching"


def credit(scorer, text):
    return sum(f.level.credit for f in scorer.answer(text).shown.values())


@pytest.mark.parametrize(
    "text",
    [NAMES, f"I know about {NAMES}.", NAMES.replace(", ", "\n"), NAMES.replace(", ", ". ")],
)
def test_a_list_of_names_is_worth_nothing(scorer, text):
    card = scorer.answer(text)
    assert credit(scorer, text) == 0 and set(card.scores.values()) == {1}
    assert Loss.LIST in {f.loss for f in card.near_misses}


def test_a_proposed_list_is_named_and_no_more(scorer):
    card = scorer.answer(f"I would use {NAMES}.")
    assert card.shown and {f.level.name for f in card.shown.values()} == {"MENTION"}
    assert set(card.scores.values()) == {1}  # a quarter of a point for the whole list


def test_sentences_from_one_template_are_mentions(scorer):
    uses = ("caching", "HNSW", "streaming", "quantization", "batching", "routing")
    text = " ".join(f"I would use {use} because it is 3 ms faster." for use in uses)
    assert {f.level.name for f in scorer.answer(text).shown.values()} == {"MENTION"}


def test_dense_and_right_is_no_list(scorer):
    text = (
        "HNSW saves 250 ms at a point of recall, and a cache with a TTL serves the repeated ones."
    )
    assert {f.level.name for f in scorer.answer(text).shown.values()} == {"EXPLAINED"}
