"""The interviewer: a pure function from (state, input) to (state, moves).

Each turn is read once; then it is decided how to react, and the reaction is worded. The interviewer does
not reveal the cause before the candidate names it or the debrief. Time comes in with each input, the
listener and the scorer are passed in, and wordings depend on the seed, so that the terminal, the notebook,
the page and the tests play the same interview.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from harness.interview.dialogue import case_figures, probes
from harness.interview.dialogue.choice import picked_card
from harness.interview.dialogue.moves import (
    Doubt,
    Hint,
    Input,
    Next,
    Opened,
    Phase,
    State,
    Utterance,
)
from harness.interview.dialogue.own_numbers import OwnNumber, worth_asking
from harness.interview.dialogue.pace import elapsed, overdue
from harness.interview.dialogue.probes import Gaps, Reword
from harness.interview.dialogue.progression import SEARCH, end, helped, next_phase, warned
from harness.interview.dialogue.reactions import Reaction, Turn, react
from harness.interview.dialogue.showing import opened, unclear
from harness.interview.dialogue.speech import Step, Style, answer, choose, say, speak
from harness.interview.dialogue.visitors import engineers, product_manager
from harness.interview.dialogue.wording import aside, question_in, reactions
from harness.interview.reading import Act, Reading
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.transcript import Event, Transcript

MIN_PROPOSAL_TURNS = 3  # turns of proposals before the product manager comes in
VISITORS = {Phase.STAKEHOLDER: product_manager, Phase.TEAM: engineers}
REFUTED_AFTER_S = 60  # a wrong suspect gets the datum against it so long after it was named
OPEN_ENDED = ("more", "next_look")  # questions that a gap in what was said replaces


@dataclass(frozen=True)
class Interviewer:
    """The interviewer of one session.

    read: returns the reading of (turn, the interviewer's words before it). gaps: returns the levels reached
    in a transcript so far. own: the learner's measurements in the labs; the interviewer asks about at most
    one of them, once the candidate has named its idea. reword: puts a follow-up into other words; see
    `probes.Reword`.
    """

    session: Session
    read: Callable[[str, str], Reading]
    gaps: Gaps
    own: tuple[OwnNumber, ...] = ()
    reword: Reword | None = None
    style: Style = Style.FRIENDLY

    def begin(self) -> Step:
        """Return the first state and the moves that ask the question."""
        scenario, filled = self.session.scenario, self.session.filled
        return say(
            (State(phase=Phase.CLARIFY), []),
            self.session,
            "opening",
            setting=filled(scenario.setting),
            premise=filled(scenario.product.premise),
            minutes=f"{self.session.minutes:g}",
        )

    def step(self, state: State, given: Input) -> Step:
        """Return the next state and the interviewer's moves; none once the interview has ended."""
        if state.ended:
            return state, []
        state = replace(state, t=max(state.t, given.t))  # time never goes back
        if elapsed(self.session, state) >= 1 and not isinstance(given, Utterance):
            return self._end((state, []), "time")
        if isinstance(given, Utterance):
            return self._utterance(state, given.text)
        step = warned((state, []), self.session)
        if isinstance(given, Opened):
            return self._in_time(opened(step, self.session, given.card))
        if isinstance(given, Hint):
            return self._help(step)
        return self._next(step) if isinstance(given, Next) else step

    def leave(self, state: State) -> Step:
        """End the interview early, with the debrief."""
        return (state, []) if state.ended else self._end((state, []), "left")

    def transcript(self, state: State) -> Transcript:
        """Return the interview so far, as it is scored."""
        return self.session.transcript(state.events)

    # Utterances.

    def _utterance(self, state: State, text: str) -> Step:
        reading = self.read(text, state.last_said)
        step = warned((state, []), self.session)
        if not reading.acts:
            return self._say(step, "silence")
        state, out = step
        event = Event(t=state.t, who="candidate", text=text)
        lost = state.lost + 1 if Act.DONT_KNOW in reading.acts else 0
        heard, events = (*state.heard, reading), (*state.events, event)
        offered, held = state.offered, state.held
        state = replace(state, heard=heard, events=events, turns=state.turns + 1, lost=lost)
        step = replace(state, offered=()), out
        if elapsed(self.session, state) >= 1:
            return self._end(step, "time")  # the last sentence still counts
        if held:
            step = opened(step, self.session, held)
            return self._in_time(self._shown(step, reading) or step)
        if card := picked_card(text, offered):
            return self._in_time(opened(step, self.session, card))
        return self._respond(step, reading, text)

    def _respond(self, step: Step, reading: Reading, text: str) -> Step:
        acts, phase = reading.acts, step[0].phase
        if Act.HINT in acts:
            return self._help(step)
        if Act.DONT_KNOW in acts:
            return self._lost(step)
        if Act.REPEAT in acts:
            return self._repeated(step)
        if Act.OFF_TOPIC in acts:
            kind, wordings = aside(text)
            return choose(step, self.session, f"aside.{kind}", wordings)
        if shown := self._shown(step, reading, self._comment(step, reading, text)):
            return self._in_time(shown)
        if Act.DONE in acts or phase == Phase.WRAP:
            return self._next(step)
        if visitor := VISITORS.get(phase):
            late = step[0].turns > 1 and overdue(self.session, step[0])
            return (None if late else visitor(step, self.session, text)) or self._next(step)
        return self._talk(step, reading, text)

    def _talk(self, step: Step, reading: Reading, text: str) -> Step:
        """Answer a turn about the case that opens no card."""
        if Act.CHALLENGE in reading.acts and not (reading.suspect or reading.proposed):
            return speak(step, case_figures.answer(self.session, text))
        if Act.ASK in reading.acts and (unsure := self._unclear(step, reading)):
            return unsure
        if overdue(self.session, step[0]):
            return self._next(step)
        step, reaction = self._refuted(step, reading), react(self._turn(step, reading, text))
        if reaction is None:
            return self._go_on(step)
        return self._reacted(step, reading, reaction, text)

    def _reacted(self, step: Step, reading: Reading, reaction: Reaction, text: str) -> Step:
        state, out = step
        if reaction.doubts:
            state = replace(state, doubt=Doubt(reaction.doubts, state.t))
        searching = state.phase in SEARCH
        if searching and (reaction.solved or (reading.proposed and reaction.comment != "early")):
            state = state.enter(Phase.PROPOSE)
        if reaction.question in OPEN_ENDED and (probe := self._due((state, out))):
            step = self._answer((state, out), replace(reaction, question=None), text)
            return self._ask_probe(step, *probe)
        if reaction.question == "next_look" and searching and _solved(state):
            state, reaction = state.enter(Phase.PROPOSE), replace(reaction, question="fix")
        step = self._answer((state, out), reaction, text)
        return step

    def _go_on(self, step: Step) -> Step:
        """Go on from a turn whose words call for nothing in particular."""
        state, _ = step
        enough = state.phase == Phase.PROPOSE and state.turns >= MIN_PROPOSAL_TURNS
        if enough and len(state.probed) >= probes.budget(self.session.minutes, state.phase):
            return self._next(step)
        if state.phase == Phase.PROPOSE and (own := self._own(step)):
            return own
        quote = next((words for _, words in state.heard[-1].quotes), "")
        if probe := self._due(step):
            step = self._answer(step, Reaction("taken", quote=quote), "")
            return self._ask_probe(step, *probe)
        if enough:
            return self._next(step)
        question = "more" if state.phase == Phase.PROPOSE else "next_look"
        return self._answer(step, Reaction("noted", question, quote=quote), "")

    def _comment(self, step: Step, reading: Reading, text: str) -> Reaction | None:
        """Return the comment to a claim in a turn that also asks for data."""
        if not (reading.cards and reading.suspect):
            return None
        reaction = react(self._turn(step, reading, text))
        says_something = reaction and reaction.comment in ("right", "symptom", "against")
        return replace(reaction, question=None) if reaction and says_something else None

    def _turn(self, step: Step, reading: Reading, text: str) -> Turn:
        return Turn(text, reading, step[0], self.session, self.style == Style.SCEPTICAL)

    def _refuted(self, step: Step, reading: Reading) -> Step:
        """Give the datum against a wrong suspect, a minute after it was named, unless it was dropped."""
        state, out = step
        doubt = state.doubt
        if reading.cause == "right":
            return replace(state, doubt=None), out
        if doubt is None or state.t - doubt.t < REFUTED_AFTER_S or state.phase not in SEARCH:
            return step
        figure = case_figures.against(self.session, doubt.suspect)
        reaction = Reaction("against", quote=doubt.suspect.quote, says="it", figure=figure)
        return self._answer((replace(state, doubt=None), out), reaction, "")

    def _unclear(self, step: Step, reading: Reading) -> Step | None:
        rhetorical = reading.proposed or step[0].phase in VISITORS
        return None if rhetorical else unclear(step, self.session, reading)

    def _repeated(self, step: Step) -> Step:
        asked = question_in(step[0].last_question) or self.session.scenario.setting
        return choose(step, self.session, "repeated", reactions().repeated, {"question": asked})

    # Cards.

    def _shown(self, step: Step, reading: Reading, comment: Reaction | None = None) -> Step | None:
        """Show the cards that a turn asks for, after a comment on the rest; None if it asks for none."""
        visited = step[0].phase in VISITORS and Act.STAKEHOLDER in reading.acts
        if not reading.cards or visited or step[0].phase == Phase.TEAM:
            return None
        if comment:
            step = self._answer(step, comment, "")
        for card in reading.cards:
            step = opened(step, self.session, card)
        return step

    # Follow-ups and help.

    def _due(self, step: Step) -> tuple[str, str] | None:
        """Return (target, key of the wording) of the gap to ask about now, or None."""
        state, _ = step
        return probes.due(self.session, state, self.gaps(self.transcript(state)))

    def _ask_probe(self, step: Step, target: str, key: str) -> Step:
        state, out = step
        state = replace(state, probed=(*state.probed, target), used=(*state.used, key))
        question = probes.worded(target, key, state, self.reword)
        return speak((state, out), question, "probe", target)

    def _own(self, step: Step) -> Step | None:
        """Ask about one of the candidate's own measurements, if one is due."""
        state, out = step
        number = worth_asking(self.own, state, lambda: self.gaps(self.transcript(state)))
        if number is None:
            return None
        return speak((replace(state, used=(*state.used, number.key)), out), number.asks)

    def _lost(self, step: Step) -> Step:
        """React to "I don't know", more helpfully each consecutive time, then leave the subject."""
        lost, late = step[0].lost, "" if step[0].phase in SEARCH else "_later"
        if lost == 1:
            return self._say(step, f"nudge{late}")
        if lost == 2:
            coach = self.session.mode == "coach"
            return self._help(step) if coach else self._say(step, f"narrower{late}")
        step = self._say(step, "leave_it")
        return self._ask_probe(step, *probe) if (probe := self._due(step)) else self._next(step)

    def _help(self, step: Step) -> Step:
        return helped(step, self.session, lambda: self._due(step))

    # Phases and time.

    def _next(self, step: Step) -> Step:
        return next_phase(step, self.session) or self._end(step, "finished")

    def _in_time(self, step: Step) -> Step:
        """Go on to the next phase if the time of this one is over."""
        return self._next(step) if overdue(self.session, step[0]) and not step[0].held else step

    def _end(self, step: Step, reason: str) -> Step:
        return end(step, self.session, self.own, reason)

    # Wordings.

    def _say(self, step: Step, pool: str, **values: str) -> Step:
        return say(step, self.session, pool, **values)

    def _answer(self, step: Step, reaction: Reaction, text: str) -> Step:
        return answer(step, self.session, reaction, self.style, text, self.reword)


def _solved(state: State) -> bool:
    return any(reading.cause == "right" for reading in state.heard)
