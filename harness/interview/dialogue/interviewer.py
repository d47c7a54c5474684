"""The interviewer: state and input -> state and moves. It asks, shows, follows up, and gives nothing away.

A pure function: time comes in with each input, gaps and routes are given, wordings depend on the seed. So
the terminal, the notebook, the page and a test play the same interview.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from harness.interview.dialogue import acts, probes
from harness.interview.dialogue.acts import Act
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
from harness.interview.dialogue.pace import overdue, passed, warning
from harness.interview.dialogue.picking import picked
from harness.interview.dialogue.probes import Gaps, Reword
from harness.interview.dialogue.wording import moves, next_one, text_of
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.transcript import Event, Transcript

GUESSES = 2  # cards before which a coach asks for a guess: more is a nuisance
PROPOSALS = 3  # turns of proposals, at least, before the product manager comes in
PLEADINGS = 3  # turns with the product manager: the news, their objection, one follow-up
CONTEXT = frozenset({"goal", "users", "constraints", "cost", "quality", "traffic"})  # no diagnosis

Step = tuple[State, list[Move]]


@dataclass(frozen=True)
class Interviewer:
    """Plays one session. route: a question -> a card; gaps: what is missing in a transcript so far.

    own: what the learner has measured in the labs; asked about once, when its idea is on the table.
    reword: (target, question, what the candidate said last) -> the question as it is asked.
    """

    session: Session
    route: Callable[[str], Intent]
    gaps: Gaps
    own: tuple[OwnNumber, ...] = ()
    reword: Reword | None = None

    def begin(self) -> Step:
        """The question, and the state before anything was answered."""
        scenario, filled = self.session.scenario, self.session.filled
        return self._say(
            (State(phase=Phase.CLARIFY), []),
            "opening",
            setting=filled(scenario.setting),
            premise=filled(scenario.product.premise),
            minutes=f"{self.session.minutes:g}",
        )

    def step(self, state: State, given: Input) -> Step:
        """What the interviewer does about it. After the end nothing happens any more."""
        if state.ended:
            return state, []
        state = replace(state, t=max(state.t, given.t))  # a clock that runs back stands still
        if passed(self.session, state) >= 1 and not isinstance(given, Utterance):
            return self._end((state, []), "time")
        step = self._warned((state, []))
        if isinstance(given, Utterance):
            return self._heard(step, given.text)
        if isinstance(given, Opened):
            return self._in_time(self._opened(step, given.card))
        if isinstance(given, Hint):
            return self._help(step)
        return self._next(step) if isinstance(given, Next) else step

    def transcript(self, state: State) -> Transcript:
        """The interview so far, as it is scored."""
        return self.session.transcript(state.events)

    # What was said.

    def _heard(self, step: Step, text: str) -> Step:
        said = acts.act(text)
        if said == Act.NOTHING:
            return self._say(step, "silence")
        state, out = step
        event = Event(t=state.t, who="candidate", text=text)
        state = replace(state, events=(*state.events, event), turns=state.turns + 1)
        if passed(self.session, state) >= 1:
            return self._end((state, out), "time")  # the last sentence still counts
        if card := state.held or picked(text, state.offered):
            return self._in_time(self._opened((replace(state, offered=()), out), card))
        lost = state.lost + 1 if said == Act.GIVE_UP else 0
        return self._acted((replace(state, offered=(), lost=lost), out), said, text)

    def _acted(self, step: Step, said: Act, text: str) -> Step:
        phase = step[0].phase
        if said == Act.GIVE_UP:
            return self._lost(step)
        if said == Act.HELP:
            return self._help(step)
        if said == Act.DONE or phase == Phase.WRAP:
            return self._next(step)
        if phase == Phase.STAKEHOLDER:
            return self._pleaded(step)
        if said == Act.ASK and (answered := self._answered(step, text)):
            return self._in_time(answered)
        if overdue(self.session, step[0]):
            return self._next(step)
        return self._proposed(step) if phase == Phase.PROPOSE else self._claimed(step, text)

    def _answered(self, step: Step, text: str) -> Step | None:
        """Each question of the turn; None where nothing in it asks for data."""
        shown = False
        for question in acts.questions(text):
            routed = self.route(question)
            proposing = step[0].phase == Phase.PROPOSE
            rhetorical = not question.endswith("?") or proposing
            vague = (Kind.OUTSIDE, Kind.CAUSE, *((Kind.UNSURE,) if proposing else ()))
            if rhetorical and routed.kind in vague:
                continue  # "could we cache it?" is a proposal, "I would ask product" a plan
            if shown and routed.kind != Kind.CARD:
                continue  # one thing to puzzle about at a time
            step, shown = self._routed(step, routed), True
        return step if shown else None

    def _routed(self, step: Step, routed: Intent) -> Step:
        if routed.kind == Kind.CARD:
            return self._opened(step, routed.cards[0])
        step = self._say(step, str(routed.kind))
        if routed.kind != Kind.UNSURE:
            return step
        state, out = step
        return replace(state, offered=routed.cards), [*out, Offer(routed.cards)]

    def _claimed(self, step: Step, text: str) -> Step:
        """A statement while the cause is being looked for."""
        state, _ = step
        if acts.proposes(text):
            if not set(state.opened) - CONTEXT:
                return self._say(step, "early")
            return self._proposed((state.enter(Phase.PROPOSE), []))
        if acts.act(text) == Act.BLAME and "challenge" not in state.last_pools:
            return self._say(step, "challenge")  # right or wrong, so that it tells nothing
        return self._probe(step) or self._say(step, "listen")

    def _proposed(self, step: Step) -> Step:
        state, _ = step
        if self._enough(state):
            return self._next(step)
        return (
            self._own(step)
            or self._probe(step)
            or (self._next(step) if state.turns >= PROPOSALS else self._say(step, "listen"))
        )

    def _enough(self, state: State) -> bool:
        asked = len(state.probed) >= probes.budget(self.session.minutes, state.phase)
        return asked and state.turns >= PROPOSALS

    def _pleaded(self, step: Step) -> Step:
        state, _ = step
        if state.turns == 1:
            pushback = self.session.filled(self.session.scenario.product.pushback)
            return self._say(step, "pushback", pushback=pushback)
        more = state.turns <= PLEADINGS and not overdue(self.session, state)
        return (self._probe(step) if more else None) or self._next(step)

    # Cards.

    def _opened(self, step: Step, card: str) -> Step:
        state, out = step
        if card not in self.session.cards:
            return self._say(step, "no_card")
        if card in state.opened:
            again = self._say(step, "again")
            return again[0], [*again[1], Show(card)]
        guess = self.session.mode == "coach" and card not in CONTEXT and state.guesses < GUESSES
        if guess and not state.held:
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
        found = probes.due(self.session, state, self.gaps(self.transcript(state)))
        if found is None:
            return None
        target, key = found
        state = replace(state, probed=(*state.probed, target), used=(*state.used, key))
        asks = probes.worded(target, key, state, self.reword)
        return self._speak((state, out), asks, "probe", target)

    def _own(self, step: Step) -> Step | None:
        """A question about a measurement of the candidate's own."""
        state, out = step
        one = worth_asking(self.own, state, lambda: self.gaps(self.transcript(state)))
        return one and self._speak((replace(state, used=(*state.used, one.key)), out), one.asks)

    def _lost(self, step: Step) -> Step:
        lost = step[0].lost
        if lost == 1:
            return self._say(step, "nudge")
        if lost == 2:
            return self._help(step) if self.session.mode == "coach" else self._say(step, "narrower")
        step = self._say(step, "leave_it")
        return self._probe(step) or self._next(step)

    def _help(self, step: Step) -> Step:
        """A hint in coach mode: about the last follow-up, else about the search; an exam has none."""
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
        """The next phase, and the question it begins with."""
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
        """On to the next phase, where this one has had its time."""
        return self._next(step) if overdue(self.session, step[0]) and not step[0].held else step

    def _warned(self, step: Step) -> Step:
        """A warning of the clock, before anything else is said."""
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

    # Words.

    def _say(self, step: Step, pool: str, **filling: str) -> Step:
        state, out = step
        wordings = moves()[pool]
        key = next_one(pool, wordings, state.used, self.session.seed or 0)
        text = text_of(key, wordings).format(**filling) if filling else text_of(key, wordings)
        return self._speak((replace(state, used=(*state.used, key)), out), text)

    def _speak(
        self, step: Step, text: str, move: str | None = None, target: str | None = None
    ) -> Step:
        state, out = step
        event = Event(t=state.t, who="interviewer", text=text, move=move, target=target)
        return replace(state, events=(*state.events, event)), [*out, Say(text, move, target)]
