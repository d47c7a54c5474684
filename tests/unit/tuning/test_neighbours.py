from random import Random

import pytest

from harness.tuning import neighbours


@pytest.fixture(scope="module")
def topics():
    return Random(3).sample(neighbours.answerable(), 40) + Random(4).sample(
        neighbours.missing(), 20
    )


def last_name(topic):
    return topic.product.name.removeprefix(topic.product.family)


def test_siblings_and_namesakes_are_of_the_same_kind_and_of_the_train_split(topics):
    for topic in topics:
        near = {
            *map(id, neighbours.siblings(topic)),
            *map(id, neighbours.namesakes(topic)),
        }
        assert id(topic) in near
        for one in neighbours.siblings(topic):
            assert (one.product.family, one.kind) == (topic.product.family, topic.kind)
        for one in neighbours.namesakes(topic):
            assert (last_name(one), one.kind) == (last_name(topic), topic.kind)
            assert one.product.split == "train"


def test_what_is_crossed_is_named_by_the_context_but_stands_nowhere_in_it(topics):
    for topic in topics:
        present = neighbours.grid(topic, neighbours.same_product(topic), Random(1))[:2]
        for trap in neighbours.crossed(present):
            assert trap.key not in {one.key for one in present}
            assert trap.product in {one.product for one in present}
            assert trap.kind.kind in {one.kind.kind for one in present}
            assert trap.region in {one.region for one in present}


def test_two_passages_across_a_grid_leave_the_other_two_corners_to_refuse():
    tried = 0
    for topic in Random(5).sample(neighbours.answerable(), 60):
        cells = neighbours.grid(topic, neighbours.same_product(topic), Random(2))
        if len(cells) == 4 and all(cell.region == "all" for cell in cells):
            own, close, other, crossing = cells
            missed = {trap.key for trap in neighbours.crossed([own, crossing])}
            assert missed == {close.key, other.key}
            tried += 1
    assert tried >= 10


def test_a_grid_has_two_products_and_two_kinds_and_an_article_in_every_cell(topics):
    sizes = set()
    for topic in topics:
        cells = neighbours.grid(topic, neighbours.same_product(topic), Random(6))
        sizes.add(len(cells))
        assert all(cell.article for cell in cells)
        assert len({cell.product.name for cell in cells}) <= 2
        assert (topic in cells) == (topic.article is not None)
    assert 4 in sizes
