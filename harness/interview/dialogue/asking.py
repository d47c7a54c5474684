"""Words that ask: requests, questions with and without their mark, and what only looks like a question."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A wish for data, in a turn that proposes nothing.
WANTS = re.compile(
    r"\b(show|give|gimme|tell|pull|open|please|again|want|let me see|like to (see|know|have|hear)|"
    r"(i.?d|would) (like|love) (an?|the|some|two|three|both|your))\b",
    re.IGNORECASE,
)
# A request in so many words: it asks, whatever else the turn does.
REQUESTS = re.compile(
    r"(?:^|[.,;:!?]\s*|\b(?:and|so|then|please|now|just|kindly|but)\s+)"
    r"(show|give|tell|send) (me|us)\b(?! up)|"
    r"\bkindly (share|show|give|send|tell)\b|(?:^|[.,;!?]\s*)put up the\b|"
    r"\blet me (see\b(?!,)|(also )?have\b)|"
    r"\b(i.?d|i would|we.?d) (also |really )?(like|love) "
    r"(to (see|know|have|get|look at)\b|one \w+ (cut|split|taken)\b)|"
    r"\b(do|would|did) (you|we) (also |maybe |perhaps )?have (?!to\b)[^.?!]*\?|"
    r"\b(have )?you got (any|an?|the)\b[^.?!]*\?|"
    r"\bis there any(thing|body)? (data |numbers? )?(on|about|that)\b|"
    r"\b(i.?m (also )?going to|i.?ll|let me|i want to) (also )?ask (you )?(about|for)\b|"
    r"\bwalk me through (?!(the (plan|fix)|your))|"
    r"\bput ([\w, ]{3,30} )?on the table\b|\bquestions?: |\bi meant\b(?! (it|that|to|what))|"
    r"^\W*(break|split|walk me through|pull up|plot|list)\b(?=.{3,60}\b(down|up|out|by|per|into|for me)\b)|"
    r"\bplease (show|give|open|pull|tell)\b|\bplease\W*$|\blet.?s (look at|have a look)\b|"
    r"\b(can|could|may) i (see|have|get)\b|\byou (can|could) (please )?(show|give) (it|me|us|that)\b|"
    r"\b(can|could|would) you (please )?(show|give|open|pull|share)\b",
    re.IGNORECASE,
)
# Of these, those that name something to look at.
SHOW = re.compile(r"\b(show|give|see|look|open|pull|share)\b", re.IGNORECASE)
# Data that are not wanted.
NEGATED = re.compile(
    r"\b((don.?t|do not|no need to|won.?t|not going to|needn.?t) (show|need|want|look|open|bother)|"
    r"spare me|never mind the)\b(?:(?!, (?:but|just|so|please|show|give|let)\b)[^.;:!?])*",
    re.IGNORECASE,
)
# A question that is only the end of a statement.
TAG = re.compile(
    r"^(?!\W*(what|how|which|who|where|when|why)\b)"
    r"(.*,\s*(no|right|yes|yeah|eh|innit|huh|s[iì]|ok(ay)?|correct|ja|oder|non|(isn|wasn|aren).?t (it|they)|"
    r"you (know|see))|(?:\S+\s+)+i (think|guess|suppose|hope|believe)|"
    r"(?:\S+\s+){4,}(no|yes|eh|innit|huh|oder|non))\s*\?+$|"
    r"^\W*(and |so |but )?i (guess|suppose|assume)\b",
    re.IGNORECASE,
)
# How a speaker goes on who answers the question himself. "No" may stand before a noun: "No card shows it."
ANSWERS = re.compile(
    r"^\W*((mm+|hm+|well|oh|ok(ay)?|honestly|mate)\b\W*)*"
    r"((no|nope|nah|naw|non|nein|yes|yeah|yep|right|good|sure|never|neither|negative|nothing|none|nobody)"
    r"(?=\s*[.,;:!?]|\s*$|\s+(it|they|he|she|we|you|i|that|that.s|it.s|hombre|man|no)\b)|"
    r"(maybe|probably|perhaps) (an? |like )?(\d|half|one|two|few|hundred)|"
    r"(of course|mostly|almost|less than)\b|i (guess|reckon|think so|doubt|did not|didn.?t)\b|"
    r"i (don.?t|do not) (think|believe)\b|"
    r"(dunno|idk|no idea|ni idea)\b|(i.?d|i would) (say|guess)\b|(it must|it will|they both)\b|"
    r"well, (whatever|they|it|that|nothing)\b|whatever (it|you)\b)",
    re.IGNORECASE,
)
# How a question begins that wants an answer; "Cost?" and "A second machine?" begin a statement.
WANTS_ANSWER = re.compile(
    r"\b((what|how|who|where).?s?|which|why|whom|whose|when|or)\b|"
    r"(^|[:;,]\s{0,3})(\W{0,3}(and|so|but|then|ok(ay)?|also|sorry|wait|um|er|hm+)\b){0,4}"
    r"\W{0,3}(is|are|was|were|do|does|did|has|have|had|can|could|may|might|will|would|should|shall|isn.?t|aren.?t|"
    r"don.?t|doesn.?t|didn.?t|any|anything|anybody)\b",
    re.IGNORECASE,
)
CONTINUES = re.compile(
    r"^\W*(also|and|plus)\b[^.]{0,40}[.]?$", re.IGNORECASE
)  # a list of questions
SENTENCE = re.compile(r"(?<=[.?!])\s+")
# A question without its mark, as one types.
UNMARKED = re.compile(
    r"(?:^|[.!;:\n]\s{0,3})\W{0,3}(?:(?:and|so|but|ok\w*|then|also)\W{1,3})?"
    r"(?:what.?s (?!left|missing|slow)|(?:what|which) kind of|"
    r"what (?:is (?!left|missing|slow)|are|does|do|happens (?!is)|runs (?!before|after)|else is)|"
    r"how (?:many|much|often|busy|big|is|are|does|do) (?!it\b)|how long (?:is|are|does|do)\b|"
    r"who (?!ever|waits)|which (?!(?:is|means|leaves|makes|one)\b)|"
    r"do (?:you|we) have (?:any|some|an?|the)\w*|is (?:it|there|that|the)|"
    r"are (?:there|they|the)|does (?!not)|did (?:you|they|we|he|she|it|the|any\w*|some\w*)|"
    r"has (?:it|the|any\w*|some\w*|he|she|your|our))\b"
    r"[^?.!]*(?:[.!]|$)",
    re.IGNORECASE,
)
UNKNOWN = re.compile(r"\b(i )?(don.?t|do not) know\b|\bno idea\b|\bidk\b", re.IGNORECASE)
# The interviewer's question is wanted again.
ONCE_MORE = re.compile(
    r"\bwhat (was|is) (the|your) question\W*$|\bwhat (did|do) you (ask|want to know)\W*$|\bwhat was that\?|"
    r"\b(say|ask|repeat) (it|that|the question) (again|once more),? please\b|"
    r"\b(can|could|would) you (please )?(say|ask|repeat) (it|that|the question)\b|"
    r"^\W*(?:\w+\W+)?come again\?",
    re.IGNORECASE,
)
# Product's goal is to be made clear.
WHICH_GOAL = re.compile(
    r"\b(must|would|have to|need to|want to) ask\b(?=.{0,80}\b(first word|whole answer)\b)|"
    r"\bfirst (words?|tokens?)( fast| early| quickly| soon)?\b,? or (is it |for )?(the )?(\w+ )?"
    r"(lot|whole|last|all|rest|complete|full|everything)\b"
    r"(?=[^.!]*\?)|"
    r"\b(whole|complete|full|entire) (answer|reply|text|thing)\b[^.!?]{0,40}\bor\b[^.!?]{0,60}"
    r"\b(start\w*|begin\w*|first (words?|part|line))\b[^.!?]*\?|"
    r"\b(goal|target|aim|500|instant)\b.{0,60}\b((nobody|never|not) (has |have |been |really |ever )*defined|"
    r"undefined)\b|"
    r"\b(decide|say( us| me)?|tell (me|us)) (which|whether|if)\b(?=.{0,60}\b(first word|whole answer)\b)",
    re.IGNORECASE,
)


# Several things are asked for in one breath.
SEVERAL = re.compile(r"\b(both|and|plus|as well)\b|[;+]|\w, \w+,", re.IGNORECASE)


def questions(text: str) -> bool:
    """Return True if a text has a question that it does not answer itself, with or without its mark."""
    if "?" not in text:
        return _unmarked(text)
    last = SENTENCE.split(text.strip())[-1]
    return any(_open_questions(text)) or ("?" not in last and _unmarked(last))


def _unmarked(text: str) -> bool:
    return any(not UNKNOWN.search(found[0]) for found in UNMARKED.finditer(text))


def answers_itself(text: str) -> bool:
    """Return True if a text has questions, and asks none of them."""
    return "?" in text and not questions(text)


def asked_last(text: str) -> str:
    """Return the last sentence of a text."""
    return SENTENCE.split(text.strip())[-1]


def asked(text: str) -> str:
    """Return the sentences of a text that ask for something; the text if none does in so many words."""
    sentences = SENTENCE.split(text.strip())
    requests = (sentence for sentence in sentences if WANTS.search(sentence))
    return " ".join(_open_questions(text)) or " ".join(requests) or text


def _open_questions(text: str) -> Iterator[str]:
    """Yield the questions that want an answer, in order."""
    sentences = SENTENCE.split(text.strip())
    open_ = [False] * len(sentences) + [
        True
    ]  # whether each asks; the end of the turn leaves it open
    for place in reversed(range(len(sentences))):
        sentence, following = sentences[place], "".join(sentences[place + 1 : place + 2])
        open_[place] = sentence.endswith("?") and _is_open(sentence, following, open_[place + 1])
    yield from (sentence for sentence, asks in zip(sentences, open_, strict=False) if asks)


def _is_open(question: str, following: str, followed_by_question: bool) -> bool:
    """Return True unless a question is only the end of a statement, or what follows answers it."""
    if TAG.search(question) or ANSWERS.search(following):
        return False
    bare = not WANTS_ANSWER.search(question)
    goes_on = WANTS.search(following) or CONTINUES.search(following)
    return bool(followed_by_question or goes_on or not bare)
