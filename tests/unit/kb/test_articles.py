"""The shipped help centre: size, wording, facts, determinism."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from harness.kb import articles as articles_module
from harness.kb.articles import articles, chunks, content_hash, written_hash
from harness.kb.kinds import kinds
from harness.kb.products import REGIONS, products
from harness.kb.topics import by_key


def test_there_are_more_than_twenty_thousand_chunks():
    assert 20_500 <= len(chunks()) <= 22_000


def test_ids_are_unique_and_speak():
    assert len({chunk.id for chunk in chunks()}) == len(chunks())
    assert all(chunk.id.startswith(chunk.product.lower().replace(" ", "-")) for chunk in chunks())


def test_texts_have_30_to_60_words_and_no_open_placeholder():
    for chunk in chunks():
        assert 30 <= len(chunk.text.split()) <= 60, chunk
        assert "{" not in chunk.text + chunk.title


def test_every_fact_stands_in_its_text_once():
    for article in articles():
        for value in article.facts.values():
            assert article.chunk.text.count(value) == 1, article


def test_titles_name_product_kind_and_region():
    for article in articles():
        title = f"{article.product.name}: {article.kind.title}"
        place = f" in {REGIONS[article.region]}" if article.kind.regional else ""
        assert article.chunk.title == title + place


def test_regional_kinds_have_an_article_per_region_and_others_one_for_all():
    for article in articles():
        assert (article.region in REGIONS) == article.kind.regional


def test_siblings_and_regions_have_values_of_their_own():
    families: dict[tuple[str, str, str], list[str]] = {}
    places: dict[tuple[str, str], list[str]] = {}
    for a in articles():
        families.setdefault((a.product.family, a.kind.kind, a.region), []).append(a.asked)
        places.setdefault((a.product.name, a.kind.kind), []).append(a.asked)
    for values in [*families.values(), *places.values()]:
        assert len(set(values)) == len(values)


def test_about_eight_percent_of_the_pairs_have_no_article():
    pairs = [(p, k) for p in products() for k in kinds() if p.category in k.categories]
    missing = [1 for p, k in pairs if (p.name, k.kind, k.regions[0]) not in by_key()]
    assert 0.07 < len(missing) / len(pairs) < 0.09


def test_a_fresh_process_writes_the_same_help_centre():
    code = (
        "from harness.kb.articles import content_hash; import sys; sys.stdout.write(content_hash())"
    )
    env = os.environ | {"PYTHONHASHSEED": "1"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, env=env, check=True)
    assert run.stdout.decode() == content_hash()


@pytest.mark.parametrize("change", [{"text": "other"}, {"title": "other"}, {"version": 99}])
def test_the_hash_changes_with_any_chunk(monkeypatch, change):
    first, *rest = chunks()
    monkeypatch.setattr(articles_module, "written", lambda world: (replace(first, **change), *rest))
    assert written_hash.__wrapped__() != written_hash()


def test_the_hash_changes_with_the_order(monkeypatch):
    backwards = chunks()[::-1]
    monkeypatch.setattr(articles_module, "written", lambda world: backwards)
    assert written_hash.__wrapped__() != written_hash()
