"""The baseline's stages with fake models: what they compute, not how slowly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.assistant import Query, Question
from harness.stages.conversation_embedding import ConversationEmbedding, cleaned
from harness.stages.diff_postprocess import EMPTY, DiffPostprocess
from harness.stages.loop_search import LoopSearch
from harness.stages.prompt import REFUSAL, SYSTEM, stuffed_prompt
from harness.stages.stuffed_generation import StuffedGeneration
from tests.fakes import FakeModel, chunk

ASKED = Question("How long is the warranty of the Kestrel X200?")


class Recorder:
    """An embedder that remembers what it was asked to embed."""

    def __init__(self):
        self.texts = []

    def __call__(self, texts, pad_to=None):
        self.texts += texts
        return np.full((len(texts), 4), len(self.texts), np.float32)


@given(st.text())
def test_cleaning_is_idempotent_and_leaves_no_runs_of_space(text):
    once = cleaned(text)
    assert cleaned(once) == once
    assert "  " not in once


def test_cleaning_composes_unicode():
    assert cleaned("  Cafe\u0301\n\tX200 ") == "Café X200"


@pytest.mark.parametrize(("turns", "embedded"), [(1, 1), (3, 3), (9, 5)])
def test_the_conversation_is_embedded_and_the_question_is_used(turns, embedded):
    embed = Recorder()
    question = Question("  last ", history=("a", "b", "c", "d"))
    query = ConversationEmbedding(embed, turns)(question)
    assert len(embed.texts) == embedded
    assert embed.texts[-1] == query.text == "last"
    assert query.vector[0] == embedded  # the last vector, not an earlier one


@pytest.mark.parametrize("scanned", [10, 25, 30])
def test_the_loop_finds_the_nearest_once_each(scanned):
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(10, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    search = LoopSearch([chunk(n) for n in range(10)], vectors, scanned)
    found = search(Query("q", vectors[3]), 4)
    exact = np.argsort(-(vectors @ vectors[3]))[:4]
    assert [c.id for c in found] == [f"c{n}" for n in exact]


def test_the_prompt_holds_every_chunk_and_the_question():
    prompt = stuffed_prompt(ASKED, [chunk(n) for n in range(5)])
    assert all(f"[{n}] Kestrel X{n - 1}" in prompt for n in range(1, 6))
    assert ASKED.text in prompt and REFUSAL in SYSTEM
    assert prompt.endswith("<|im_start|>assistant\n")


def test_generation_has_no_stop_rule():
    model = FakeModel()
    pieces = list(StuffedGeneration(model, 40)(ASKED, [chunk(1)]))
    assert "".join(pieces)
    assert model.calls[0][1:] == (40, False)


@pytest.fixture
def post():
    return DiffPostprocess(["Kestrel X200", "Kestrel X300"], comparisons=20)


def test_the_tail_is_thrown_away_and_the_source_found(post):
    chunks = [chunk(1, "Nothing about it, only cables and lamps."), chunk(2)]
    answer = post(ASKED, chunks, "The Kestrel X200 is covered for 24 months. And also it")
    assert answer.text == "The Kestrel X200 is covered for 24 months."
    assert answer.citations == ("c2",)
    assert answer.flags == ()


def test_a_decimal_does_not_end_the_sentence(post):
    assert post(ASKED, [chunk(1)], "It lasts 7.5 hours. Then").text == "It lasts 7.5 hours."


@pytest.mark.parametrize("text", ["", "  \n "])
def test_a_model_that_writes_nothing_gets_a_sentence_and_a_flag(post, text):
    answer = post(ASKED, [chunk(1)], text)
    assert (answer.text, answer.flags, answer.citations) == (EMPTY, ("empty",), ())


def test_a_refusal_is_flagged_and_cites_nothing(post):
    answer = post(ASKED, [chunk(1)], REFUSAL)
    assert (answer.flags, answer.citations) == (("refused",), ())


def test_flags_tell_a_cut_answer_and_another_product(post):
    answer = post(ASKED, [chunk(1)], "The Kestrel X300 is covered for")
    assert answer.flags == ("truncated", "off-topic")


def test_no_chunks_no_citation(post):
    assert post(ASKED, [], "It is 24 months.").citations == ()


@given(st.text(max_size=300))
def test_any_text_is_survived(text):
    post = DiffPostprocess(["Kestrel X200"], comparisons=5)
    assert post(ASKED, [chunk(1)], text).text
