"""Guards: what takes credit away from a sentence that has the right words.

A word list cannot tell "cache the answers" from "never cache the answers", from a question about caches, or
from a list of everything one has heard of. These functions can; each looks at one thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from harness.interview.scoring.patterns import Span
from harness.interview.scoring.reading import WORD

# What denies the words after it, and over how many words at most: "no cache" ends sooner than "I doubt that".
BEFORE = (
    (
        re.compile(
            r"(?i)\b(not|never|\w+n't|cannot|dont|doesnt|wont|cant|shouldnt|skip\w*|avoid\w*|refus\w+|stop"
            r"|forget|against|drop(ping)?|remove|disable|turn off|get rid of|useless|pointless|irrelevant|dangerous|nothing to be gained|stay away|keep away|nobody|none of|no one|who (needs|cares)|leave out)\b"
        ),
        6,
    ),
    (
        re.compile(
            r"(?i)\b(no|without|instead of|rather than|nor|neither|far from|better than|faster than|quicker than)\b"
        ),
        4,
    ),
    (re.compile(r"(?i)\b(doubt|(not|n't) (think|believe|expect|see)|hardly|unconvinced)\b"), 9),
    (re.compile(r"(?i)\b(replac\w+|swap\w*|switch from|mov\w+ (away )?from|migrat\w+ from)\b"), 3),
)
EXCHANGE = re.compile(
    r"(?i)\W(to|for|with|by|into)\W|⟶|->"
)  # "the 70B for an 8B" is no longer only the 70B
# What denies the words before it.
AFTER = re.compile(
    r"(?i)\b((is|are|was|would be|seems?|'s)\W+(\w+\W+)?(not (needed|necessary|useful|an option|worth|helpful)"
    r"|useless|pointless|unnecessary|overkill|irrelevant|a waste|out of the question|nonsense|overrated|wrong"
    r"|a bad idea|a mistake)|\w+n't (needed|necessary|useful|an option|worth|helpful)"
    r"|(does|do|did|will|would|can|could)( not|n't)\W+(help|work|matter|make sense|apply|buy|fix|solve)"
    r"|cannot (help|work|fix|solve)|(never|rarely|hardly|barely) (helps?|works?|pays?|matters?)|leave (it|them|those) out|(is|are) (too )?(dangerous|risky|harmful)( and|,|$)|makes no (sense|difference)|is no use|does nothing"
    r"|can be (skipped|ignored|dropped)|(can't|cannot|can not|won't) be (used|applied))\b"
)
AFTER_REACH = 6  # words
CONDITION = re.compile(
    r"(?i)\W*(\w+\W+){0,2}?(if|when|unless|until|with|without|by itself|alone|on its own|for (an?|one|single|unique|new|lone|short|small|the))\b"
)
TOPICAL = re.compile(
    r"(?i)\b((was|were) (published|invented|introduced|proposed|developed|created|written) (by|in|at)|stands? for"
    r"|is short for|is an acronym|tokens are)\b"
)
IGNORANT = re.compile(
    r"(?i)\b((don't|do not|didn't|can't|cannot) (really |quite )?(remember|know|recall|understand) (how|what|much|anything)"
    r"|not (really )?sure (what|how)|no idea (what|how)|read up on|look (it|that) up|never (heard|used|tried)|unfamiliar)\b"
)
# Said with a "not", meant with a "yes".
HARMLESS = re.compile(
    r"(?i)\b(not (only|just|merely|sure|yet|necessarily)|why not|no (doubt|matter|longer|wonder|surprise)"
    r"|if not|whether or not|(don't|do not|didn't|did not) (know|forget|understand|yet know|have)"
    r"|can't hurt|can't wait|couldn't hurt|not to mention|last but not least|no idea|not before|not until"
    r"|without (further|more) ado|isn't it|won't we|aren't we|no one size|not a silver bullet)\b"
)
BOUNDARY = re.compile(
    r"(?i)[,;:()]|\s-+\s|\b(but|however|because|since|so|then|although|though|while|whereas|unless|until|before"
    r"|after|which|if|when|instead(?! of)|just|first|rather(?! than)|only|with(?=\W+(hnsw|an? (ann|approx)))"
    r"|by(?=\W+(hnsw|an? (ann|approx|index)))|and(?=\W+(we|i|it|they|then|use|add|should|instead|need)\b))\b"
)
WRONG_WAY = re.compile(
    r"(?i)\W+(\w+\W+){0,3}?((makes?|is|are|gets?|will be|would be|becomes?)\W+(\w+\W+){0,3}?(slower|worse)"
    r"|(increases?|raises?|adds? to|delays?|hurts?|worsens?|harms?)\W+(the\W+)?(total\W+|time to\W+|perceived\W+)?"
    r"(latency|response time|first|speed|performance|users?)|slows?\b|hurts?\W*$"
    r"|needs?\W+more\W+(\w+\W+){1,3}than|(is|are)\W+(completely\W+|totally\W+)?free|costs?\W+nothing|takes?\W+no\W+time)"
)

ASKS_FOR_FACTS = re.compile(
    r"(?i)^\W*(and |but |so |ok(ay)?,? |also,? )?(what(?! (about|if))|which|how|where|when|who|whose"
    r"|(can|could) (you|i|we) (please )?(tell|show|give|see|get)|do|does|did|is|are|was|were|has|have (?!you (tried|thought|considered))|had)\b"
)
PROPOSES = re.compile(
    r"(?i)\b(i|we)('d|'ll)?\b.{0,20}\b(use|using|add|try|apply|combine|do|go|introduce|switch|implement|put"
    r"|start|deploy|cache|stream|quanti[sz]e)\b|^\W*(use|add|try|apply|combine|do|switch|implement)\b"
)
RECITES = re.compile(
    r"(?i)\b(i (know|am familiar|'m familiar|have (heard|read|experience|worked|used)|understand|love|studied)"
    r"|i've (heard|read|used|worked|studied)|familiar with|key ?words?|topics?|concepts?|buzzwords?"
    r"|techniques (like|such|include)|things (like|such)|(are|is) (all )?(important|relevant|great|useful|key)"
    r"|expert in|there (is|are|exists?))\b"
)
META = re.compile(
    r"(?i)\b(the|this) candidate('s)? (has|have|is|shows?|show(ed|n)|explain\w*|demonstrat\w+|answer\w*|deserve\w*"
    r"|mention\w*|cover\w*|gave|gives|should|understands?|passe[sd]|clearly|correctly|perfectly|must)\b"
    r"|\b(full (marks|score|credit|points)|rubric|grad(er|ing)|scorer|scoring|ignore (all|any|the|previous|prior)"
    r"|disregard (all|any|the|previous|prior)|previous instructions|(your|the|print|reveal|show) system prompt (says|and|is:)|as an ai|you are now"
    r"|expectations? (met|covered|ids?)|level: ?(explained|applied)|award|score (of )?4|score: ?4)\b"
    r"|^\W*(system|assistant|user|developer)\s*:|\b(SYS|STK|TRD|COM|MIS)-[A-Z]{2,}|\"(level|scores?|expectations)\"\s*:"
)
FUNCTION_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "i",
        "we",
        "you",
        "it",
        "they",
        "this",
        "that",
        "these",
        "those",
        "my",
        "our",
        "your",
        "their",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "am",
        "do",
        "does",
        "did",
        "has",
        "have",
        "had",
        "will",
        "would",
        "can",
        "could",
        "should",
        "may",
        "might",
        "must",
        "to",
        "of",
        "in",
        "on",
        "at",
        "by",
        "for",
        "from",
        "with",
        "without",
        "into",
        "over",
        "under",
        "after",
        "before",
        "while",
        "if",
        "then",
        "than",
        "so",
        "because",
        "since",
        "but",
        "and",
        "or",
        "not",
        "no",
        "as",
        "when",
        "where",
        "which",
        "what",
        "how",
        "who",
        "there",
        "here",
        "until",
        "only",
        "also",
        "first",
        "more",
        "less",
        "i'd",
        "i'll",
        "i'm",
        "we'd",
        "we'll",
        "it's",
        "don't",
    ]
)


def negated(text: str, span: Span, exempt: Iterable[Span] = ()) -> bool:
    """True when what stands at `span` is denied; a denial inside `exempt` is part of the point made.

    Two denials cancel: "don't forget to cache".
    """
    free = [*exempt, *(match.span() for match in HARMLESS.finditer(text))]
    return sum(1 for _ in _denials(text, span, free)) % 2 == 1


def wrong_way(text: str, span: Span) -> bool:
    """True for "… makes it slower" about a remedy, when no condition is named with it."""
    found = WRONG_WAY.match(text, span[1])
    hedged = re.search(
        r"(?i)\b(if|when|may|might|can|could|unless|at low|for an?|on cpu|alone)\b", text
    )
    return bool(found and not hedged)


def ignorant(text: str) -> bool:
    """True for "I don't remember how it works"."""
    return bool(IGNORANT.search(text))


def topical(text: str) -> bool:
    """True for a fact about a thing that says nothing of what it would do here."""
    return bool(TOPICAL.search(text))


def asks_for_facts(text: str) -> bool:
    """True for a question that wants to know, not one that proposes ("Could we cache?")."""
    return bool(ASKS_FOR_FACTS.match(text))


def about_the_scoring(text: str) -> bool:
    """True for text about the interview itself: instructions, praise, rubric ids."""
    return bool(META.search(text))


def lists_knowledge(text: str) -> bool:
    """True for "I am familiar with …"."""
    return bool(RECITES.search(text))


def recites(text: str) -> bool:
    """True for a list of what one knows, and no proposal."""
    return lists_knowledge(text) or not PROPOSES.search(text)


def function_share(texts: Sequence[str]) -> float:
    """The share of words that only hold others together; about half in speech, none in a keyword list."""
    words = [word for text in texts for word in WORD.findall(text.lower())]
    return sum(word in FUNCTION_WORDS for word in words) / len(words) if words else 0.0


def bare(text: str) -> bool:
    """True for a name standing alone: "Semantic caching." """
    words = WORD.findall(text.lower())
    return len(words) <= 3 and not any(w in FUNCTION_WORDS or w[0].isdigit() for w in words)


def _denials(text: str, span: Span, free: list[Span]) -> Iterable[Span]:
    exchange = EXCHANGE.search(text[slice(*span)])
    for words, reach in BEFORE[:-1] if exchange else BEFORE:
        for match in words.finditer(text, 0, span[0]):
            between = text[match.end() : span[0]]
            given_up = words is not BEFORE[-1][0] or not EXCHANGE.search(f" {between} ")
            if given_up and not _overlaps(match.span(), free) and _near(between, reach):
                yield match.span()
    after = AFTER.search(text, span[1])
    if (
        after
        and not _overlaps(after.span(), free)
        and not CONDITION.match(text, after.end())
        and _near(text[span[1] : after.start()], AFTER_REACH)
    ):
        yield after.span()


def _near(between: str, reach: int) -> bool:
    return len(WORD.findall(between)) <= reach and not BOUNDARY.search(between)


def _overlaps(span: Span, others: Iterable[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)
