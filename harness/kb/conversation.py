"""Generated conversation histories: the turns between customer and assistant before a question.

They are about other devices of the same household and other kinds of article, with some small talk. They
never touch the category or the kind of the question that follows, so nothing in the history answers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from harness.errors import WrongUseError
from harness.kb import seeded
from harness.kb.products import REGIONS, Split
from harness.kb.topics import Topic, pairs

Exchange = tuple[str, str]  # what the customer said, what the assistant replied

DEVICES = 4  # further devices of the customer: enough topics for 200 turns
RUN = 3  # questions about one device before the next one
SMALL_TALK_EVERY = 4  # exchanges

GREETING = "Hello, this is Halden support. What can I do for you today?"

OPENERS = (
    "",
    "",
    "",
    "",
    "One more thing. ",
    "Next question. ",
    "OK, and this one: ",
    "Since you are here. ",
    "Right. ",
    "Sorry, another one. ",
    "While I have you: ",
    "Good to know. ",
)
REPLIES = (
    "",
    "",
    "",
    "Sure. ",
    "Of course. ",
    "Happy to look that up. ",
    "Good question. ",
    "Let me see. ",
)

SMALL_TALK: tuple[Exchange, ...] = (
    ("Thanks, that is exactly what I needed.", "You're welcome. Is there anything else?"),
    ("Give me a second, I am looking for my glasses.", "No rush at all, take your time."),
    ("Sorry, the cat just walked over the keyboard.", "No harm done. Cats are welcome here too."),
    (
        "You are quicker than the phone line, I have to say.",
        "Thank you, I will pass that on to the team.",
    ),
    (
        "Am I talking to a person or a machine?",
        "I am an automated assistant of the Halden help centre.",
    ),
    ("I am writing all this down, one moment.", "Good idea. Tell me when you are ready to go on."),
    (
        "My internet is a bit slow today, are you still there?",
        "Still here. Your messages arrive fine.",
    ),
    (
        "My daughter set most of this up, I just use it.",
        "That is fine, we will take it step by step.",
    ),
    (
        "It is pouring here, so I am finally doing my admin.",
        "A good day for it, then. What is next?",
    ),
    ("Hang on, someone is at the door.", "Of course. I will be here when you are back."),
    ("Back again. Where were we?", "Welcome back. You can just ask your next question."),
    ("Great, that clears it up.", "Glad to hear it. Do you want to check anything else?"),
    (
        "I wish the leaflet in the box had said so.",
        "I understand. The help centre is always up to date.",
    ),
    ("Let me read that again slowly.", "Please do, and ask if anything is unclear."),
    (
        "We bought everything in the same week, so I mix it up.",
        "That happens a lot. Just name the model.",
    ),
    (
        "OK. I will tell my husband, he never believes me.",
        "You can show him this chat if that helps.",
    ),
    ("Could you keep the answers short, please?", "Certainly, one sentence each from now on."),
    ("My coffee is getting cold because of this.", "Then let us be quick. What else do you need?"),
    ("I have a couple more, I hope that is all right.", "That is quite all right, go ahead."),
    (
        "Last time I asked I waited for two days.",
        "I am sorry about that wait. I am here right now.",
    ),
    ("I am on the train, so the signal may drop.", "Understood. The chat stays open if it does."),
    ("Perfect, noted.", "Very good. Shall we go on?"),
    ("I am a bit of a beginner with these things.", "No problem. Ask as often as you like."),
    ("Never mind the typos, I am on my phone.", "I can read you well, no worries."),
    (
        "My neighbour has the same ones and asked me to find out.",
        "Kind of you to ask for both of you.",
    ),
)


def history(topic: Topic, turns: int, *key: seeded.Key) -> tuple[str, ...]:
    """Return the `turns` turns before a question about `topic`, alternating, the assistant's reply last.

    key: of the random draws. An odd number starts with the assistant's greeting. Raises WrongUseError for a
    negative number.
    """
    if turns < 0:
        raise WrongUseError(f"A history cannot have {turns} turns; use 0 or more.")
    greeting = (GREETING,) if turns % 2 else ()
    talk = _exchanges(topic, turns // 2, *key) if turns > 1 else []
    return greeting + tuple(line for exchange in talk for line in exchange)


def _exchanges(topic: Topic, count: int, *key: seeded.Key) -> list[Exchange]:
    """Return `count` exchanges; each pool repeats only after its last entry."""
    topics = _earlier_topics(topic, *key)
    chats = seeded.shuffled(SMALL_TALK, *key, "small talk")
    talk: list[Exchange] = []
    for i in range(count):
        chat, rest = divmod(i, SMALL_TALK_EVERY)
        if rest == SMALL_TALK_EVERY - 1:
            talk.append(chats[chat % len(chats)])
        else:
            talk.append(_exchange(topics[(i - chat) % len(topics)], *key, i))
    return talk


def _exchange(topic: Topic, *key: seeded.Key) -> Exchange:
    question = seeded.choice(OPENERS, *key, "opener") + topic.ask(seeded.number(*key, "wording"))
    return question, seeded.choice(REPLIES, *key, "reply") + topic.answer()


def _earlier_topics(topic: Topic, *key: seeded.Key) -> list[Topic]:
    """Return the topics of the conversation, a few about one device, then a few about the next."""
    home = topic.region if topic.region in REGIONS else seeded.choice(tuple(REGIONS), *key, "home")
    queue: list[tuple[int, int, Topic]] = []
    for device, device_pairs in enumerate(_household(topic, *key)):
        others = [pair for pair in device_pairs if pair[0].kind.kind != topic.kind.kind]
        for i, pair in enumerate(seeded.shuffled(others, *key, "device", device)):
            queue.append((i // RUN, device, next((t for t in pair if t.region == home), pair[0])))
    return [topic for *_, topic in sorted(queue, key=lambda entry: entry[:2])]


def _household(topic: Topic, *key: seeded.Key) -> list[list[tuple[Topic, ...]]]:
    """Return the answerable pairs of each of the customer's other devices, one device per category."""
    by_category: dict[str, list[tuple[Topic, ...]]] = {}
    devices = _pairs_by_product(topic.product.split).values()
    for device_pairs in seeded.shuffled(devices, *key, "household"):
        category = device_pairs[0][0].product.category
        if category != topic.product.category:
            by_category.setdefault(category, device_pairs)
    return list(by_category.values())[:DEVICES]


@cache
def _pairs_by_product(split: Split) -> Mapping[str, list[tuple[Topic, ...]]]:
    """Return the answerable pairs of a split by product name."""
    by_product: dict[str, list[tuple[Topic, ...]]] = {}
    for pair in pairs(split):
        by_product.setdefault(pair[0].product.name, []).append(pair)
    return by_product
