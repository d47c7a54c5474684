"""A smaller vocabulary, first on five merges, then as llama.cpp divides real text with it."""

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import BPE

from harness.errors import WrongUseError
from harness.kb.articles import chunks
from harness.kb.questions import draw
from harness.models.catalog import SMOLLM2
from harness.models.engines.llama_context import LlamaContext
from harness.models.gguf import file
from harness.models.gguf.export import export
from harness.models.gguf.vocabulary import MERGES, TOKENS, closed, reduced
from harness.models.lora.prune import with_tokens
from harness.models.offline import KEPT_TOKENS
from harness.stages.prompt import passages
from tests.tiny import tiny_llama

SMALL = ["<end>", "a", "b", "c", "ab", "abc", "bc"]
SMALL_MERGES = [("a", "b"), ("ab", "c"), ("b", "c")]


def test_a_kept_token_keeps_what_it_is_merged_from():
    assert closed([5], SMALL, SMALL_MERGES) == [0, 1, 2, 3, 4, 5]


def test_what_no_merge_makes_is_always_kept():
    assert closed([], SMALL, SMALL_MERGES) == [0, 1, 2, 3]


@pytest.mark.parametrize("merge", [("c", "a"), ("b", "d"), ("d", "bc")])
def test_a_merge_of_what_is_no_token_has_no_effect(merge):
    assert closed([5], SMALL, [*SMALL_MERGES, merge]) == closed([5], SMALL, SMALL_MERGES)


def test_tokens_may_be_bytes_as_in_a_file():
    tokens = [token.encode() for token in SMALL]
    merges = [(a.encode(), b.encode()) for a, b in SMALL_MERGES]
    assert closed([5], tokens, merges) == closed([5], SMALL, SMALL_MERGES)


# "abcd" is made by two merges, and a text goes through the first.
TWICE = ["a", "b", "c", "d", "bc", "bcd", "cd", "ab", "abcd", "dd"]
TWICE_MERGES = [
    ("b", "c"),
    ("bc", "d"),
    ("c", "d"),
    ("a", "b"),
    ("a", "bcd"),
    ("ab", "cd"),
    ("d", "d"),
]


def divided(kept, text):
    """Return the tokens of `text` by a tokenizer that has the tokens `kept` of TWICE only."""
    names = [TWICE[i] for i in kept]
    merges = [(a, b) for a, b in TWICE_MERGES if {a, b, a + b} <= set(names)]
    vocabulary = {name: i for i, name in enumerate(names)}
    return Tokenizer(BPE(vocab=vocabulary, merges=merges)).encode(text).tokens


def test_a_token_of_several_merges_keeps_the_parts_of_each():
    kept = closed([TWICE.index("abcd")], TWICE, TWICE_MERGES)
    assert [TWICE[i] for i in kept] == ["a", "b", "c", "d", "bc", "bcd", "cd", "ab", "abcd"]


@pytest.mark.parametrize("order", [TWICE_MERGES, TWICE_MERGES[::-1]])
@pytest.mark.parametrize("texts", [["abcd", "abc"], ["abcd"], ["bcdd"], ["cdab", "abcdd"]])
def test_the_texts_that_a_vocabulary_is_kept_for_are_divided_as_before(texts, order):
    everything = range(len(TWICE))
    used = {TWICE.index(token) for text in texts for token in divided(everything, text)}
    kept = closed(used, TWICE, order)
    assert [divided(kept, t) for t in texts] == [divided(everything, t) for t in texts]


def fields(kept):
    return reduced(file.metadata(SMOLLM2.path(), "tokenizer."), kept)


def test_tokens_their_types_and_merges_agree():
    kept = list(range(400))
    smaller = fields(kept)
    assert len(smaller[TOKENS].value) == len(smaller["tokenizer.ggml.token_type"].value) == 400
    made = {b"".join(merge.split(b" ")) for merge in smaller[MERGES].value}
    assert made <= set(smaller[TOKENS].value) and len(made) == len(smaller[MERGES].value)


def test_special_tokens_get_their_new_numbers():
    kept = [1, 2, 0, *range(17, 300)]
    assert fields(kept)["tokenizer.ggml.eos_token_id"].value == 1  # was 2


def test_a_special_token_is_never_lost():
    with pytest.raises(WrongUseError, match="eos_token_id: keep it"):
        fields([0, 1, *range(17, 300)])


@pytest.fixture(scope="module")
def contexts(tmp_path_factory):
    """Return two tiny models in llama.cpp: with all tokens, and with those of the compact model."""
    kept, folder = np.load(KEPT_TOKENS).tolist(), tmp_path_factory.mktemp("tokens")
    model = tiny_llama(layers=1, vocabulary=49152)
    export(model, SMOLLM2.path(), folder / "all.gguf", "all")
    export(with_tokens(model, kept), SMOLLM2.path(), folder / "kept.gguf", "kept", kept)
    return LlamaContext(folder / "all.gguf"), LlamaContext(folder / "kept.gguf"), kept


@pytest.mark.parametrize(
    "text",
    [
        "<|im_start|>system\nYou are the support assistant of Halden.",
        "How long is the warranty of my Kestrel X200 in Canada?",
        "The battery lasts 14.5 hours.\n\nQuestion: Does it charge?",
    ],
)
def test_text_of_the_domain_is_divided_as_before(contexts, text):
    all_, few, kept = contexts
    assert [kept[token] for token in few.tokens(text)] == all_.tokens(text)


def test_what_users_read_is_divided_as_before(contexts):
    all_, few, kept = contexts
    for text in (passages([chunk]) for chunk in chunks()[::80][:250]):
        assert [kept[token] for token in few.tokens(text)] == all_.tokens(text)


def test_what_users_ask_is_divided_as_before_if_its_tokens_are_kept(contexts):
    all_, few, kept = contexts
    for case in draw("dev", 250, seed=18, history_turns=0):
        before, after = all_.tokens(case.question.text), few.tokens(case.question.text)
        if set(before) <= set(kept):
            assert [kept[token] for token in after] == before
        assert b"".join(map(few.text, after)).decode() == case.question.text


@pytest.mark.parametrize(
    "text", ["Zounds! Quixotic zeugmas", "¿Dónde está? 东京 🙂", "\tx = {1: 2}\r\n"]
)
def test_any_other_text_is_still_that_text(contexts, text):
    all_, few, _ = contexts
    assert b"".join(map(few.text, few.tokens(text))).decode() == text
    assert len(few.tokens(text)) >= len(all_.tokens(text))


def test_with_the_same_tokens_the_scores_are_the_same(contexts):
    all_, few, kept = contexts
    text = "The battery lasts 14.5 hours."
    assert [kept[token] for token in few.tokens(text)] == all_.tokens(text)
    [few.read(few.tokens(text)), all_.read(all_.tokens(text))]
    assert abs(few.scores() - all_.scores()[kept]).max() < 1e-4
