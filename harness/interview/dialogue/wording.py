"""The choice of wordings: each is used once, in an order that depends on the seed, before any is repeated."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Annotated

from pydantic import Field

from harness.interview.content_files import CONTENT, Pattern, Strict, Text, read
from harness.kb import seeded

Wordings = Annotated[tuple[Text, ...], Field(min_length=1)]
SMALL_TALK = 30  # words: a longer turn has something to say about the case
ASKS_MEANING = re.compile(
    r"\bwhat\b.{0,25}\b(means|meaning|stands? for)\W*(\?|$)|\bwhat means\b|"
    r"\btell me what [\w-]+ (is|are)\b|\bwhat (does|do|did)\b.{0,25}\b(mean|stand for)\b|"
    r"\bmeaning of\b|\bwhat(.?s| is) an? [\w-]{2,15}( [\w-]+)?(, \w+)?\?|"
    r"\b(don.?t|do not|never) (understand|know|get|understood|knew) (what )?(an? |the )?"
    r".?[\w-]{3,15}.? (is|are|means?)\b|"
    r"\b(don.?t|do not|no) (understand|know|entiendo) [\"'“‘][\w-]+",
    re.IGNORECASE,
)
# A term alone, which may stand for its meaning or for its value: "what is prefill?"
NAMES_A_TERM = re.compile(
    r"\bwhat(.?s| is) (?!inside|missing|slow|left|next)[\w-]{3,15}( (and|or) [\w-]{3,15})?\?|"
    r"\bgood or (it.?s |is it )?bad\?|"
    r"^\W*(\w+\W+){0,2}what(.?s| is| are)( an?)? (?!(the|your?|our|it|that|this|next)\b)[\w-]+( [\w-]+)?\W*$",
    re.IGNORECASE,
)
HAS_A_VALUE = re.compile(
    r"\bp ?\d\d\b|\b(median|mean|latency|throughput|ttft|recall|tail|rtt|slo|sla)\b", re.IGNORECASE
)
# "And", "Okay, so": how a sentence begins that follows another one.
JOINING = re.compile(
    r"^\W*(?:(?:(?:and|but|so|well|ok|okay|then|because|cos|hmm*|oh|also)\b|(?:right|now|look)\b(?=,))"
    r"[\s,.;:–-]*)+"
    r"(?=\w+\W+\w)",
    re.IGNORECASE,
)
# "To the product manager I would say:", how a sentence begins that is meant for somebody else.
ADDRESSES = re.compile(
    r"^\W*(?:and |so |now |okay |fine )*(?:(?:to|for|dear)\W+(?:the |my |our |your |you |two |both )*"
    r"(?:product(?: manager)?|pm|engineers?|(?:engineering )?team|developers?|devs|lads|guys|colleagues|boss|"
    r"users?)\b[^.:,!?]{0,30}[:,.!]+|"
    r"(?:engineers?|team|guys|devs|lads|dear \w+(?: \w+)?|product(?: manager)?|folks)\s*[,:!])\s*"
    r"(?:(?:i would|i.?d|i will|i.?ll) (?:say|tell \w+|write)\W+)?",
    re.IGNORECASE,
)
MAX_TERMS = 2  # that are explained at once
QUESTION = re.compile(r"[^.?!]*\?\s*$")  # the last sentence, if it asks
CONTENT_WORD = re.compile(r"\w{4}|\d")  # a sentence without one is not quoted alone
MAX_QUOTED = 9  # words; a longer quote is cut


class Answer(Strict):
    """An answer to what matches `about`."""

    about: Pattern
    says: Text


class Aside(Strict):
    """The answers to one kind of what is not the interview."""

    about: Pattern
    says: Wordings


class Insistence(Strict):
    """A question of the product manager: asked after words that match `after`, unless `unless` matches."""

    says: Wordings
    unless: Pattern
    after: Pattern = ""


class EngineersQuestion(Strict):
    """A question of the engineers, asked unless the candidate has said what matches."""

    says: Text
    unless: Pattern


class Team(Strict):
    """The words of the engineers who are to build the fix."""

    ask: Wordings
    joins: Wordings  # instead, if they have heard the fix before
    back: Wordings  # after the fix was explained to them
    questions: tuple[EngineersQuestion, ...]


class Reactions(Strict):
    """The interviewer's reactions to what was said."""

    comments: dict[str, Wordings]
    questions: dict[str, Wordings]
    challenges: tuple[Answer, ...]
    challenge_otherwise: dict[bool, Text]  # of a doubt that names a number, and of another
    small_talk: dict[str, Aside]
    terms: tuple[Answer, ...]
    asides: dict[str, Aside]
    opinions: dict[str, Aside]
    repeated: Wordings
    nothing_near: Wordings
    nothing_there: Wordings
    interrupt: Wordings
    product_manager: dict[str, Insistence]
    chooses: dict[
        str, Wordings
    ]  # between first word and whole answer, on a deal, on another matter
    shared: Text  # to who shares the product manager's belief
    content: Text  # the product manager's words if nothing is missing
    team: Team


@cache
def moves() -> dict[str, tuple[str, ...]]:
    """Return all wordings by occasion."""
    return read(CONTENT / "moves.yaml", dict[str, Wordings])


@cache
def reactions() -> Reactions:
    """Return the shipped reactions."""
    return read(CONTENT / "reactions.yaml", Reactions)


def small_talk(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the kind of a short turn about the conversation itself, and the answers to it; else None."""
    if len(text.split()) > SMALL_TALK:
        return None
    return next(_matching(reactions().small_talk, text), None)


def meaning(text: str, sure: bool = False) -> str | None:
    """Return what a term means, if a turn asks for that: in a few words, or at its end.

    sure: False if a question for the term's value counts as well.
    """
    asked = text if len(text.split()) <= SMALL_TALK else re.split(r"(?<=[.!?])\s", text.strip())[-1]
    named = NAMES_A_TERM.search(asked) and not (sure and HAS_A_VALUE.search(asked))
    if not (named or ASKS_MEANING.search(asked)):
        return None
    found = [t.says for t in reactions().terms if re.search(t.about, asked, re.IGNORECASE)]
    if not found:
        return None
    *others, last = found[:MAX_TERMS]
    return " ".join([*(QUESTION.sub("", said) for said in others), last])


def aside(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the kind of a turn that is not the interview, and the answers to it."""
    return next(_matching(reactions().asides, text))  # the last kind matches everything


def opinion(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the kind of a question that asks for no data, and the answers to it."""
    return next(_matching(reactions().opinions, text))  # the last kind matches everything


def _matching(kinds: Mapping[str, Aside], text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    found = (kind for kind, entry in kinds.items() if re.search(entry.about, text, re.IGNORECASE))
    return ((kind, kinds[kind].says) for kind in found)


def filled(wording: str, values: Mapping[str, str]) -> str:
    """Return a wording with its values; spaces that an empty value leaves are removed."""
    return " ".join(wording.format(**values).split())


def question_in(text: str) -> str:
    """Return the last sentence of a text that asks, with the one before it, or "" if none does."""
    sentences = re.findall(r"(?:[^.?!]|[.?!](?![\s\"”]|$))+[.?!]+[\"”]?", text)
    asking = [number for number, sentence in enumerate(sentences) if "?" in sentence]
    return "".join(sentences[max(0, asking[-1] - 1) : asking[-1] + 1]).strip() if asking else ""


def unrepeated(text: str) -> str:
    """Return a text without the words that introduce a repeated question."""
    for wording in reactions().repeated:
        text = text.removeprefix(wording.split("{question}")[0])
    return text


def short(quote: str) -> str:
    """Return a quote as it is spoken back: the first words of its first sentence, without quotes and markup.

    A sentence without a longer word is passed over. Words that only join it to the one before, or say whom it
    is for, are left out.
    """
    plain = re.sub(r"[“”\"<>\[\]{}`|*#~]", "", quote)
    plain = JOINING.sub("", ADDRESSES.sub("", plain) or plain)
    sentences = re.split(r"[.!?]\s", plain.strip())
    words = next((s for s in sentences if CONTENT_WORD.search(s)), plain).split()
    cut = " ".join(words[:MAX_QUOTED]).strip(" .,;:!?-–")
    return f"{cut} …" if len(words) > MAX_QUOTED else cut


def fresh(key: str, wordings: Sequence[str], used: Sequence[str], seed: int) -> str | None:
    """Return the key of a wording that was not used, or None."""
    keys = [f"{key}.{number}" for number in range(len(wordings))]
    return next((k for k in seeded.shuffled(keys, seed, key) if k not in used), None)


def least_used(key: str, wordings: Sequence[str], used: Sequence[str], seed: int) -> str:
    """Return the key of the wording that was used least."""
    keys = seeded.shuffled([f"{key}.{number}" for number in range(len(wordings))], seed, key)
    counts = Counter(used)
    return min(keys, key=lambda k: counts[k])


def text_of(key: str, wordings: Sequence[str]) -> str:
    """Return the wording with this key."""
    return wordings[int(key.rpartition(".")[2])]
