"""Questions that are asked are told from those that their speaker answers."""

import pytest

from harness.interview.dialogue.asking import (
    NEGATED,
    ONCE_MORE,
    REQUESTS,
    WHICH_GOAL,
    answers_itself,
    asked,
    questions,
)


@pytest.mark.parametrize(
    "text",
    [
        "How many machines have you got? I'd bet they're standing about.",
        "What do we pay now? Because a second region doubles it.",
        "Is anything kept from one question to the next? I should like to be certain.",
        "First word or all of it? Decide.",
        "What does it cost right now, because with a 3B we could drop a machine, right?",
        "And the cost? And the quality?",
        "whats the limit from finance",
        "What is the hit rate of the cache? No card shows it so far.",
        "Is there a peak? Right now I only know the mean.",
        "Could go on a GPU? not sure. do you have anything on that",
        "It is not used much?? who would they be queueing behind",
    ],
)
def test_a_question_that_wants_an_answer(text):
    assert questions(text) and not answers_itself(text)


@pytest.mark.parametrize(
    "text",
    [
        "Cost? Edge functions are cheap, maybe 200 a month.",
        "A smaller language model? No.",
        "How much is the memory per request? Almost a giga, so it's big.",
        "Is the index on the GPU? Dunno, I'd assume so.",
        "The five calls, they're needed, no? You can't skip sign-in.",
        "It writes five hundred tokens and the customer sees sixty? That's like cooking a whole pot.",
        "They waited two hours, isn't it?",
    ],
)
def test_a_question_that_its_speaker_answers(text):
    assert answers_itself(text) and not questions(text)


def test_what_is_asked_is_told_from_what_is_said_beside_it():
    assert asked("The GPU has room. Or has it? I count on that.") == "Or has it?"
    assert asked("It is slow. Show me the GPU please.") == "Show me the GPU please."
    assert asked("It is slow.") == "It is slow."


@pytest.mark.parametrize(
    "text",
    [
        "How long it takes depends on the tokens.",
        "What runs before the search takes 2.3 s.",
        "Which one it is I cannot tell yet.",
        "So what is slow is the decode.",
        "What's left over I'd look at next quarter.",
        "Did that already.",
    ],
)
def test_a_clause_that_begins_like_a_question_asks_nothing(text):
    assert not questions(text)


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        (REQUESTS, "So show me the queue.", "The numbers tell me that decode dominates."),
        (REQUESTS, "Could you share it?", "Users put up with three seconds."),
        (
            REQUESTS,
            "I'd like to know how busy it is. I bet it's idle.",
            "I'd like a cache for that.",
        ),
        (REQUESTS, "Do you have the logs? They would show it.", "We do have to wait for it?"),
        (REQUESTS, "Walk me through what a request does.", "I'll walk me through your plan."),
        (ONCE_MORE, "Sorry, come again?", "And do the same questions come again?"),
        (NEGATED, "Spare me the percentiles.", "Please don't forget the error rate."),
        (ONCE_MORE, "Sorry, what was the question?", "Do users ask the question again?"),
        (WHICH_GOAL, "First word or the whole answer?", "Tell me whether it is the network."),
        (
            WHICH_GOAL,
            "The goal was never defined.",
            "The threshold of the alert was never defined.",
        ),
    ],
)
def test_words_of_a_kind_are_told_from_ordinary_ones(pattern, matching, other):
    assert pattern.search(matching) and not pattern.search(other)
