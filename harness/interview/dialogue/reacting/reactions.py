"""The decision how to react to a turn: a pure function from its reading and the interview so far.

A reaction is a comment on what was said, in the candidate's own words, and a question that has not been
answered yet. It is worded elsewhere, and says nothing that this module has not decided.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.interview.dialogue.asking import SENTENCE
from harness.interview.dialogue.moves import SEARCH
from harness.interview.dialogue.reacting import case_figures
from harness.interview.dialogue.reacting.on_refusals import after_refusal, refusal
from harness.interview.dialogue.reacting.reaction import (
    Reaction,
    fit,
    share_elsewhere,
    words_for_two,
)
from harness.interview.dialogue.reacting.turn import CONTEXT, Turn
from harness.interview.dialogue.reacting.turn_numbers import number_from_card, number_to_explain
from harness.interview.listening.refusals import opens_with_refusal, refuses_at
from harness.interview.listening.remedies import remedies
from harness.interview.listening.suspects import named, sentence_with
from harness.interview.reading import OFFERS, Act, Remedy, Role, Suspect

COMMENTS = {"STK-STREAM": "sooner"}  # the total time stays what it is
# What a strong answer says about a remedy, by its fit, in the order in which it is asked for.
WHAT_TO_ASK = {
    "fixes": ("mechanism", "size", "cost", "risk"),
    "helps": ("size", "cost", "risk"),
    "neutral": ("win",),
    "harmful": ("harm",),
}
FITS = tuple(WHAT_TO_ASK)  # best first: which remedy of a turn is taken up
# Changes that are put beside each other, rather than planned.
COMPARES = re.compile(
    r"\b(options?|candidates?|alternatives?|either|versus|vs)\b|\(a\)", re.IGNORECASE
)
# One of several is taken: "I pick A now."
CHOOSES = re.compile(r"\b(i.?d|i would|i.?ll|i) (pick|choose|take|go (with|for))\b", re.IGNORECASE)
# What was planned before is dropped.
TAKES_BACK = re.compile(
    r"\b(i.?ll|i|let me|i.?d|i would) take (it|that|this) back\b|"
    r"(?:^|[.;,!]\s{0,3})\W{0,3}(?:\w+\W{1,3})?(scrap|scratch|forget|strike) "
    r"(that|it|what i said|my \w+( \w+){0,3})(?=\W*$|[.,;!])|"
    r"\b(let me|let.?s|i.?ll|i.?d) (park|drop|bury|shelve) (that|it|this)( one)?(?=\W*$|[.,;!])|"
    r"\b(i|i.?ve) changed my mind\b|\bi withdraw\b",
    re.IGNORECASE,
)
# A condition for it is a safeguard: "I'd take it back if accuracy fell."
ON_CONDITION = re.compile(r"\b(if|when|once|unless|would|i.?d)\b", re.IGNORECASE)
# What a sentence about a change is asked about, unless it says it.
ASKED_ABOUT = {
    Role.SAFEGUARD: ("limit", "responsible"),
    Role.EFFECT: ("sure",),
    Role.GOAL: ("decides",),
    Role.ORDER: ("reorder",),
}
# Nothing is asked about these before a plan.
OF_A_PLAN = (Role.SAFEGUARD, Role.EFFECT, Role.ORDER)
# What speakers say of themselves rests on nothing that could be shown.
OF_ONESELF = re.compile(
    r"\b(i.?m|i am|i was|i.?ve|i have|i had|i come|i did|i do|i think loud\w*|i (like|love|hate|hope|admit)|"
    r"my (\w+ )?(instinct|wife|husband|mother|father|boss|job|team|friend|teacher|students?|life|career))\b|"
    r"^\W*i (talk|joke|know)\b",
    re.IGNORECASE,
)
BLAMES = re.compile(
    r"\b(cause|culprit|bottleneck|problem|blame|fault|guilty|it.?s the|that.?s why|too slow|takes? too)\b",
    re.IGNORECASE,
)
# Data are refused altogether.
NO_DATA = re.compile(
    r"\bno data\b(?! (on|about|for|in|that|yet))|"
    r"\b(not|n.t) (look at|need|want|care about) (any |the |your )?(data|numbers|measurements?|figures)\b",
    re.IGNORECASE,
)
MAX_UNPROVEN = 3  # claims that are asked for their reason
JUST = 4  # events: what is said with a card, the card, an offer of another one, and the turn


def react(turn: Turn) -> Reaction | None:
    """Return the reaction to a proposal, a decision or a claim; None if nothing follows from its words."""
    return next(filter(None, _reactions(turn)), None)


def _reactions(turn: Turn) -> Iterator[Reaction | None]:
    reading = turn.reading
    refuses = opens_with_refusal(turn.text) and not OFFERS.isdisjoint(reading.acts)
    proposes = any(remedy.clear for remedy in reading.proposed)
    spared = reading.suspect and refuses and _is_spared(turn, reading.suspect)
    blames = reading.suspect and not (spared or _explains(turn, reading.suspect))
    if refuses and reading.refused and not proposes:
        yield refusal(turn)
    if blames and reading.suspect.cause == "right" and not turn.solved:
        yield _right(turn, reading.suspect)
    if _takes_back(turn.text):
        yield _withdrawn(turn)
    if Act.DECIDE in reading.acts and CHOOSES.search(turn.text):
        yield _decided(turn)
    if reading.proposed:
        yield _planned(turn)
        yield _proposed(turn, _best(turn))
    if blames:
        yield _suspected(turn, reading.suspect)
    yield refusal(turn)
    if turn.state.phase in SEARCH and NO_DATA.search(turn.text):
        yield Reaction("no_data", "evidence")
    if refuses:
        yield Reaction("left_alone", after_refusal(turn))
    yield _about(turn)
    yield _answered(turn)
    if Act.DECIDE in reading.acts:
        yield _decided(turn)
    if Act.CLAIM in reading.acts and reading.numbers:
        yield _number(turn)
    yield _unproven(turn)


def _best(turn: Turn) -> Remedy:
    """Return the proposed remedy that fits the case best, of those that are clear and new if any is."""

    def rank(remedy: Remedy) -> tuple[bool, bool, int]:
        known = turn.offered_before(remedy.id)
        return not remedy.clear, known, FITS.index(fit(turn.session, remedy))

    return min(turn.reading.proposed, key=rank)


def _right(turn: Turn, suspect: Suspect) -> Reaction:
    if not set(turn.state.opened) - CONTEXT and not turn.reading.numbers:
        return Reaction("right_unseen", "evidence", suspect.id, suspect.quote)
    figure = turn.unsaid(case_figures.share(turn.session, turn.session.scenario.cause.stage))
    if turn.reading.proposed and _best(turn).clear:
        return _proposed(turn, _best(turn))
    onward = "more" if turn.has_plan else "fix"
    question = "alternative" if turn.sceptical else onward
    return Reaction("right", question, suspect.id, suspect.quote, figure=figure, solved=True)


def _is_spared(turn: Turn, suspect: Suspect) -> bool:
    """Return True if a turn refuses to change what it names: "I would not touch the guard"."""
    return refuses_at(turn.text, turn.text.find(suspect.quote))


def _explains(turn: Turn, suspect: Suspect) -> bool:
    """Return True if a turn answers a follow-up, and blames nothing in so many words."""
    asked = [e.move for e in turn.state.events if e.who == "interviewer" and e.text][-1:]
    return asked == ["probe"] and suspect.cause != "right" and not BLAMES.search(turn.text)


def _suspected(turn: Turn, suspect: Suspect) -> Reaction | None:
    if suspect.cause == "right":
        return _named_again(turn, suspect)
    if suspect.cause is None:
        figure = case_figures.share(turn.session, suspect.stage) if suspect.stage else ""
        figure = turn.unsaid(figure)
        question = turn.open_question(suspect.id, ("why_behind",)) or turn.onward
        return Reaction("symptom", question, suspect.id, suspect.quote, figure=figure)
    again = any(r.suspect and r.suspect.id == suspect.id for r in turn.state.heard[:-1])
    if again or turn.state.phase not in SEARCH:
        figure = turn.unsaid(case_figures.against(turn.session, suspect))
        return (
            Reaction("against", turn.onward, suspect.id, suspect.quote, figure) if figure else None
        )
    question = turn.open_question(suspect.id, ("check",)) or turn.onward
    return Reaction("suspected", question, suspect.id, suspect.quote, doubts=suspect)


def _named_again(turn: Turn, suspect: Suspect) -> Reaction | None:
    """Take up the right cause that was named before, if the turn speaks of no remedy."""
    if turn.reading.named or turn.reading.remedies:
        return None
    quote = sentence_with(suspect.quote, turn.text) or _words(turn)
    return Reaction("taken", turn.onward, quote=quote)


def _proposed(turn: Turn, remedy: Remedy) -> Reaction:
    if not turn.looked and turn.state.phase in SEARCH:
        return Reaction("early", "first_look", remedy.id, remedy.quote)
    if not remedy.clear:
        several = len(turn.reading.proposed) > 1
        quote = words_for_two(turn.reading.proposed) if several else remedy.quote
        return Reaction("noted", turn.onward, quote=quote)
    kind = fit(turn.session, remedy)
    # a remedy for the cause, if not the one that the case knows
    blamed = turn.reading.cause == "right" or named(turn.session.scenario, turn.text)
    figure = turn.unsaid(share_elsewhere(turn, remedy)) if kind == "neutral" and not blamed else ""
    known = kind == "neutral" and not figure
    comment = "noted" if known or turn.offered_before(remedy.id) else COMMENTS.get(remedy.id, kind)
    question = turn.open_question(remedy.id, WHAT_TO_ASK[kind]) or turn.onward
    return Reaction(comment, question, remedy.id, remedy.quote, figure)


def _takes_back(text: str) -> bool:
    """Return True if a sentence drops what was planned, and not on a condition."""
    said = SENTENCE.split(text)
    return any(TAKES_BACK.search(s) and not ON_CONDITION.search(s) for s in said)


def _withdrawn(turn: Turn) -> Reaction | None:
    """React to the withdrawal of a plan, unless the turn has another one."""
    if any(remedy.clear for remedy in turn.reading.proposed):
        return None
    goes_on = turn.says("instead") or not turn.has_plan
    return Reaction("withdrawn", turn.onward if goes_on else "instead")


def _about(turn: Turn) -> Reaction | None:
    """React to the last sentence about a change: its check, its effect, or its place in the plan."""
    last = next(((r, words) for r, words in reversed(turn.reading.roles) if r in ASKED_ABOUT), None)
    if last is None or (last[0] in OF_A_PLAN and not turn.has_plan):
        return None
    question = turn.open_question(last[0], ASKED_ABOUT[last[0]])
    return question and Reaction("about", question, last[0], last[1])


def _answered(turn: Turn) -> Reaction | None:
    """React to the answer to a follow-up: go one level deeper, if there is one."""
    subject, known = turn.state.subject, turn.session.scenario.remedies
    if subject not in remedies() or not turn.replies:
        return None
    question = turn.open_question(subject, WHAT_TO_ASK[known.get(subject, "neutral")])
    return question and Reaction("noted", question, subject, _words(turn))


def _planned(turn: Turn) -> Reaction | None:
    """React to several changes at once: ask about the plan as a whole."""
    clear = [remedy for remedy in turn.reading.proposed if remedy.clear]
    ordered = Act.DECIDE in turn.reading.acts or Role.ORDER in dict(turn.reading.roles)
    if len(clear) < 2 or not (turn.looked and ordered) or COMPARES.search(turn.text):
        return None
    question = turn.open_question("plan", ("risk", "reorder")) or turn.onward
    return Reaction("planned", question, "plan", words_for_two(clear))


def _unproven(turn: Turn) -> Reaction | None:
    """React to a claim that comes without a number or a reason: ask what it rests on."""
    just_shown = any(event.open_card for event in turn.state.events[-JUST:])
    if Act.CLAIM not in turn.reading.acts or just_shown or turn.reading.is_aside:
        return None
    asked = sum(question == "base" for _, question in turn.state.depth)
    claim = turn.reading.quote(Act.CLAIM)
    if asked >= MAX_UNPROVEN or turn.says("base") or OF_ONESELF.search(claim):
        return None
    return Reaction("noted", "base", f"claim {asked}", claim)


def _decided(turn: Turn) -> Reaction:
    chosen = CHOOSES.search(turn.text)
    quote = turn.text[chosen.start() :] if chosen else turn.reading.planned()
    quote = quote or turn.reading.quote(Act.DECIDE)
    question = turn.onward if turn.says("risk") else "risk"
    return Reaction("decided", question, "decision", quote)


def _number(turn: Turn) -> Reaction | None:
    """Confirm a number that is on an opened card; ask where another one comes from."""
    if shown := number_from_card(turn):
        return Reaction("grounded", turn.onward, "number", shown)
    supposes = Act.PROPOSE in turn.reading.acts or turn.says("source")
    if supposes or (measured := number_to_explain(turn)) is None:
        return None
    question = turn.open_question("number", ("source",))
    return question and Reaction(None, question, "number", number=measured)


def _words(turn: Turn) -> str:
    """Return the candidate's words to take up, else the turn."""
    return turn.reading.main_words or turn.text
