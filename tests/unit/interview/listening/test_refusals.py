"""Refusals: which turns open with one, and what they refuse."""

import pytest

from harness.interview.listening.refusals import opens_with_refusal, refused_by_itself, refuses_at


@pytest.mark.parametrize(
    "text",
    [
        "I would not buy the second card, it doubles the bill.",
        "What I'd not do: the 3B. A cache neither.",
        "A second box? Nah. You don't throw money at a setting.",
        "Hm, the cache. I'd leave that alone.",
        "not doing: 3B model, second gpu",
        "What I won't do is raise the limit.",
        "And the managed search I also reject.",
        "I would not spread out the expiry times.",
        "And I'm against showing the text early.",
        "Prefix caching? I wouldn't. It would never hit.",
    ],
)
def test_a_turn_opens_with_a_refusal(text):
    assert opens_with_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "I would use a cache. I would not buy a card.",
        "I'd begin by not touching anything. Show me the times.",
        "A CDN wouldn't cache those, so I'd put a copy in Sydney.",
        "Is it the queue? No idea.",
        "The queue? No idea.",
        "The search is not taking long, 300 ms.",
        "I rule out the network, so decode dominates.",
        "The long prompt is a waste, I'd trim it.",
        "Rejected requests are 3 percent.",
        "I'd leave the flag on for a week to be sure.",
        "Wouldn't batch size explain the wait?",
        "We won't cut two seconds with a faster index.",
        "We leave nothing out: queue and decode.",
        "I won't quantify that before I see it.",
        "45 ms? No, that must be the mean.",
        "I won't make one up, and I'd rather not speculate.",
        "Before that we note who is on leave and who is out.",
    ],
)
def test_others_do_not(text):
    assert not opens_with_refusal(text)


@pytest.mark.parametrize(
    ("text", "refused", "kept"),
    [
        (
            "I would not take the 3B. A cache, some other day. I'd stream it.",
            ["3B", "cache"],
            ["stream"],
        ),
        (
            "What I would not do: a card. A cache. Instead I'd stream it.",
            ["card", "cache"],
            ["stream"],
        ),
        ("I would not buy the card, I'd stream.", ["card"], ["stream"]),
        ("Rejected: a new database. I'd stream it.", ["database"], ["stream"]),
        ("I would not buy it. Drop the long answers.", [], ["long answers"]),
        ("Not doing: the database. What I'd do: stream.", ["database"], ["stream"]),
        ("A larger model? Nah. Call those people for a higher limit.", ["larger"], ["limit"]),
        (
            "I'd not take the 8B. Sending easy questions to it is even worse. Nor a cache. I'd stream.",
            ["8B", "easy", "cache"],
            ["stream"],
        ),
        (
            "I would not touch the login. A smaller model for some. No. I'd batch.",
            ["smaller"],
            ["batch"],
        ),
        (
            "Not doing it twice. And a replica I wouldn't do either. I'd batch.",
            ["replica"],
            ["batch"],
        ),
        (
            "What I won't do: buy a card. First I add a cache, then I stream.",
            ["card"],
            ["cache", "stream"],
        ),
        ("I'd not buy a second card but stream.", ["card"], ["stream"]),
        (
            "I would not touch the guard. And priority for our job, same story.",
            ["priority"],
            [],
        ),
    ],
)
def test_what_a_sentence_refuses(text, refused, kept):
    assert all(refuses_at(text, text.index(word)) for word in refused)
    assert not any(refuses_at(text, text.index(word)) for word in kept)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Someone will suggest a cache. I would not do that, it is stale.", "cache"),
        ("For the users it is fine. I would also not store the dealer in a cache.", "cache"),
        ("It is basically free. Would I get a cache? No. I stream.", "cache"),
        ("Some want a second replica. I wouldn't touch that.", "second replica"),
        ("Keeping connections open costs sockets. Hard pass.", "connections"),
        ("Somebody will suggest a cache. I'd refuse that, it is stale.", "cache"),
        ("You will hear of a cache. I would not.", "cache"),
        ("You could add a cache, but I wouldn't bother, it is small.", "cache"),
        ("A cache I also would not add. It is stale.", "cache"),
        ("I would not move their job or ask them to.", "move their job"),
    ],
)
def test_a_sentence_refuses_by_itself(text, name):
    assert refused_by_itself(text, text.index(name))


@pytest.mark.parametrize(
    "text",
    [
        "I would not change the model but put a cache in front.",
        "I would not ship it without a cache.",
        "I'd rather not slow down, put a cache there.",
        "I would not waste time and put a cache there.",
        "A cache. I would not take that to production without a test.",
        "A cache, yes. Leave it out of the slow path.",
        "First a cache. I would not expect that to be enough.",
        "Is there a risk with a cache? No.",
        "A cache, but I wouldn't be surprised if it missed.",
        "A slow search. I'd decline it and go for a cache.",
    ],
)
def test_a_plan_beside_a_refusal_is_not_refused_with_it(text):
    assert not refused_by_itself(text, text.index("cache"))
