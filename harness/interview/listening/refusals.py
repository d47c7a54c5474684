"""Refusals: whether a turn opens with one, and which of its sentences refuse what they name.

The encoder decides about each remedy by itself. In a turn that begins with a refusal and lists several, as
strong candidates give near the end, it takes some for proposals; there the sentences decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

STATEMENT = re.compile(r"(?<=[.?!;])\s+")
VERBS = (
    r"(?:go (?:for|with)|do (?:that|it|this)|take|touch|use|buy|pay|swap|change|cut|shorten|cache|stream|"
    r"switch|spend|sign|order|build|sell|remove|reduce|recommend|drop|add|route|batch|quanti[sz]\w+|chase)"
)
# The head of a list of what is not done, which goes on until a plan.
LISTS = (
    r"^\W*(?:(?:so|and|also) )*(?:"
    r"(?:not doing|rejected|refused|won.?t do|wouldn.?t do|things i.?m not doing)\s*[:–-]|"
    r"what i(?:.?d| would|.?ll| will) not (?:ever )?do\b|what i (?:won.?t|wouldn.?t) (?:ever )?do\b|"
    r"what i(?:.?d| would) leave (?:alone|out|as it is)\b)"
)
OPENS = (
    r"\b(?:i(?:.?d| would|.?ll| will)|we(?:.?d| would))"
    r"(?: (?:also|really|certainly|definitely|still|rather))*"
    rf" not (?:even )?{VERBS}\b|"
    rf"(?:^\W*|\b(?:i|and|or) )(?:wouldn.?t|won.?t) (?:even )?{VERBS}\b|\bnor would i\b|"
    r"\bi(?:.?m| am) against\b|\bhard pass\b|"
    r"(?:^\W*|\bi.?m |\bwe.?re )(?:not|never) "
    r"(?:touching|taking|buying|doing|going (?:for|with)|swapping|paying|signing|adding)\b|"
    r"\b(?:out of the question|hard no)\b|\bi(?: also)? (?:reject|refuse|veto)\b|"
    r"\b(?:i.?d|i would|i.?ll|i|we)(?: also)? leave (?!nothing)[^.;,]{2,50}\b(?:(?<!to )be|alone|out)\b|"
    rf"^\W*no to\b|{LISTS}"
)
# What refuses, too, once the turn has begun with a refusal.
FOLLOWS = (
    rf"{OPENS}|\bi (?:wouldn.?t|won.?t|would not|will not)"
    r"(?: (?:do|touch|want))?(?: (?:either|it|that))?\W*$|"
    r"\bi(?: also)? rule out\b|\bno,? (?:thanks?|way)\b|\b(?:some other|another) day\b|"
    r"\b(?:for|until) later\b|,? no[.!]?$|^\W*(?:no|nor|nope|nah)\b|\bsame (?:story|goes )?for\b|"
    r"\bsame story\b|\b(?:not|hardly) worth\b|"
    r"\beven worse\b"
)
# A plan, which ends a list of refusals, and is none beside one: "I would not buy a card, I'd stream."
PLAN = re.compile(
    r"(^\W*(first|then|next|now)\b.{0,15}\bi\b|"
    r"\b(i.?d|i would|i.?ll|i will|let.?s|my plan|i propose|i suggest|instead(?! of)|rather(?! than))\b)"
    r"(?! (also |really |certainly )?(rather )?(not|never|leave|keep)\b)",
    re.IGNORECASE,
)
DECLINES = (
    r"(?:no(?! (?:idea|clue|problem|doubt|matter|cost|risk|loss|harm|change|"
    r"brainer|reason|downside|need|question|wait)\b)|nope|nah|"
    r"never(?! (?:hurts|mind)\b)|(?:absolutely|certainly) not)\b"
)
# "A second box? Nah."
ASKED_AND_DECLINED = re.compile(
    r"^\W*(?!(?:what|how|which|who|where|when|why|is|are|was|were|do|does|did|can|could|will|would|should|"
    r"shall|may|has|have|any)\b)[^.?!\d]{2,60}\?\s+(?:\w+,? ){0,2}"
    rf"(?:{DECLINES}|(?:i (?:wouldn.?t|won.?t|would not|will not)\b))",
    re.IGNORECASE,
)
REFUSAL, LIST, FURTHER = (re.compile(p, re.IGNORECASE) for p in (OPENS, LISTS, FOLLOWS))
# "I would also not store it": any verb of doing, in a sentence that refuses by itself.
NOT_DOING = (
    r"\b(?:i(?:.?d| would|.?ll| will)(?: (?:also|really|certainly|definitely|still|rather|personally))* "
    r"(?:not|never)(?: even)?|i (?:wouldn.?t|won.?t)(?: even)?) "
)
REFUSED_BEFORE = re.compile(
    NOT_DOING
    + r"(?!(?:say|think|know|expect|be|have|call|mind|worry|trust|blame|bet|guess|believe|see|want|wonder|"
    r"dare|need|like|care|find|argue|claim|promise|help|assume|count|hold|judge|wait|get|end|matter|over|yet|rule|"
    r"hesitate|waste|lie|deny|oppose|object|exclude|avoid|regret|postpone|rest|repeat|rush|"
    r"pretend|speculate|quantify|estimate|commit|propose|tell|sleep|rather|"
    r"make (?:one|it|that|anything|something|an?\w*) up|"
    r"it|that|this|you|we|they|even|do|stop|slow|go|only|just|give|show|skip|lose|ship|leave|forget|miss|"
    r"remove|drop|delay|start|begin|launch|deploy)\b)\w+",
    re.IGNORECASE,
)
ONLY_NO = re.compile(r"^\W*(?:no|nope|nah|never)\W*$", re.IGNORECASE)
ANSWERS_NO = re.compile(rf"^\W*{DECLINES}", re.IGNORECASE)
# "Is there a risk with a cache? No." denies the risk.
OF_A_RISK = re.compile(
    r"\b(?:risk\w*|danger\w*|costs?|downside|problem|wrong|worse|harm\w*|break\w*|los[es]\w*|expensive|extra)\b",
    re.IGNORECASE,
)
REFUSED_AFTER = re.compile(
    rf"^\W*(?:but |and |so |well,? |no, )*"
    rf"(?:{NOT_DOING}(?:do|touch|go|want|take|buy) (?:that|there|it|this)(?: either| at all)?(?=\W*$|,)|"
    r"(?:i(?:.?d| would) )?leave (?:it|that) (?:alone|out)(?=\W*$|,)|"
    r"i (?:wouldn.?t|won.?t|would not|will not)[.!]?$|"
    r"(?:i|i.?d|i would|i.?ll|i will)(?: (?:also|have to))? (?:refuse|reject|veto|decline|oppose) "
    r"(?:to do )?(?:that|this|it|both|them)\b(?! and (?:go|use|take|do|build)\b)|"
    r"(?:hard pass|out of the question|nope|nah)[.!]?$)",
    re.IGNORECASE,
)
# "You could take a smaller model, but I wouldn't bother." "A second GPU I also would not buy."
DISMISSED = re.compile(
    r"\bbut (?:i|we|honestly i|personally i) (?:wouldn.?t|won.?t|would not|will not)"
    r"(?: (?:bother|do (?:it|that)|go there|recommend (?:it|that)|touch (?:it|that)))?(?=\W*$|,| because\b)|"
    r"^[^.,;:?]{0,60}\bi (?:also |really |certainly )?(?:wouldn.?t|won.?t|would not|will not)"
    rf"(?: {VERBS})?(?: either)?\W*$",
    re.IGNORECASE,
)
# What ends the reach of a refusal within its sentence.
ENDS = re.compile(
    r"[;:]|\b(?:but|because|unless|until|without|before|i.?d|i would|let.?s|instead|rather)\b(?! not)",
    re.IGNORECASE,
)
OPENING = 8  # words that may stand before the refusal: "Hm. And the cache?"


def opens_with_refusal(text: str) -> bool:
    """Return True if a turn refuses something before it says anything else."""
    if ASKED_AND_DECLINED.search(text):
        return True
    before = 0
    for _, sentence in _sentences(text):
        refuses = REFUSAL.search(sentence) or REFUSED_BEFORE.search(sentence)
        if refuses and not sentence.endswith("?"):
            return True
        before += len(sentence.split())
        if before > OPENING or PLAN.search(sentence):
            break
    return False


def refuses_at(text: str, place: int) -> bool:
    """Return True if what is named at a place of a turn that opens with a refusal is refused, too."""
    listed = False
    sentences = list(_sentences(text))
    for (begin, sentence), (_, following) in zip(sentences, [*sentences[1:], (0, "")], strict=True):
        listed = bool(LIST.search(sentence)) or (listed and not PLAN.search(sentence))
        if begin <= place < begin + len(sentence):
            asked = begin == 0 and ASKED_AND_DECLINED.search(text)
            planned = PLAN.search(sentence[: place - begin])
            refused = listed or asked or _reached(sentence, place - begin)
            return not planned and bool(refused or ONLY_NO.search(following))
    return False


def _reached(sentence: str, place: int) -> bool:
    """Return True if a refusal in a sentence reaches what is named at a place, before or after it."""
    found = list(FURTHER.finditer(sentence))
    return any(f.end() > place or not ENDS.search(sentence[f.end() : place]) for f in found)


def refused_by_itself(text: str, place: int) -> bool:
    """Return True if the words around what is named at a place refuse it, or the next sentence does."""
    sentences = list(_sentences(text))
    for (begin, sentence), (_, following) in zip(sentences, [*sentences[1:], (0, "")], strict=True):
        if begin <= place < begin + len(sentence):
            found = [f for f in REFUSED_BEFORE.finditer(sentence) if begin + f.start() < place]
            reach = sentence[found[-1].end() : place - begin] if found else ""
            asked = sentence.endswith("?") and not OF_A_RISK.search(sentence)
            declined = asked and ANSWERS_NO.search(following)
            dismissed = DISMISSED.search(sentence[place - begin :])
            after = declined or dismissed or REFUSED_AFTER.search(following)
            return bool(after or (found and not ENDS.search(reach)))
    return False


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    """Yield (place, sentence)."""
    place = 0
    for sentence in STATEMENT.split(text):
        place = text.index(sentence, place)
        yield place, sentence
        place += len(sentence)
