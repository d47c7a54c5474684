"""A world that nobody has seen: other names, facts of its own, enough to ask about."""

import numpy as np
import pytest

from harness.kb import launched
from harness.kb.articles import articles, chunks, content_hash, written, written_hash
from harness.kb.new_world import N_FAMILIES, SIBLINGS, new_world
from harness.kb.products import models, products
from harness.kb.questions import draw
from harness.kb.topics import pairs

WORLD = new_world(1)


def test_a_seed_gives_the_same_articles_again_and_another_seed_others():
    assert written_hash(WORLD) == written_hash(new_world(1)) != written_hash(new_world(2))


def test_no_name_is_shipped_and_none_is_a_word_of_the_articles():
    families = {product.family for product in models(WORLD)}
    shipped = " ".join(chunk.text for chunk in written()).lower().split()
    assert len(families) == N_FAMILIES
    assert not families & {product.family for product in products()}
    assert not {family.lower() for family in families} & set(shipped)


def test_every_product_can_be_asked_about_and_facts_are_drawn_anew():
    assert len(models(WORLD)) == N_FAMILIES * SIBLINGS
    assert len(pairs("test", WORLD)) > 300 and not pairs("dev", WORLD)
    values = [
        [a.asked for a in articles(world) if a.kind.kind == "weight"]
        for world in (WORLD, new_world(2))
    ]
    assert values[0] != values[1]


def test_questions_name_only_new_products_and_none_comes_twice():
    cases = draw("test", 124, seed=3, history_turns=0, world=WORLD)
    families = {family for _, family in WORLD.families}
    assert {case.product.split()[0] for case in cases} <= families
    assert len({case.question.text for case in cases}) == len(cases)
    ids = {chunk.id for chunk in written(WORLD)}
    assert {case.gold for case in cases if case.answerable} <= ids


@pytest.fixture
def after_a_launch(monkeypatch):
    monkeypatch.setattr(launched, "_launched", [])
    new = list(written(WORLD))
    launched.launch(new[:5], np.ones((5, 3)))
    launched.launch(new[5:], np.ones((len(new) - 5, 3)))


def test_launched_products_are_in_the_help_centre_like_all_others(after_a_launch):
    assert chunks() == written() + written(WORLD)
    assert {p.name for p in products()} == {p.name for p in models()} | {
        p.name for p in models(WORLD)
    }
    assert content_hash() != written_hash()
    assert sum(map(len, launched.vectors())) == len(written(WORLD))


def test_a_process_after_a_launch_still_draws_the_shipped_questions(after_a_launch):
    families = {family for _, family in WORLD.families}
    assert not families & {case.product.split()[0] for case in draw("test", 60, 1, 0)}


def test_a_launch_needs_a_vector_for_each_chunk():
    with pytest.raises(ValueError, match="5 chunks, but 4 vectors"):
        launched.launch(list(written(WORLD))[:5], np.ones((4, 3)))
