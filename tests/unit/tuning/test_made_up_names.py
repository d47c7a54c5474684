from random import Random

import pytest

from harness.kb.products import FAMILIES, SERIES, products
from harness.models.lora.packing import Branch, Lesson
from harness.tuning.made_up_names import disguised

FAMILY_WORDS = " ".join(FAMILIES.values()).split()
LESSON = Lesson(
    "[1] Kestrel X200: Weight. 240 g. [2] Kestrel X500: Weight. 300 g. [3] Corvane X200: Weight. 12 g.",
    (Branch("How heavy is the Kestrel X500?", "[2] The Kestrel X500 weighs 300 g."),),
)


@pytest.fixture(params=range(20))
def told(request):
    return disguised(LESSON, Random(request.param))


def names(lesson):
    """(family, model) of the three passages, in order."""
    titles = [part.split(":")[0] for part in lesson.prompt.split("] ")[1:]]
    return [tuple(title.split(" ")) for title in titles]


def test_siblings_stay_siblings_and_namesakes_namesakes(told):
    (family, model), (same, other), (another, namesake) = names(told)
    assert family == same and family != another
    assert model == namesake and model != other


def test_no_family_keeps_its_name(told):
    assert not {family for family, _ in names(told)} & set(FAMILY_WORDS)


def test_question_and_answer_speak_of_the_same_product_and_its_fact_is_kept(told):
    name = " ".join(names(told)[1])
    assert told.branches == (Branch(f"How heavy is the {name}?", f"[2] The {name} weighs 300 g."),)


def test_the_same_dice_give_the_same_names():
    assert disguised(LESSON, Random(7)) == disguised(LESSON, Random(7))
    assert disguised(LESSON, Random(7)) != disguised(LESSON, Random(8))


@pytest.mark.parametrize("seed", range(20))
def test_every_product_gets_a_name_of_its_own(seed):
    known = [product.name for product in products()]
    told = disguised(Lesson("\n".join(known), ()), Random(seed)).prompt.split("\n")
    assert len(set(told)) == len(known) and not set(told) & set(known)


def test_a_word_that_is_a_model_only_behind_a_family_stays_as_it_is():
    model = SERIES[4].split()[0]  # "Home"
    text = f"At {model} I have nothing."
    assert disguised(Lesson(text, ()), Random(1)).prompt == text
