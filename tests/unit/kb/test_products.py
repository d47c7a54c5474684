"""Families, siblings, splits."""

from collections import Counter

from harness.kb.products import CATEGORIES, FAMILIES, SPLITS, ghosts, products, siblings


def test_no_name_is_used_twice():
    families = [family for names in FAMILIES.values() for family in names.split()]
    assert len(set(families)) == len(families)
    models = [*products(), *ghosts()]
    assert len({p.name for p in models}) == len({p.slug for p in models}) == len(models)


def test_every_category_has_families_and_a_noun():
    assert set(FAMILIES) == set(CATEGORIES)


def test_a_family_has_five_or_six_siblings_spread_over_all_splits():
    families: dict[str, list[str]] = {}
    for product in products():
        families.setdefault(product.family, []).append(product.split)
    assert {len(splits) for splits in families.values()} == {5, 6}
    assert all(set(splits) == set(SPLITS) for splits in families.values())


def test_splits_are_sixty_twenty_twenty():
    counts = Counter(product.split for product in products())
    shares = {split: round(counts[split] / len(products()), 2) for split in SPLITS}
    assert shares == {"train": 0.6, "dev": 0.2, "test": 0.2}


def test_siblings_share_the_family_and_leave_out_the_product_itself():
    product = products()[0]
    assert {p.family for p in siblings(product)} == {product.family}
    assert product not in siblings(product)
    assert len(siblings(product)) in (4, 5)


def test_ghosts_have_real_siblings():
    assert not {p.name for p in ghosts()} & {p.name for p in products()}
    assert all(siblings(ghost) for ghost in ghosts())
