import re
from dataclasses import replace

import numpy as np
import pytest

from harness.kb.articles import articles
from harness.kb.kinds import kinds
from harness.kb.questions import REFUSAL
from harness.kb.topics import gaps, ghost_gaps, pairs
from harness.measure.quality.facts import holds_fact
from harness.models.engines.language_model import END_OF_TURN
from harness.stages.prompt import split_pointer, with_pointer
from harness.tuning.lessons import POINTED, REFUSAL_WEIGHT, REFUSED, Curriculum
from harness.tuning.recipes import wordings

LESSONS = 80


def embed(texts):
    """Embed words as directions, so that texts with the same words are close."""
    rows = np.zeros((len(texts), 256), np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word in re.findall(r"\w+", text.lower()):
            row[sum(map(ord, word)) % 256] += 1
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def curriculum():
    known = [article for article in articles() if article.product.split == "train"]
    vectors = embed([f"{article.chunk.title}. {article.chunk.text}" for article in known])
    return Curriculum(known, vectors, embed, seed=1)


@pytest.fixture(scope="module")
def lessons(curriculum):
    return [curriculum.lesson(i) for i in range(LESSONS)]


@pytest.fixture(scope="module")
def more():
    """Return the wordings used only for tuning."""
    return wordings()


@pytest.fixture(scope="module")
def asked_for():
    """Return the topic of each question of the train split, by its text."""
    topics = [t for found in (pairs, gaps, ghost_gaps) for pair in found("train") for t in pair]
    return {topic.ask(n): topic for topic in topics for n in range(len(topic.forms))}


def context(lesson):
    """Return the articles in the prompt, in order."""
    titles = {f"{article.chunk.title}. {article.chunk.text}": article for article in articles()}
    return [titles[line] for line in re.findall(r"(?m)^\[\d\] (.*)$", lesson.prompt)]


def question(branch):
    return re.search(r"Question: (.*)<\|im_end\|>", branch.asked)[1]


def test_a_number_is_always_the_same_lesson(curriculum, lessons):
    assert [curriculum.lesson(i) for i in (7, 3)] == [lessons[7], lessons[3]]
    assert len({lesson.prompt for lesson in lessons}) == LESSONS


def test_only_the_train_split_is_taught(lessons):
    for lesson in lessons:
        assert {article.product.split for article in context(lesson)} == {"train"}


def test_contexts_have_one_to_five_passages(lessons):
    assert {len(context(lesson)) for lesson in lessons} == {1, 2, 3, 4, 5}


def test_every_answer_points_at_its_passage_and_holds_its_fact(lessons, asked_for):
    for lesson in lessons:
        present = context(lesson)
        for branch in lesson.branches:
            if branch.wanted.startswith(REFUSED):
                continue
            article = present[int(branch.wanted[1]) - 1]
            assert asked_for[question(branch)].article is article
            if branch.wanted.endswith(END_OF_TURN):
                _, sentence = split_pointer(branch.wanted.removesuffix(END_OF_TURN))
                assert holds_fact(sentence, article.asked)


def test_one_branch_of_each_passage_is_answered_to_its_end(lessons):
    for lesson in lessons:
        ended = [b for b in lesson.branches if b.wanted.endswith(END_OF_TURN)]
        assert sum(REFUSAL not in b.wanted for b in ended) == len(context(lesson))
        chosen = [b.wanted for b in lesson.branches if b not in ended]
        assert all(wanted == REFUSED or re.fullmatch(r"\[\d", wanted) for wanted in chosen)


def test_what_stops_early_is_the_start_of_what_is_said_in_full():
    assert REFUSAL.startswith(REFUSED) and with_pointer(2, "It is.").startswith(POINTED.format(2))


def test_a_refusal_is_wanted_just_where_the_context_has_no_answer(lessons, asked_for):
    for lesson in lessons:
        present = {(a.product.name, a.kind.kind, a.region) for a in context(lesson)}
        for branch in lesson.branches:
            refused = branch.wanted.startswith(REFUSED)
            assert refused == (asked_for[question(branch)].key not in present)


def test_a_refusal_weighs_more_than_an_answer(lessons):
    for lesson in lessons:
        for branch in lesson.branches:
            refused = branch.wanted.startswith(REFUSED)
            assert branch.weight == (REFUSAL_WEIGHT if refused else 1.0)


def test_how_much_a_refusal_weighs_changes_nothing_else(curriculum, lessons):
    heavy = replace(curriculum, refusal_weight=4.0).lesson(0)
    assert {branch.weight for branch in heavy.branches} == {1.0, 4.0}
    assert replace(heavy, branches=()) == replace(lessons[0], branches=())
    asked = [(b.asked, b.wanted) for b in lessons[0].branches]
    assert [(b.asked, b.wanted) for b in heavy.branches] == asked


def test_refusals_are_common_and_close_to_what_is_there(lessons, asked_for):
    branches = [branch for lesson in lessons for branch in lesson.branches]
    refusals = [branch for branch in branches if branch.wanted.startswith(REFUSED)]
    assert 0.40 < len(refusals) / len(branches) < 0.60


def test_what_is_asked_for_and_missing_often_stands_there_in_parts(lessons, asked_for):
    """The product is in one passage, kind and region are in another, which is hardest to refuse."""
    parts = []
    for lesson in lessons:
        present = context(lesson)
        products = {a.product.name for a in present}
        named = {(a.kind.kind, a.region) for a in present}
        for branch in lesson.branches:
            if branch.wanted.startswith(REFUSED):
                topic = asked_for[question(branch)]
                name, *rest = topic.key
                parts.append(name in products and tuple(rest) in named)
    assert 0.1 < sum(parts) / len(parts) < 0.6


def test_any_passage_may_be_the_one_that_answers(lessons):
    firsts = [lesson.branches[0].wanted[:2] for lesson in lessons]
    assert {"[1", "[2", "[3"} <= set(firsts)


def test_more_wordings_are_used_and_belong_to_no_held_out_split(curriculum, more):
    assert set(more) == {kind.kind for kind in kinds()}
    for kind in kinds():
        held_out = {*kind.questions.dev, *kind.questions.test}
        assert len(more[kind.kind]) >= 90 and not held_out & set(more[kind.kind])
    asked = {question(b) for b in replace(curriculum, wordings=more).lesson(1).branches}
    assert asked - {question(b) for b in curriculum.lesson(1).branches}


def test_no_wording_is_almost_one_of_a_held_out_split(more):
    def words(text):
        return set(re.findall(r"\w+", text.lower()))

    for kind in kinds():
        held_out = [words(text) for text in (*kind.questions.dev, *kind.questions.test)]
        for wording in more[kind.kind]:
            own = words(wording)
            assert all(len(own & other) / len(own | other) <= 0.6 for other in held_out), wording


def test_every_wording_can_be_filled_in(more):
    for kind in kinds():
        for wording in more[kind.kind]:
            names = set(re.findall(r"{(\w*)}", wording))
            assert names == ({"product", "region"} if kind.regional else {"product"}), wording
