"""The discussion of the case: replies to what the candidate claims, proposes, decides, doubts or asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.interview.dialogue.addressees import FOR_TEAM
from harness.interview.dialogue.asking import (
    SEVERAL,
    WHICH_GOAL,
    answers_itself,
    asked,
    questions,
)
from harness.interview.dialogue.deeper_questions import FollowUps
from harness.interview.dialogue.moves import SEARCH, Doubt, Phase, State
from harness.interview.dialogue.pace import overdue
from harness.interview.dialogue.probes import Reword
from harness.interview.dialogue.reacting import case_figures
from harness.interview.dialogue.reacting.reaction import Reaction
from harness.interview.dialogue.reacting.reactions import react
from harness.interview.dialogue.reacting.turn import Turn, has_plan
from harness.interview.dialogue.requested import (
    asks,
    asks_back,
    cards_asked_for,
    ends_asking,
    only_wonders,
)
from harness.interview.dialogue.showing import beside, handed_back, opened, unclear
from harness.interview.dialogue.speech import Step, Style, answer, say, speak
from harness.interview.dialogue.visitors import VISITORS, chosen, offered_choice
from harness.interview.reading import Act, Reading, Role
from harness.interview.scenario.interview_session import Session

MIN_PROPOSAL_TURNS = 3  # turns of proposals before the product manager comes in
REFUTED_AFTER_S = 60  # seconds between the naming of a wrong suspect and the figure against it
REST = 2  # utterances of the interviewer without a question about a gap, after one
OPEN_ENDED = ("more", "refused_more", "next_look")  # questions that a gap in what was said replaces
STAYS = ("noted", "about")  # comments that announce a question on the same subject


@dataclass(frozen=True)
class Discussion:
    """The interviewer's side of the discussion in one session."""

    session: Session
    follow_ups: FollowUps
    style: Style
    reword: Reword | None

    def shown(self, step: Step, reading: Reading, text: str, commented: bool = True) -> Step | None:
        """Show the cards that a turn asks for; None if it asks for none.

        text: the turn. commented: a claim in it is commented on first.
        """
        state = step[0]
        if self._is_for_visitors(state, reading, text):
            return None
        if choice := self._for_product(state, reading, text):
            return chosen(step, self.session, choice)
        if not (cards := cards_asked_for(state, reading, text)):
            return None
        known = set(state.opened)
        if known.issuperset(cards) and reading.cause and not ends_asking(text):
            return None  # a finding on a card that is open, rather than a question
        if commented and reading.suspect and (comment := self._comment(step, reading, text)):
            step = self._answer(step, comment, "")
        if known.issuperset(cards):
            return self._once_more(step, cards, reading, text)
        for card in [card for card in cards if card not in known]:
            step = opened(step, self.session, card, text)
        several = SEVERAL.search(text) and not step[0].held
        return self._also(step, reading) if several else step

    def _once_more(self, step: Step, cards: tuple[str, ...], reading: Reading, text: str) -> Step:
        """Read out what open cards say; instead show what is nearest if that does not answer the turn."""
        again = step
        for card in cards:
            again = opened(again, self.session, card, text)
        if "on_card" in again[0].last_pools:
            return again
        new = [card for card in reading.also if card not in step[0].opened]
        if not new or self.session.mode == "coach":
            return beside(again, self.session, reading.near[:1])
        return opened(say(step, self.session, "nearest"), self.session, new[0], text)

    def _is_for_visitors(self, state: State, reading: Reading, text: str) -> bool:
        """Return True if a turn is for who has joined the interview, and not for the interviewer."""
        told = Act.STAKEHOLDER in reading.acts or WHICH_GOAL.search(text)
        return state.phase == Phase.TEAM or bool(state.phase in VISITORS and told)

    def _for_product(self, state: State, reading: Reading, text: str) -> str | None:
        """Return the kind of choice that a turn leaves to product, once the goal's card was seen."""
        told = Act.STAKEHOLDER in reading.acts and "goal" in state.opened
        return offered_choice(text) if told else None

    def _also(self, step: Step, reading: Reading) -> Step:
        """Show what was probably asked for, too, in a turn that names several things."""
        for card in reading.also:
            if card not in step[0].opened:
                step = opened(step, self.session, card)
        return step

    def reply(self, step: Step, reading: Reading, text: str) -> Step | None:
        """Reply to a turn that opens no card; None if it is time for the next phase."""
        doubts = Act.CHALLENGE in reading.acts and not (reading.suspect or reading.proposed)
        told = Act.STAKEHOLDER in reading.acts or any(
            role in (Role.MESSAGE, Role.SAFEGUARD) for role, _ in reading.roles
        )
        if doubts and not told and case_figures.is_doubt(text) and not answers_itself(text):
            return speak(step, case_figures.answer(self.session, text))
        addressed = Act.STAKEHOLDER in reading.acts or FOR_TEAM.search(text)
        wants = asks(reading, text) and not (addressed or only_wonders(reading))
        if wants and (unsure := unclear(step, self.session, reading, text)):
            return unsure
        if overdue(self.session, step[0]):
            return None
        if asks_back(reading, text):
            return handed_back(step, self.session, text)
        step = self._refuted(step, reading)
        reaction = react(self._turn(step, reading, text))
        if reaction is None:
            return self._go_on(step)
        if ends_asking(text) and reaction.comment and not addressed:
            reaction = replace(reaction, question="asked_back", subject="")
        return self._reacted(step, reading, reaction, text)

    def acknowledged(self, step: Step) -> Step:
        """Take up the candidate's words, but no question, before the interview goes on to something else."""
        quote = step[0].heard[-1].main_words
        return self._answer(step, Reaction("taken_last", quote=quote), "") if quote else step

    def _comment(self, step: Step, reading: Reading, text: str) -> Reaction | None:
        """Return the comment to a claim in a turn that also asks for data."""
        reaction = react(self._turn(step, reading, text))
        says_something = reaction and reaction.comment in ("right", "symptom", "against", "taken")
        return replace(reaction, question=None) if reaction and says_something else None

    def _reacted(self, step: Step, reading: Reading, reaction: Reaction, text: str) -> Step:
        state, out = step
        if reaction.doubts:
            state = replace(state, doubt=Doubt(reaction.doubts, state.t))
        searching = state.phase in SEARCH
        if searching and (reaction.solved or (reading.proposed and reaction.comment != "early")):
            state = state.enter(Phase.PROPOSE)
        if searching and reaction.question == "fix":
            state = state.enter(Phase.PROPOSE)
        if reaction.question in OPEN_ENDED and (gap := self._gap((state, out))):
            return self._turned((state, out), replace(reaction, subject=""), gap)
        if reaction.question == "more":
            reaction = replace(reaction, question=self._turn(step, reading, text).on_plan)
        return self._answer((state, out), reaction, text)

    def _go_on(self, step: Step) -> Step | None:
        """Go on from a turn whose words call for nothing in particular."""
        state, _ = step
        proposing = state.phase == Phase.PROPOSE
        enough = proposing and state.turns >= MIN_PROPOSAL_TURNS
        if enough and self.follow_ups.spent(step):
            return None
        if ends_asking(state.last_turn):
            return handed_back(step, self.session, asked(state.last_turn))
        quote = state.heard[-1].main_words
        taken = Reaction("taken" if quote else "plain", quote=quote)
        idle = proposing and not questions(state.last_turn)
        if idle and (own := self.follow_ups.about_own_number(self._answer(step, taken, ""))):
            return own
        if gap := self._gap(step):
            return self._turned(step, taken, gap)
        if enough and not self.follow_ups.due(step):
            return None
        turn = self._turn(step, state.heard[-1], "")
        question = turn.on_plan if turn.onward == "more" else turn.onward
        comment = "plain" if state.heard[-1].is_aside or not quote else "noted"
        return self._answer(step, Reaction(comment, question, quote=quote), "")

    def _gap(self, step: Step) -> tuple[str, str] | None:
        """Return the gap to ask about now; none right after another one: first the candidate goes on.

        Questions about a plan wait for one.
        """
        if step[0].phase == Phase.PROPOSE and not has_plan(step[0]):
            return None
        asked = [e.move for e in step[0].events if e.who == "interviewer" and e.text]
        return None if "probe" in asked[-REST:] else self.follow_ups.due(step)

    def _turned(self, step: Step, reaction: Reaction, gap: tuple[str, str]) -> Step:
        """Say the reaction's comment and that another subject follows, and ask about the gap."""
        turn = "back_to" if gap[0].startswith("MIS-") else "new_subject"
        comment = "taken" if reaction.comment in STAYS else reaction.comment
        turned = replace(reaction, comment=comment, question=turn)
        return self.follow_ups.ask(self._answer(step, turned, ""), *gap)

    def _refuted(self, step: Step, reading: Reading) -> Step:
        """Give the datum against a wrong suspect, a minute after it was named, unless it was dropped."""
        state, out = step
        doubt = state.doubt
        if reading.cause == "right":
            return replace(state, doubt=None), out
        if doubt is None or reading.proposed or state.phase not in SEARCH:
            return step
        if state.t - doubt.t < REFUTED_AFTER_S:
            return step
        if not (figure := case_figures.against(self.session, doubt.suspect)):
            return replace(state, doubt=None), out
        reaction = Reaction("against", quote=doubt.suspect.quote, figure=figure)
        return self._answer((replace(state, doubt=None), out), reaction, "")

    def _turn(self, step: Step, reading: Reading, text: str) -> Turn:
        return Turn(text, reading, step[0], self.session, self.style == Style.SCEPTICAL)

    def _answer(self, step: Step, reaction: Reaction, text: str) -> Step:
        return answer(step, self.session, reaction, self.style, text, self.reword)
