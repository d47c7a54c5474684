"""What the encoder learns for the listener: acts, cards, remedies, suspects and roles of what candidates say.

A whole turn is labelled for every task, for the role only if it is one sentence with one act. An example
sentence of one task is labelled for others only where its label settles them: what asks for a card proposes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from harness.interview.encoder.training import Example
from harness.interview.listening.card_router import MAX_CARDS, labelled_questions, topics
from harness.interview.listening.examples import (
    ACTS,
    NONE,
    HeardTurn,
    heard_turns,
    labelled_sentences,
    rubric_sentences,
    situation,
)
from harness.interview.listening.remedies import REFUSES, no_remedies, remedies
from harness.interview.listening.roles import NAMES as ROLES
from harness.interview.listening.roles import role_sentences
from harness.interview.listening.suspects import no_suspects, suspects
from harness.interview.listening.turns import parts
from harness.interview.reading import NOT_SHOWN, REFUSED, Act, Role, Unanswered
from harness.interview.scenario.scenario import scenario

OFFERS = {str(Act.PROPOSE), str(Act.DECIDE)}
CLAIMS = {str(Act.CLAIM), str(Act.CHALLENGE)}
ASK, PROPOSE = str(Act.ASK), str(Act.PROPOSE)
PROPOSALS = 6  # that each refusal is joined with
LISTS, ITEM_WORDS, REMARKED = (
    3000,
    4,
    0.5,
)  # lists of requests; words of a member; share after a remark
ROLE_OF_ACT = {
    ASK: str(Role.ASK),
    str(Act.DONT_KNOW): str(Role.ASIDE),
    str(Act.OFF_TOPIC): str(Role.ASIDE),
}


def tasks() -> dict[str, tuple[str, ...]]:
    """Return the listener's tasks with their labels."""
    return {
        "acts": ACTS,
        "cards": topics(),
        "remedies": (*remedies(), *(f"{REFUSED}{name}" for name in remedies()), REFUSES),
        "suspects": tuple(suspects()),
        "roles": ROLES,
    }


def turn_examples() -> Iterator[Example]:
    """Yield the labelled turns, and the example sentences of each task."""
    yield from map(_of_turn, heard_turns())
    yield from _of_acts()
    yield from _of_cards()
    yield from _of_remedies()
    yield from _of_suspects()
    yield from (_one(text, roles=[role]) for text, role, _ in role_sentences())
    draw = np.random.default_rng(0)
    yield from _two_questions(draw)
    yield from _lists(draw)
    yield from _refused_and_proposed(draw)


def _one(text: str, before: str = "", **labels: Iterable[str]) -> Example:
    """Return an example; the refusal of a remedy that it proposes is a hard label, and the reverse."""
    known = {task: frozenset(own) for task, own in labels.items()}
    named = known.get("remedies", frozenset()) - {REFUSES}
    return Example(text, known, before, frozenset(map(_opposite, named)))


def _opposite(name: str) -> str:
    return name.removeprefix(REFUSED) if name.startswith(REFUSED) else f"{REFUSED}{name}"


def _of_turn(turn: HeardTurn) -> Example:
    outside = [Unanswered.OUTSIDE.value] if set(turn.acts) == {ASK} and not turn.opinion else []
    opinion = [Unanswered.OPINION.value] if turn.opinion else []
    refusing = [REFUSES] if any(name.startswith(REFUSED) for name in turn.remedies) else []
    labels = {
        "acts": turn.acts or (NONE,),
        "cards": [*(turn.cards or outside), *opinion],
        "remedies": [*turn.remedies, *refusing],
        "suspects": [turn.blames] if turn.blames else [],
    }
    if role := _role(turn):
        labels["roles"] = [role]
    return _one(turn.says, situation(scenario(turn.case).name, turn.before), **labels)


def _role(turn: HeardTurn) -> str | None:
    """Return the role of a turn of one sentence and one act; None if that settles none."""
    if len(parts(turn.says)) > 1 or len(turn.acts) != 1:
        return None
    if turn.acts == (PROPOSE,) and turn.remedies:
        refused = any(name.startswith(REFUSED) for name in turn.remedies)
        return str(Role.REFUSE if refused else Role.PLAN)
    return ROLE_OF_ACT.get(turn.acts[0])


def _of_acts() -> Iterator[Example]:
    for text, acts, _ in labelled_sentences():
        nothing = {
            "remedies": OFFERS.isdisjoint(acts),
            "suspects": CLAIMS.isdisjoint(acts),
            "cards": ASK not in acts,
        }
        labels = {task: () for task, none in nothing.items() if none}
        if len(acts) == 1 and acts[0] in ROLE_OF_ACT:
            labels["roles"] = (ROLE_OF_ACT[acts[0]],)
        yield _one(text, acts=acts, **labels)


def _of_cards() -> Iterator[Example]:
    for question, (topic, *_), _ in labelled_questions():
        if topic in NOT_SHOWN:
            yield _one(question, cards=[topic])
        else:
            yield _one(question, cards=[topic], acts=[ASK], remedies=())


def _of_remedies() -> Iterator[Example]:
    for name, entry in remedies().items():
        yield from (_one(text, remedies=[name]) for text in entry.examples)
        yield from (_one(text, remedies=[f"{REFUSED}{name}", REFUSES]) for text in entry.refusals)
    yield from (_one(text, remedies=()) for text in no_remedies())
    for text, shown in rubric_sentences():
        named = [name for name in shown if name in remedies()]
        if len(named) == 1 or not shown:  # one of several may be its price
            yield _one(text, remedies=named)


def _of_suspects() -> Iterator[Example]:
    for name, entry in suspects().items():
        yield from (_one(text, suspects=[name]) for text in entry.examples)
    yield from (_one(text, suspects=()) for text in no_suspects())


def _two_questions(draw: np.random.Generator) -> Iterator[Example]:
    """Yield each question together with one for another card: people ask for several things at once."""
    asked = [(text, own) for text, (own, *_), _ in labelled_questions() if own not in NOT_SHOWN]
    for (first, card), other in zip(asked, draw.permutation(len(asked)), strict=True):
        second, another = asked[other]
        if another != card:
            yield _one(_joined(first, second, draw), cards=[card, another], acts=[ASK], remedies=())


def _lists(draw: np.random.Generator) -> Iterator[Example]:
    """Yield short requests for several cards in one breath, alone or after a remark that asks for nothing."""
    short = [
        (text.rstrip(" .?!"), card)
        for text, (card, *_), _ in labelled_questions()
        if card not in NOT_SHOWN and len(text.split()) <= ITEM_WORDS
    ]
    remarks = [text for text, acts, _ in labelled_sentences() if acts == (str(Act.CLAIM),)]
    for _ in range(LISTS):
        chosen = draw.choice(len(short), draw.integers(2, MAX_CARDS + 1), replace=False)
        items = [short[number] for number in chosen]
        listed = _listed([text for text, _ in items], draw)
        before = f"{remarks[draw.integers(len(remarks))]} " if draw.random() < REMARKED else ""
        acts = [ASK, str(Act.CLAIM)] if before else [ASK]
        yield _one(before + listed, cards=[card for _, card in items], acts=acts)


def _listed(items: Sequence[str], draw: np.random.Generator) -> str:
    """Return the members of a list as people write one."""
    joint = (", ", " / ", " and ", ", ", " + ", ". ")[draw.integers(6)]
    *first, last = items
    end = (
        f"{joint.join(first)} and {last}"
        if joint == ", " and draw.random() < 0.5
        else joint.join(items)
    )
    start = ("", "", "pls send ", "also ", "can i see ", "I'd like ")[draw.integers(6)]
    return start + end + ("", ".", "?", " please")[draw.integers(4)]


def _refused_and_proposed(draw: np.random.Generator) -> Iterator[Example]:
    """Yield refusals of a remedy together with proposals of another one, in either order."""
    entries = remedies().items()
    proposed = [(text, name) for name, entry in entries for text in entry.examples]
    for refusal, refused in [(text, name) for name, entry in entries for text in entry.refusals]:
        for number in draw.choice(len(proposed), PROPOSALS, replace=False):
            proposal, name = proposed[number]
            said = [refusal, proposal]
            draw.shuffle(said)
            if name != refused:
                yield _one(
                    _joined(*said, draw),
                    remedies=[f"{REFUSED}{refused}", REFUSES, name],
                    acts=[PROPOSE],
                )


def _joined(first: str, second: str, draw: np.random.Generator) -> str:
    """Return two texts as one: two sentences, or one with "and" or a comma."""
    joints: Sequence[str] = (
        f"{first} ",
        first.rstrip(".?! ") + " and ",
        first.rstrip(".?! ") + ", ",
    )
    start, rest = joints[draw.integers(len(joints))], second[:1]
    starts_word = second[1:2].islower() and start != joints[0]
    return start + (rest.lower() if starts_word else rest) + second[1:]
