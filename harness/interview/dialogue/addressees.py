"""Words that turn to somebody else than the interviewer: to the product manager or to the engineers."""

from __future__ import annotations

import re

START = r"(?:^|[.!?:]\s+|\n)\W*(?:(?:and|so|now|then|finally|well|right|hi|hey|hello|ok\w*)\W+)*"
# Words between a name and the message: "To the PM, who is waiting, I'd say:"
SAYS = (
    r"(?:i.?d|i would|i.?ll|i will|i|we.?d|we) (?:\w+ )?(?:say|tell|write|explain|answer|put it)\b"
)
# After the name: "For the team: ..." turns to them, "For the team, it is much work" speaks of them.
TURNS = r"(?::|,(?! (?:it|this|that|there|which|who)\b))"
PRODUCT = (
    r"(?:product(?: (?:manager|owner|person|people|lead|team|side|boss|fella|guy|"
    r"(?:lady or )?(?:lady|gentleman)))?|(?:lady|gentleman) of product|p\.?m\.?|manager)\b(?!.s\b)"
)
THE = r"(?:the |my |our |your |lady or )*"
TITLE = r"(?:dear|hello|hi|hey|mister|mr|madam|signora?|sir)"
VERB = r"(?:say|tell|write|explain)(?: this| it)?(?: to)?"
TO_PRODUCT = re.compile(
    rf"{START}(?:(?:to|for) (?:you,? (?:as|in|from|over at) )?{THE}"
    rf"(?:colleagues? (?:from|in) )?{PRODUCT}"
    rf"(?:[^.:,!?\n]{{0,25}}{TURNS}|, who [^.:!?\n]{{3,60}}:|[.] |,? {SAYS})|"
    rf"\((?:to )?{THE}{PRODUCT}\)|@{PRODUCT}|{TITLE} {THE}{PRODUCT}|"
    rf"{THE}{PRODUCT}(?:, \w+(?: \w+)?)?[,:.] |"
    rf"(?:(?:i.?d|i would|i.?ll|i will|i|let me|if i (?:have|had) to) )?{VERB} {THE}{PRODUCT}\W*[:,“\"]|"
    rf"(?:i(?:.m| am)? )?(?:now )?(?:talk|speak|turn)(?:ing)? (?:to|with) {THE}{PRODUCT}"
    r"(?! (?:about|first|before|and ask|to (?:ask|find|learn|know))\b))",
    re.IGNORECASE,
)
# A wish to speak to product, which says nothing to them yet.
WANTS_PRODUCT = re.compile(
    r"\b(?:(?:can|could|may|shall) (?:i|we) (?:please )?|(?:i.?d|i would) (?:now )?like to |"
    r"i want to |let me )"
    rf"(?:now )?(?:talk|speak) (?:to|with) {THE}{PRODUCT}|"
    rf"\b(?:can|could|may) (?:i|we) (?:have|get|bring in|call) {THE}{PRODUCT}",
    re.IGNORECASE,
)
ENGINEERS = (
    r"(engineers?|(engineering )?team|developers?|programmers?|devs|"
    r"lads|boys|guys|crew|folks|colleagues|you two)"
)
# Words that turn to those who will build the fix, rather than speak of them: "And for the engineers: ..."
TURNS_TO_THEM = (
    r"((and|so|now|then|finally|ok\w*)\W+)*("
    rf"(to|for) (the |my |our |your |you |two |young )*{ENGINEERS}\b(?!.s\b)(?! (it|this|that|who|is|are)\b)"
    rf"[^.:,!?]{{0,40}}{TURNS}|"
    rf"(to|for) (the |my |our |your |you |two |young )*{ENGINEERS}, who [^.:!?]{{3,60}}:|"
    rf"(dear |you |the two )*{ENGINEERS}\W*[,:]|the {ENGINEERS}\W*:|engineers[.] |"
    rf"(the |my |our |two )*{ENGINEERS},? {SAYS})"
)
# At the beginning of a turn, or after a remark, it is theirs; anywhere in it, they have heard something.
FOR_TEAM = re.compile(rf"^([^.!?:]{{0,40}}[.!?]\s+){{0,2}}\W*{TURNS_TO_THEM}", re.IGNORECASE)
TO_TEAM = re.compile(
    rf"(^|[.!?]\s+){TURNS_TO_THEM}|(?<!can i )(?<!may i )\btell (the |my |our |your |two )*{ENGINEERS}\b",
    re.IGNORECASE,
)
