import json
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.assistant import Answer, Done, Question
from harness.measure.quality.quality import REFUSING, judge, quality, summary
from tests.fakes import Scripted, saying


@dataclass(frozen=True)
class StandIn:
    """What `Case` has, without the knowledge base."""

    question: Question
    fact: str = "24 months"
    gold: str | None = "c1"
    answerable: bool = True
    reference: str = "The Kestrel X200 is covered for 24 months."
    kind: str = "warranty-period"
    product: str = "Kestrel X200"
    region: str = ""
    near_misses: tuple[str, ...] = ("c2",)


def case(number=0, answerable=True):
    question = Question("How long is the warranty?", id=f"q{number}")
    if answerable:
        return StandIn(question)
    return StandIn(question, "", None, False, "I could not find that in the help centre.")


RIGHT = Answer("The Kestrel X200 is covered for 24 months.", ("c1",))
REFUSAL = Answer("I could not find that in the help centre.", flags=("refused",))


def test_a_right_answer():
    judgement = judge(case(), RIGHT)
    assert (judgement.fact, judgement.citation, judgement.refused) == (True, True, False)
    assert judgement.right and judgement.length == 1.0 and not judgement.error


@pytest.mark.parametrize(
    ("answer", "fact", "citation"),
    [
        (Answer("It is covered for 12 months.", ("c1",)), False, True),
        (Answer("It is covered for 24 months.", ("c2",)), True, False),
        (Answer("It is covered for 12 or 24 months.", ("c2", "c1")), False, True),
        (Answer("It is covered for 24 months.", ("c1", "c1")), True, True),
        (Answer("It is covered for 24 months.", ("c1", "c2", "c3")), True, True),
        (Answer("It is covered for 24 months."), True, False),
    ],
)
def test_fact_and_citation_are_judged_apart(answer, fact, citation):
    judgement = judge(case(), answer)
    assert (judgement.fact, judgement.citation) == (fact, citation)


def test_a_flag_or_the_words_make_a_refusal():
    unanswerable = case(answerable=False)
    assert judge(unanswerable, REFUSAL).right
    assert judge(unanswerable, Answer("Sorry.", flags=("refused",))).right
    assert judge(unanswerable, Answer("I couldn’t find this.")).right
    assert not judge(unanswerable, Answer("It is covered for 24 months.")).right


def test_a_refusal_of_an_answerable_question_is_wrong_even_with_the_fact_in_it():
    hedged = Answer("I could not find that, but it may be 24 months.", ("c1",))
    assert not judge(case(), hedged).right
    assert not judge(case(), Answer(RIGHT.text, ("c1",), ("refused",))).right


@pytest.mark.parametrize(
    "text",
    [
        "Drops, spills and home modifications are not included.",
        "Sun damage isn't covered by the warranty.",
        "What many people don't know: it lasts 24 months.",
        "You cannot return it after 24 months.",
    ],
)
def test_what_an_article_says_is_no_refusal(text):
    assert not REFUSING.search(text)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(""),
        Answer("  \n"),
        Answer("The assistant wrote no answer.", flags=("empty",)),
        "24 months",
        None,
        Answer(None),
        Answer("It is covered for 24 months.", "c1"),
        Answer("It is covered for 24 months.", flags=None),
    ],
)
@pytest.mark.parametrize("answerable", [True, False])
def test_a_malformed_answer_is_wrong_and_says_why(answer, answerable):
    judgement = judge(case(answerable=answerable), answer)
    assert not (judgement.right or judgement.fact or judgement.citation or judgement.refused)
    assert judgement.error


class Failing:
    def stream(self, question):
        if question.id == "q1":
            raise RuntimeError("out of memory")
        yield Done(RIGHT)


def test_an_assistant_that_raises_is_wrong_there_and_listed():
    found = quality(Failing(), [case(0), case(1), case(2)])
    assert (found.fact.successes, found.fact.n) == (2, 3)
    (failure,) = found.failures
    assert failure.case.question.id == "q1"
    assert failure.error == "RuntimeError: out of memory"
    assert (found.answered.successes, found.answered.n) == (2, 3)
    assert "no answer   1" in str(found)


def test_a_stream_without_done_is_a_failure():
    assert "no Done" in quality(Scripted(), [case()]).failures[0].error


def test_each_share_counts_the_questions_it_is_about():
    answered = [(case(n), RIGHT) for n in range(8)]
    answered += [(case(8), REFUSAL), (case(9, False), REFUSAL)]
    answered += [(case(10, False), Answer("24 months", ("c1",)))]
    found = summary(answered)
    assert (found.fact.successes, found.fact.n) == (8, 9)
    assert (found.citation.successes, found.citation.n) == (8, 9)
    assert (found.refusal.successes, found.refusal.n) == (1, 2)
    assert (found.answered.successes, found.answered.n) == (8, 9)
    assert (found.right.successes, found.right.n) == (9, 11)
    assert 0.4 < found.right.interval.low < 9 / 11 < found.right.interval.high < 1


@pytest.mark.parametrize(
    ("words", "ok"), [(8, False), (9, True), (10, True), (11, True), (12, False), (20, False)]
)
def test_the_length_is_within_10_percent(words, ok):
    asked = StandIn(Question("?"), reference=" ".join("x" * 10))
    found = quality(saying(" ".join("y" * words)), [asked])
    assert found.length.median_ratio == words / 10
    assert (found.length.ok, found.length.n) == (ok, 1)


def test_json_has_numbers_and_ids_but_no_gold_facts():
    found = quality(saying("It is covered for 12 months."), [case(n) for n in range(3)])
    text = json.dumps(found.to_json())
    values = json.loads(text)
    assert values["shares"]["exact"]["n"] == 3 and values["wrong"] == ["q0", "q1", "q2"]
    assert values["exact"] == 0 and values["refusal"] is None and values["failures"] == []
    assert "24 months" not in text and "warranty" not in text


def test_no_cases_are_refused():
    with pytest.raises(ValueError, match="draw at least one"):
        quality(saying("hi"), [])


def test_progress_goes_to_stdout(capfd):
    quality(saying("24 months"), [case()], progress=True)
    out, err = capfd.readouterr()
    assert "Questions" in out and not err


def test_without_progress_it_is_silent(capfd):
    quality(saying("24 months"), [case()])
    assert capfd.readouterr() == ("", "")


@given(st.lists(st.tuples(st.booleans(), st.text(max_size=40)), min_size=1, max_size=20))
@settings(deadline=None, max_examples=50)
def test_nothing_is_dropped_whatever_is_answered(answers):
    found = summary((case(n, able), Answer(text)) for n, (able, text) in enumerate(answers))
    assert len(found.judgements) == found.right.n == len(answers)
    assert found.fact.n + found.refusal.n == len(answers)
    assert found.fact.n == found.citation.n == found.answered.n
    assert len(found.to_json()["wrong"]) == found.right.n - found.right.successes
