"""The interviewer: a pure function from (state, input) to (state, moves).

It asks, shows cards and follows up, and does not reveal the cause before the debrief. Time comes in with each
input, the intent classifier and the scorer are passed in, and wordings depend on the seed. So the terminal,
the notebook, the web page and the tests play the same interview.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from harness.interview.dialogue import acts, probes
from harness.interview.dialogue.acts import Act, picked_card
from harness.interview.dialogue.debrief import debrief
from harness.interview.dialogue.intent import Intent, Kind
from harness.interview.dialogue.moves import (
    End,
    Hint,
    Input,
    Move,
    Next,
    Offer,
    Opened,
    Phase,
    Say,
    Show,
    State,
    Utterance,
)
from harness.interview.dialogue.own_numbers import OwnNumber, worth_asking
from harness.interview.dialogue.pace import elapsed, overdue, warning
from harness.interview.dialogue.probes import Gaps, Reword
from harness.interview.dialogue.wording import least_used, moves, text_of
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.transcript import Event, Transcript

GUESSES = 2  # for so many cards a coach first asks what they will show; more is a nuisance
MIN_PROPOSAL_TURNS = 3  # turns of proposals before the product manager comes in
MAX_STAKEHOLDER_TURNS = 3  # answers to the news, the objection and one follow-up
# Cards that describe the service and do not help to diagnose it.
CONTEXT = frozenset({"goal", "users", "constraints", "cost", "quality", "traffic"})

Step = tuple[State, list[Move]]  # a state, and the moves made so far in answer to one input


@dataclass(frozen=True)
class Interviewer:
    """The interviewer of one session.

    route: returns the intent of a question. gaps: returns the levels reached in a transcript so far.
    own: the learner's measurements in the labs; the interviewer asks about at most one of them, once the
    candidate has named its idea.
    reword: puts a follow-up into other words; see `probes.Reword`.
    """

    session: Session
    route: Callable[[str], Intent]
    gaps: Gaps
    own: tuple[OwnNumber, ...] = ()
    reword: Reword | None = None

    def begin(self) -> Step:
        """Return the first state and the moves that ask the question."""
        scenario, filled = self.session.scenario, self.session.filled
        return self._say(
            (State(phase=Phase.CLARIFY), []),
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
        step = self._warned((state, []))
        if isinstance(given, Utterance):
            return self._utterance(step, given.text)
        if isinstance(given, Opened):
            return self._in_time(self._opened(step, given.card))
        if isinstance(given, Hint):
            return self._help(step)
        return self._next(step) if isinstance(given, Next) else step

    def transcript(self, state: State) -> Transcript:
        """Return the interview so far, as it is scored."""
        return self.session.transcript(state.events)

    # Utterances.

    def _utterance(self, step: Step, text: str) -> Step:
        act = acts.act_of(text)
        if act == Act.NOTHING:
            return self._say(step, "silence")
        state, out = step
        event = Event(t=state.t, who="candidate", text=text)
        state = replace(state, events=(*state.events, event), turns=state.turns + 1)
        if elapsed(self.session, state) >= 1:
            return self._end((state, out), "time")  # the last sentence still counts
        if card := state.held or picked_card(text, state.offered):
            return self._in_time(self._opened((replace(state, offered=()), out), card))
        lost = state.lost + 1 if act == Act.GIVE_UP else 0
        return self._respond((replace(state, offered=(), lost=lost), out), act, text)

    def _respond(self, step: Step, act: Act, text: str) -> Step:
        phase = step[0].phase
        if act == Act.GIVE_UP:
            return self._lost(step)
        if act == Act.HELP:
            return self._help(step)
        if act == Act.DONE or phase == Phase.WRAP:
            return self._next(step)
        if phase == Phase.STAKEHOLDER:
            return self._stakeholder_turn(step)
        if act == Act.ASK and (answered := self._answer(step, text)):
            return self._in_time(answered)
        if overdue(self.session, step[0]):
            return self._next(step)
        return self._proposal(step) if phase == Phase.PROPOSE else self._claim(step, text)

    def _answer(self, step: Step, text: str) -> Step | None:
        """Answer each question of the turn; return None if none of them asks for data."""
        responded = False
        for question in acts.questions(text):
            intent = self.route(question)
            proposing = step[0].phase == Phase.PROPOSE
            rhetorical = not question.endswith("?") or proposing
            vague = (Kind.OUTSIDE, Kind.CAUSE, *((Kind.UNSURE,) if proposing else ()))
            if rhetorical and intent.kind in vague:
                continue  # "could we cache it?" is a proposal, "I would ask product" a plan
            if responded and intent.kind != Kind.CARD:
                continue  # at most one refusal or offer per turn
            step, responded = self._answer_intent(step, intent), True
        return step if responded else None

    def _answer_intent(self, step: Step, intent: Intent) -> Step:
        if intent.kind == Kind.CARD:
            return self._opened(step, intent.cards[0])
        step = self._say(step, str(intent.kind))
        if intent.kind != Kind.UNSURE:
            return step
        state, out = step
        return replace(state, offered=intent.cards), [*out, Offer(intent.cards)]

    def _claim(self, step: Step, text: str) -> Step:
        """React to a statement before the proposals."""
        state, _ = step
        if acts.proposes(text):
            if not set(state.opened) - CONTEXT:
                return self._say(step, "early")
            return self._proposal((state.enter(Phase.PROPOSE), []))
        if acts.act_of(text) == Act.BLAME and "challenge" not in state.last_pools:
            return self._say(step, "challenge")  # also if right, so that it reveals nothing
        return self._probe(step) or self._say(step, "listen")

    def _proposal(self, step: Step) -> Step:
        state, _ = step
        enough = state.turns >= MIN_PROPOSAL_TURNS
        if enough and len(state.probed) >= probes.budget(self.session.minutes, state.phase):
            return self._next(step)
        return (
            self._own(step)
            or self._probe(step)
            or (self._next(step) if enough else self._say(step, "listen"))
        )

    def _stakeholder_turn(self, step: Step) -> Step:
        state, _ = step
        if state.turns == 1:
            pushback = self.session.filled(self.session.scenario.product.pushback)
            return self._say(step, "pushback", pushback=pushback)
        more = state.turns <= MAX_STAKEHOLDER_TURNS and not overdue(self.session, state)
        return (self._probe(step) if more else None) or self._next(step)

    # Cards.

    def _opened(self, step: Step, card: str) -> Step:
        """Show a card; a coach holds the first ones back until the candidate has guessed what they show."""
        state, out = step
        if card not in self.session.cards:
            return self._say(step, "no_card")
        if card in state.opened:
            state, out = self._say(step, "again")
            return state, [*out, Show(card)]
        coach = self.session.mode == "coach"
        if coach and card not in CONTEXT and state.guesses < GUESSES and not state.held:
            held = replace(state, held=card, guesses=state.guesses + 1)
            return self._say((held, out), "expect")
        return self._show((replace(state, held=None), out), card)

    def _show(self, step: Step, card: str) -> Step:
        if "card" not in step[0].last_pools:
            step = self._say(step, "card")
        state, out = step
        event = Event(t=state.t, who="candidate", open_card=card)
        phase = state.phase
        if phase == Phase.CLARIFY and card not in CONTEXT:
            phase = Phase.DIAGNOSE
        return replace(state, events=(*state.events, event), phase=phase), [*out, Show(card)]

    # Follow-ups and help.

    def _probe(self, step: Step) -> Step | None:
        state, out = step
        due = probes.due(self.session, state, self.gaps(self.transcript(state)))
        if due is None:
            return None
        target, key = due
        state = replace(state, probed=(*state.probed, target), used=(*state.used, key))
        question = probes.worded(target, key, state, self.reword)
        return self._speak((state, out), question, "probe", target)

    def _own(self, step: Step) -> Step | None:
        """Ask about one of the candidate's own measurements, if one is due."""
        state, out = step
        number = worth_asking(self.own, state, lambda: self.gaps(self.transcript(state)))
        if number is None:
            return None
        return self._speak((replace(state, used=(*state.used, number.key)), out), number.asks)

    def _lost(self, step: Step) -> Step:
        """React to "I don't know", more helpfully each consecutive time, then leave the subject."""
        lost = step[0].lost
        if lost == 1:
            return self._say(step, "nudge")
        if lost == 2:
            return self._help(step) if self.session.mode == "coach" else self._say(step, "narrower")
        step = self._say(step, "leave_it")
        return self._probe(step) or self._next(step)

    def _help(self, step: Step) -> Step:
        """Give a hint, in coach mode only: about the search at first, then about the last follow-up."""
        state, out = step
        if self.session.mode != "coach":
            return self._say(step, "no_hints")
        target = next((e.target for e in reversed(state.events) if e.move), None)
        if state.phase in (Phase.CLARIFY, Phase.DIAGNOSE):
            if state.hints >= len(self.session.scenario.hints):
                return self._say(step, "no_more_hints")
            text = self.session.filled(self.session.scenario.hints[state.hints])
            return self._speak((replace(state, hints=state.hints + 1), out), text, "hint")
        if target is None:
            return self._say(step, "no_more_hints")
        text, move = probes.help_with(target, state)
        if text in (e.text for e in state.events):
            return self._say(step, "no_more_hints")
        return self._speak(step, text, move, target)

    # Phases and time.

    def _next(self, step: Step) -> Step:
        """Enter the next phase and ask its first question."""
        state, out = step
        if state.phase in (Phase.CLARIFY, Phase.DIAGNOSE):
            return self._say((state.enter(Phase.PROPOSE), out), "to_propose")
        if state.phase == Phase.PROPOSE:
            late = state.twisted or overdue(self.session, state)
            if not late and self.session.level != "mid":
                twist = self.session.filled(self.session.scenario.twist)
                return self._say((replace(state, twisted=True), out), "twist", twist=twist)
            return self._say((state.enter(Phase.STAKEHOLDER), out), "to_stakeholder")
        if state.phase == Phase.STAKEHOLDER:
            return self._say((state.enter(Phase.WRAP), out), "to_wrap")
        return self._end(step, "finished")

    def _in_time(self, step: Step) -> Step:
        """Go on to the next phase if the time of this one is over."""
        return self._next(step) if overdue(self.session, step[0]) and not step[0].held else step

    def _warned(self, step: Step) -> Step:
        """Give a time warning if one is due."""
        state, out = step
        if (due := warning(self.session, state)) is None:
            return step
        return self._say((replace(state, warned=due[0]), out), due[1])

    def _end(self, step: Step, reason: str) -> Step:
        step = self._say(step, "finished" if reason == "finished" else "time_up")
        state, out = step
        state = replace(state.enter(Phase.DEBRIEF), ended=reason)
        for paragraph in debrief(self.session, state.opened, self.own):
            state, out = self._speak((state, out), paragraph)
        return state, [*out, End(reason)]

    # Wordings.

    def _say(self, step: Step, pool: str, **filling: str) -> Step:
        """Say a wording from a pool of equivalent ones (a key of `moves.yaml`), with `filling` filled in."""
        state, out = step
        wordings = moves()[pool]
        key = least_used(pool, wordings, state.used, self.session.seed or 0)
        text = text_of(key, wordings).format(**filling) if filling else text_of(key, wordings)
        return self._speak((replace(state, used=(*state.used, key)), out), text)

    def _speak(
        self, step: Step, text: str, move: str | None = None, target: str | None = None
    ) -> Step:
        state, out = step
        event = Event(t=state.t, who="interviewer", text=text, move=move, target=target)
        return replace(state, events=(*state.events, event)), [*out, Say(text, move, target)]
