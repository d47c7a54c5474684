"""Preprocessing and generation that replace the slow ones: question embedding, pointer, stop rule."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import semconv
from harness.assistant import Done, Question, Token
from harness.measure.latency.trace import recording
from harness.stages.cited_postprocess import CitedPostprocess
from harness.stages.llama_generation import LlamaGeneration
from harness.stages.prompt import join_pointer, passages, stuffed_prompt
from harness.stages.question_embedding import QuestionEmbedding
from harness.stages.stop_rule import first_sentence
from harness.wrappers.hidden_pointer import HiddenPointer
from tests.fakes import FakeModel, Scripted, chunk, pipeline

ASKED = Question("How long is the warranty of the Kestrel X200?")
CHUNKS = [chunk(n) for n in range(3)]


def test_only_the_question_is_embedded():
    texts = []

    def embed(given):
        texts.extend(given)
        return np.ones((1, 3), np.float32)

    query = QuestionEmbedding(embed)(Question("  How\nlong? ", history=("a", "b")))
    assert texts == [query.text] == ["How long?"]
    assert query.vector.shape == (3,)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["[", "2", "]", " It", " lasts."], ["[2] It", " lasts."]),
        (["[2] ", "It"], ["[2] It"]),
        ([" It", " lasts."], ["It", " lasts."]),
        (["[x", "] It"], ["[x", "] It"]),
        (["[", "2", "]"], ["[2]"]),
        ([" ", "\n"], []),
        ([], []),
    ],
)
def test_the_pointer_comes_with_the_first_word(pieces, expected):
    assert list(join_pointer(iter(pieces))) == expected


@pytest.mark.parametrize(
    ("pieces", "expected", "taken"),
    [
        (["It ", "lasts.", " And", " so"], "It lasts.", 2),  # sure after a word
        (["It is", " 7", ".", "5", " hours", ".", " x"], "It is 7.5 hours.", 6),
        (["It is $", "39", ".", " And"], "It is $39.", 4),  # a digit may go on
        (["Ask, e.g", ".", " me"], "Ask, e.g.", 3),
        (["Really", "? ", "No."], "Really?", 2),
        (["One. Two. Three."], "One.", 1),
        (["no end"], "no end", 1),
        ([], "", 0),
    ],
)
def test_generation_stops_at_the_end_of_the_first_sentence(pieces, expected, taken):
    asked_for = []
    source = (asked_for.append(piece) or piece for piece in pieces)
    stopped = list(first_sentence(source))
    assert "".join(stopped) == expected and all(stopped)
    assert len(asked_for) == taken


SENTENCES = st.lists(
    st.sampled_from(["It", "lasts", "24", "7.5", "months", ".", "!", " ", " ", "\n", "e.g."]),
    max_size=25,
)


@given(SENTENCES)
def test_what_is_not_generated_is_what_post_processing_would_cut(words):
    whole, stopped = "".join(words), "".join(first_sentence(iter(words)))
    if re.search(r"[A-Za-z]{3}[.!](?=\S)", whole):
        return  # "months.It": taken for an end, though no space follows
    if not whole.strip(" \n.!"):
        return
    full, short = (CitedPostprocess()(ASKED, CHUNKS, text) for text in (whole, stopped))
    assert short.text == full.text


def generated(model, chunks=CHUNKS, **fields):
    return list(LlamaGeneration(model, **fields)(ASKED, chunks))


def test_one_sentence_with_a_stop_at_the_models_own_end():
    model = FakeModel("[2] It lasts 24 months. And then some.")
    assert "".join(generated(model, max_tokens=9)) == "[2] It lasts 24 months."
    assert model.calls == [(stuffed_prompt(ASKED, CHUNKS), 9, True)]


def test_the_question_stands_last_behind_a_prefix_that_it_does_not_change():
    model = FakeModel()
    generated(model)
    list(LlamaGeneration(model)(Question("And its weight?"), CHUNKS))
    prefix = passages(CHUNKS)
    assert all(prompt.startswith(prefix) for prompt, *_ in model.calls)


def test_the_last_chunks_are_left_out_until_the_prompt_fits():
    model = FakeModel()
    two = model.count(stuffed_prompt(ASKED, CHUNKS[:2]))
    generated(model, prompt_tokens=two)
    assert model.calls[0][0] == stuffed_prompt(ASKED, CHUNKS[:2])


@pytest.mark.parametrize(("chunks", "kept"), [(CHUNKS, 1), ([], 0)])
def test_one_chunk_always_stays(chunks, kept):
    model = FakeModel()
    generated(model, chunks, prompt_tokens=1)
    assert model.calls[0][0] == stuffed_prompt(ASKED, chunks[:kept])


def test_fresh_is_the_instructions_read_and_nobodys_question():
    model = FakeModel()
    LlamaGeneration(model).fresh()
    assert model.calls == [f"warm {passages([])}"]


def test_the_span_says_what_was_asked_of_the_model():
    model = FakeModel()
    with recording() as recorder:
        list(pipeline(generate=LlamaGeneration(model, max_tokens=9)).stream(ASKED))
    spans = [span for one in recorder.traces() for span in one.spans]
    attributes = next(span.attributes for span in spans if span.name == semconv.GENERATE)
    assert attributes[semconv.MAX_TOKENS] == 9
    assert attributes[semconv.INPUT_TOKENS] == model.count(model.calls[0][0])


def streamed(text):
    inner = pipeline(
        generate=LlamaGeneration(FakeModel(text)), postprocess=CitedPostprocess(), streaming=True
    )
    *shown, done = HiddenPointer(inner).stream(ASKED)
    return [token.text for token in shown], done.answer


@pytest.mark.parametrize("text", ["[2] It lasts 24 months. And", "It lasts 24 months. And"])
def test_what_is_shown_is_what_is_answered(text):
    shown, answer = streamed(text)
    assert "".join(shown) == answer.text == "It lasts 24 months."
    assert answer.citations == (("c1",) if text.startswith("[2]") else ())
    assert all(shown)


def test_a_pointer_and_nothing_behind_it_shows_nothing():
    shown, answer = streamed("[2]")
    assert shown == [] and answer.flags == ("empty",)


def test_a_pointer_in_pieces_is_hidden_as_well():
    answer = CitedPostprocess()(ASKED, CHUNKS, "[2] It lasts.")
    inner = Scripted(*map(Token, ["[", "2", "] ", "It", " lasts."]), Done(answer))
    events = list(HiddenPointer(inner).stream(ASKED))
    assert events == [Token("It"), Token(" lasts."), Done(answer)]


def test_an_answer_shown_at_once_is_left_as_it_is():
    events = [Token("It lasts [2]."), Done(CitedPostprocess()(ASKED, CHUNKS, "It lasts."))]
    assert list(HiddenPointer(Scripted(*events)).stream(ASKED)) == events
