"""The listener: reads a turn once, and its reading is what the interviewer answers and the scorer credits.

A turn is read in parts (sentences and clauses). What a part does is found by a regression on example
sentences of many voices, with authored patterns as evidence; what it says about a change, by another; what
it is about, by three more: cards, remedies, suspects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache, partial
from itertools import pairwise
from pathlib import Path

from filelock import FileLock

from harness.interview.listening.acts import (
    OFFERS,
    Part,
    answers_itself,
    in_form,
    in_role,
    likely,
    together,
    unasked,
)
from harness.interview.listening.card_router import Asked, CardRouter, card_router
from harness.interview.listening.evidence import signs
from harness.interview.listening.examples import (
    ACTS,
    act_examples,
    labelled_sentences,
    last_words,
    stored,
)
from harness.interview.listening.follow_ups import followed_up, taken_up
from harness.interview.listening.numbers import numbers
from harness.interview.listening.remedies import MEMBER_WORDS, RemedyFinder, takes_back
from harness.interview.listening.roles import RoleFinder
from harness.interview.listening.similarity import Examples, Regression, Said, regression
from harness.interview.listening.suspects import SuspectFinder
from harness.interview.listening.turns import items, parts
from harness.interview.meanings import Embed, recalling, ship
from harness.interview.reading import ABOUT, Act, Reading, Remedy, Suspect
from harness.interview.scenario.scenario import Scenario, scenario, scenarios
from harness.interview.scenario.transcript import Transcript

REGRESSIONS = ("acts", "roles", "cards", "remedies", "suspects")
CAUSES = ("right", "wrong", None)
MAX_WHOLE = 600  # characters of a turn that is read as one
REMEMBERED = 500  # readings: several long interviews


@dataclass(frozen=True)
class Listener:
    """Reads turns. folder: where fitted weights are kept; it must not be shared between embedding models."""

    embed: Embed
    cards: CardRouter
    folder: Path | None = None

    def read(self, turn: str, before: str, scenario: Scenario) -> Reading:
        """Return the reading of any text. before: the interviewer's last words. Never raises."""
        whole, heard = self._heard(turn, before, scenario)
        if not whole:
            return Reading()
        blamed = [self._blamed(part, scenario) for part in heard]
        named, remedies = self._remedies(whole, heard, blamed, before, scenario)
        suspect = _first(blamed)
        acts = together(whole, heard, _implied(remedies, suspect))
        if taken := taken_up(turn, before):
            acts, asked = (Act.ASK,), Asked.together(map(self.cards, taken))
        else:
            asked = self._asked(whole, heard, before, scenario) if Act.ASK in acts else Asked()
        return Reading(
            acts=acts,
            cards=asked.cards,
            near=asked.near,
            unanswered=asked.unanswered,
            remedies=remedies,
            named=named,
            suspect=suspect,
            numbers=numbers(turn),
            quotes=tuple((act, _quote(heard, act)) for act in acts),
            roles=tuple((part.role, part.text) for part in heard if part.role),
        )

    def _heard(self, turn: str, before: str, scenario: Scenario) -> tuple[Part | None, list[Part]]:
        """Return the turn as one, and its parts; nothing without words."""
        listed = list(dict.fromkeys(parts(turn)))
        if not listed:
            return None, []
        whole = " ".join(turn.split())[:MAX_WHOLE]
        said = self._said((whole, *listed), before, scenario)
        heard = [self._part(said[text]) for text in listed]
        return _without_own_questions(
            self._whole(said[whole]) if len(heard) > 1 else heard[0], heard
        )

    def _said(self, texts: Iterable[str], before: str, scenario: Scenario) -> Mapping[str, Said]:
        """Return what can be learned from each text and from the interviewer's last words."""
        asked = last_words(before)
        every = list(dict.fromkeys((*texts, *([asked] if asked else ()))))
        vectors = dict(zip(every, self.embed(every), strict=True))
        return {
            text: Said(text, vector, signs(text, before), vectors.get(asked), scenario.id)
            for text, vector in vectors.items()
        }

    def _members(
        self, part: Part, before: str, scenario: Scenario, least_words: int = 1
    ) -> tuple[Said, ...]:
        """Return the members of a part's enumeration, but for shorter ones; none if it is none."""
        members = [m for m in items(part.text) if len(m.split()) >= least_words]
        said = self._said(members, before, scenario) if members else {}
        return tuple(said[text] for text in members)

    def _part(self, said: Said) -> Part:
        role = self.roles(said)
        scores = in_role(said.text, role, self._whole(said).scores)
        return Part(said, tuple(likely(scores)), scores, role.role, role.about)

    def _whole(self, said: Said) -> Part:
        """Return a turn of several sentences as one; it has no role, as each of them may have another."""
        found = self.acts.scores(said)
        scores = in_form(said.text, dict(zip(ACTS, map(float, found), strict=True)))
        return Part(said, tuple(likely(scores)), scores)

    @cached_property
    def roles(self) -> RoleFinder:
        return RoleFinder(self.embed, self.folder)

    @cached_property
    def acts(self) -> Regression:
        return regression(self.examples, self.embed, self.folder and stored("acts", self.folder))

    def examples(self) -> Examples:
        return act_examples(labelled_sentences(), self.cards.labelled())

    def _asked(self, whole: Part, heard: Sequence[Part], before: str, scenario: Scenario) -> Asked:
        """Return what the asking parts ask for, together; the turn as a whole, if none of them is clear."""
        asking = [part for part in heard if part.asks] or ([whole] if len(heard) == 1 else [])
        asked = Asked.together(self._asked_by(part, before, scenario) for part in asking)
        if asked.cards or len(heard) == 1:
            return asked
        return self._asked_by(whole, before, scenario, with_members=False)

    def _asked_by(
        self, part: Part, before: str, scenario: Scenario, with_members: bool = True
    ) -> Asked:
        if card := followed_up(part.text, before, scenario):
            return Asked((card,))
        members = self._members(part, before, scenario) if with_members else ()
        return self.cards.asked(part.said, members)

    def _blamed(self, part: Part, scenario: Scenario) -> Suspect | None:
        return self.suspects(part.said, scenario) if part.blames else None

    def _remedies(
        self,
        whole: Part,
        heard: Sequence[Part],
        blamed: Iterable[Suspect | None],
        before: str,
        scenario: Scenario,
    ) -> tuple[tuple[Remedy, ...], tuple[Remedy, ...]]:
        """Return the remedies that are named, and those of them that are offered or refused.

        A part that rather says what is slow names none; one about the check or the price of a change names it
        and offers none.
        """
        found: list[Remedy] = []
        offered: list[Remedy] = []
        last: tuple[Remedy, ...] = ()
        about = any(part.role in ABOUT for part in heard)
        for part, suspect in zip(heard, blamed, strict=True):
            offers = part.offers and not (suspect and part.states)
            named = self._offered(part, whole, before, scenario) if offers else ()
            if not named and takes_back(part):
                named = tuple(replace(remedy, refused=True) for remedy in last)
            found, last = [*found, *named], named
            if not (part.role in ABOUT or (about and part.about)):
                offered += named
        down = () if found else self.remedies.turned_down(whole, before)
        return _once(found) or down, _once(offered) or down

    def _offered(
        self, part: Part, whole: Part, before: str, scenario: Scenario
    ) -> tuple[Remedy, ...]:
        members = self._members(part, before, scenario, MEMBER_WORDS)
        return self.remedies(part, members, whole, scenario)

    @cached_property
    def remedies(self) -> RemedyFinder:
        return RemedyFinder(self.embed, partial(_others, *OFFERS), self.folder)

    @cached_property
    def suspects(self) -> SuspectFinder:
        return SuspectFinder(self.embed, partial(_others, Act.CLAIM, Act.CHALLENGE), self.folder)

    def sentences(self) -> Iterator[str]:
        """Yield the example sentences of all regressions; some of them belong to several."""
        for learner in (self, self.roles, self.cards, self.remedies, self.suspects):
            yield from learner.examples().sentences

    def fit(self) -> None:
        """Fit what is not stored yet."""
        embed = recalling(self.embed)
        fresh = replace(self, embed=embed, cards=replace(self.cards, embed=embed))
        _ = fresh.acts, fresh.cards.regression
        for finder in (fresh.roles, fresh.remedies, fresh.suspects):
            _ = finder.regression


@lru_cache(REMEMBERED)
def heard(turn: str, before: str, scenario_id: str) -> Reading:
    """Return the reading of a turn of an installed scenario.

    Dialogue and score ask for the same turns again and again. Raises StoreError if MiniLM's weights are
    missing.
    """
    return listener().read(turn, before, scenario(scenario_id))


def readings(transcript: Transcript) -> tuple[Reading, ...]:
    """Return the reading of each of the candidate's turns; none if the scenario is not installed."""
    name = transcript.header.scenario.upper()
    return tuple(_readings(transcript, name)) if name in scenarios() else ()


def _readings(transcript: Transcript, scenario_id: str) -> Iterator[Reading]:
    before = ""
    for event in transcript.events:
        if event.text is None:
            continue
        if event.who == "candidate":
            yield heard(event.text, before, scenario_id)
        else:
            before = event.text


def is_fitted(folder: Path) -> bool:
    """Return True if the weights for the shipped examples are in this folder."""
    return all(stored(name, folder).exists() for name in REGRESSIONS)


@cache
def listener() -> Listener:
    """Return the process's listener, with MiniLM. Raises StoreError if its weights are missing."""
    found = _unfitted()
    if found.folder and not is_fitted(found.folder):
        found.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(found.folder / "fitting.lock"):  # a second process waits, and finds them
            found.fit()
    return found


def ship_meanings() -> Path:
    """Write the vectors of the example sentences beside the content; return the file's path."""
    one = _unfitted()
    return ship(one.sentences(), one.embed)


def _unfitted() -> Listener:
    router = card_router()
    return Listener(router.embed, router, router.folder)


def _without_own_questions(whole: Part, heard: list[Part]) -> tuple[Part, list[Part]]:
    """Return the turn and its parts without the questions that the candidate answers."""
    own = [part for part, following in pairwise(heard) if answers_itself(part, following)]
    heard = [unasked(part) if part in own else part for part in heard]
    return (unasked(whole) if own and not any(part.asks for part in heard) else whole), heard


def _implied(remedies: Sequence[Remedy], suspect: Suspect | None) -> set[Act]:
    """Return the acts that follow from what was heard: naming a remedy proposes, naming a cause claims."""
    proposed = {Act.PROPOSE} if remedies else set()
    return proposed | ({Act.CLAIM} if suspect else set())


def _first(blamed: Iterable[Suspect | None]) -> Suspect | None:
    """Return what the turn blames: the right cause if it is named, else a wrong one, else a symptom."""
    named = [suspect for suspect in blamed if suspect]
    return min(named, key=lambda suspect: CAUSES.index(suspect.cause), default=None)


def _quote(heard: Sequence[Part], act: Act) -> str:
    """Return the part that does an act most clearly."""
    return max(heard, key=lambda part: (act in part.acts, part.scores[act])).text


def _once(remedies: Iterable[Remedy]) -> tuple[Remedy, ...]:
    """Return each remedy once, as it was said last: "a cache … no, no cache" refuses it."""
    return tuple({remedy.id: remedy for remedy in remedies}.values())


def _others(*acts: Act) -> tuple[str, ...]:
    """Return example sentences that do none of these acts."""
    names = set(map(str, acts))
    return tuple(text for text, own, _ in labelled_sentences() if names.isdisjoint(own))
