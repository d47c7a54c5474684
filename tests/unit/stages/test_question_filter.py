from dataclasses import replace

import numpy as np
import pytest

from harness.kb import articles
from harness.kb.questions import draw_topics
from harness.stages.name_matching import Names
from harness.stages.question_filter import QuestionFilter
from tests.fakes import chunk

PRODUCTS = ("Kestrel X200", "Kestrel X300", "Marlow Duo", "Marlow Duo Plus", "Marlow Home")
CHUNKS = [
    replace(chunk(n), id=f"{product}/{region}", product=product, region=region)
    for n, (product, region) in enumerate((p, r) for p in PRODUCTS for r in ("all", "us", "ca"))
]


@pytest.fixture(scope="module")
def allowed():
    return QuestionFilter(CHUNKS)


def kept(allowed, text):
    mask = allowed(text)
    return None if mask is None else {CHUNKS[row].id for row in np.flatnonzero(mask)}


def of(*products, regions=("all", "us", "ca")):
    return {f"{product}/{region}" for product in products for region in regions}


@pytest.mark.parametrize(
    "text",
    [
        "How long is the warranty of the Kestrel X200?",
        "kestrel  x200 warranty",
        "KESTREL X200's battery",
        "(Kestrel X200): weight",
        "What about the Kestrel X200.",
    ],
)
def test_a_named_product_leaves_its_chunks(allowed, text):
    assert kept(allowed, text) == of("Kestrel X200")


@pytest.mark.parametrize(
    "text",
    [
        "How long is the warranty?",
        "my kestrel is broken",
        "Kestrel X2000 warranty",
        "Kestrel X20 warranty",
        "OldKestrel X200",
        "Kestrel X200-Pro",
        "Kestrel X900 weight",  # nobody sells it
        "Kestrel, X200 or not?",
        "",
    ],
)
def test_nothing_certain_nothing_filtered(allowed, text):
    assert allowed(text) is None


def test_the_longest_name_is_meant(allowed):
    assert kept(allowed, "Marlow Duo Plus price") == of("Marlow Duo Plus")


def test_two_products_are_both_kept(allowed):
    assert kept(allowed, "Kestrel X200 or Marlow Duo?") == of("Kestrel X200", "Marlow Duo")


@pytest.mark.parametrize(
    "text",
    [
        "The Kestrel X200 or the X300: which is lighter?",
        "the Kestrel X200 or the x300?",
        "Is a Kestrel X200 lighter than a Marlow?",
        "unlike the Kestrel X200, what can the other one do?",
        "I want a lamp other than the Kestrel X200",
    ],
)
def test_a_second_product_half_named_or_a_first_one_excluded_filters_nothing(allowed, text):
    assert allowed(text) is None


def test_an_everyday_word_is_no_second_product(allowed):
    assert kept(allowed, "Will the Kestrel X200 fit my home?") == of("Kestrel X200")


def test_a_region_keeps_its_own_chunks_and_those_for_everywhere(allowed):
    text = "Kestrel X200: shipping to the United States?"
    assert kept(allowed, text) == of("Kestrel X200", regions=("all", "us"))
    assert kept(allowed, "shipping to canada") == of(*PRODUCTS, regions=("all", "ca"))
    assert kept(allowed, "From Canada to the USA") == of(*PRODUCTS)


@pytest.mark.parametrize(
    "text",
    [
        "Kestrel X200: shipping outside Canada?",
        "Kestrel X200 from Canada to the us?",
        "Kestrel X200: from Canada to the US?",
        "Kestrel X200: in Canada or elsewhere?",
        "Kestrel X200: please contact us",
        "Kestrel X200 in Germany",
    ],
)
def test_a_vague_or_excluded_region_is_left_open(allowed, text):
    assert kept(allowed, text) == of("Kestrel X200")


def test_a_region_without_articles_keeps_what_holds_everywhere(allowed):
    text = "Kestrel X200 in Australia"
    assert kept(allowed, text) == of("Kestrel X200", regions=("all",))


def test_a_combination_without_chunks_filters_nothing():
    regional = [one for one in CHUNKS if one.region == "us"]
    assert QuestionFilter(regional)("Kestrel X200 in Canada") is None


def test_an_empty_knowledge_base_filters_nothing():
    assert QuestionFilter([])("Kestrel X200 in Canada") is None


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_no_real_question_loses_its_answer(split):
    allowed = QuestionFilter(articles.chunks())
    rows = {chunk.id: row for row, chunk in enumerate(articles.chunks())}
    for topic, wording in draw_topics(split, 400, seed=3):
        mask = allowed(topic.ask(wording))
        if topic.article:
            assert mask[rows[topic.article.chunk.id]], topic.ask(wording)
            assert mask.sum() < 100  # of 20,000: the chunks of one product


def test_names_survive_letters_that_change_their_length():
    names = Names.of(["Kestrel X200"])
    assert names.found("İ Kestrel X200") == {"Kestrel X200"}
    assert names.rest("İ Kestrel X200 now").split() == ["İ", "now"]
    assert names.found("Keſtrel X200") <= {"Kestrel X200"}


def test_no_names_are_found_nowhere():
    assert Names({}).found("anything") == frozenset()
