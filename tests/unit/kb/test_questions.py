"""Drawn questions: split by product and wording, answerable or not, with a gold fact."""

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.kb.articles import articles, fill
from harness.kb.kinds import kinds
from harness.kb.products import SPLITS, ghosts, products
from harness.kb.questions import REFUSAL, draw
from harness.kb.topics import pairs

BY_ID = {article.chunk.id: article for article in articles()}
KINDS = {kind.kind: kind for kind in kinds()}
MODELS = {product.name: product for product in [*products(), *ghosts()]}


def unfilled(case):
    """Return the form from which the question of `case` was made."""
    forms = [form for split in SPLITS for form in getattr(KINDS[case.kind].questions, split)]
    product = MODELS[case.product]
    return next(f for f in forms if fill(f, product, case.region, {}) == case.question.text)


@given(st.integers(0, 10**9), st.integers(0, 60), st.sampled_from(SPLITS))
@settings(max_examples=15, deadline=None)
def test_any_draw_is_of_its_size_reproducible_and_a_tenth_unanswerable(seed, n, split):
    cases = draw(split, n, seed)
    assert len(cases) == n
    assert cases == draw(split, n, seed)
    assert sum(not case.answerable for case in cases) == round(n / 10)


def test_other_seeds_draw_other_questions():
    first, second = ({c.question.id for c in draw("dev", 50, seed)} for seed in (1, 2))
    assert len(first & second) < 10


def test_the_split_decides_product_and_wording():
    seen: dict[str, set[str]] = {}
    for split in SPLITS:
        cases = draw(split, 150, seed=7)
        assert {MODELS[case.product].split for case in cases} == {split}
        seen[split] = {unfilled(case) for case in cases}
        assert all(unfilled(c) in getattr(KINDS[c.kind].questions, split) for c in cases)
    assert not seen["train"] & seen["dev"]
    assert not seen["train"] & seen["test"]
    assert not seen["dev"] & seen["test"]


def test_an_answerable_case_has_its_fact_in_gold_chunk_and_reference():
    for case in draw("dev", 500, seed=3):
        if case.answerable:
            assert case.fact in BY_ID[case.gold].chunk.text
            assert case.fact in case.reference
            assert case.product in case.reference
            assert case.fact not in case.question.text


def test_an_unanswerable_case_is_refused_though_siblings_have_the_article():
    cases = [case for case in draw("test", 500, seed=3) if not case.answerable]
    assert len(cases) == 50
    for case in cases:
        assert (case.gold, case.fact, case.reference) == (None, "", REFUSAL)
        assert case.near_misses
    invented = {product.name for product in ghosts()}
    assert sum(case.product in invented for case in cases) == 25


def test_near_misses_are_of_the_same_kind_and_family_and_say_something_else():
    for case in draw("dev", 300, seed=5):
        product = MODELS[case.product]
        for near in map(BY_ID.__getitem__, case.near_misses):
            assert (near.kind.kind, near.region) == (case.kind, case.region)
            assert near.product.family == product.family
            assert near.product != product
            assert near.asked != case.fact


def test_nothing_comes_twice_within_a_draw_even_beyond_all_pairs():
    n = len(pairs("dev")) * 2
    texts = [case.question.text for case in draw("dev", n, seed=1) if case.answerable]
    assert len(set(texts)) == len(texts)


def test_ids_belong_to_one_question_and_do_not_tell_the_chunk():
    by_id: dict[str, str] = {}
    for case in draw("dev", 3000, seed=1) + draw("dev", 3000, seed=2):
        assert by_id.setdefault(case.question.id, case.question.text) == case.question.text
        assert case.product.split()[0].lower() not in case.question.id
    assert len(set(by_id.values())) == len(by_id)


def test_a_draw_asks_for_many_kinds_in_many_forms():
    cases = draw("dev", 400, seed=9)
    assert len({case.kind for case in cases}) > 40
    assert len({unfilled(case) for case in cases}) > 150
