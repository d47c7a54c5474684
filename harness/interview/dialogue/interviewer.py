"""The interviewer: a pure function from (state, input) to (state, moves).

Each turn is read once; then it is decided how to react, and the reaction is worded. The interviewer does
not reveal the cause before the candidate names it or the debrief. Time comes in with each input, the
listener and the scorer are passed in, and wordings depend on the seed, so that the terminal, the notebook,
the page and the tests play the same interview.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from harness.interview.dialogue.addressees import FOR_TEAM, TO_PRODUCT, WANTS_PRODUCT
from harness.interview.dialogue.asking import SHOW, WHICH_GOAL, questions
from harness.interview.dialogue.choice import named_card, picked_card
from harness.interview.dialogue.deeper_questions import FollowUps
from harness.interview.dialogue.discussion import MIN_PROPOSAL_TURNS, Discussion
from harness.interview.dialogue.moves import (
    SEARCH,
    Hint,
    Input,
    Next,
    Opened,
    Phase,
    State,
    Utterance,
)
from harness.interview.dialogue.own_numbers import OwnNumber
from harness.interview.dialogue.pace import elapsed, overdue
from harness.interview.dialogue.probes import Gaps, Reword
from harness.interview.dialogue.progression import (
    MEETINGS,
    TEAM,
    end,
    has_team,
    helped,
    met,
    next_phase,
    product_comes,
    warned,
)
from harness.interview.dialogue.reacting.turn import has_plan
from harness.interview.dialogue.remarks import (
    YES_NO,
    about_the_interview,
    aside_only,
    asks_product,
    finishes,
    is_lost,
    wants_help,
    wants_it_again,
)
from harness.interview.dialogue.showing import GUESSES, handed_back, opened
from harness.interview.dialogue.speech import Step, Style, choose, say, speak
from harness.interview.dialogue.visitors import VISITORS, product_joins, team_joins
from harness.interview.dialogue.wording import (
    meaning,
    question_in,
    reactions,
    unrepeated,
)
from harness.interview.reading import Act, Reading
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.transcript import Event, Transcript

# The end of a plan, whatever else the turn says.
CLOSES = re.compile(
    r"^\W*((so|well|ok\w*)\W+)?((to (close|conclude|sum up)|in summary|summing up)\b|summary\s*[:,.])|"
    r"(?<!if )(?<!n.t think )(?<!not think )(?<!not sure )\b(that.?s|that (was|is)|this (was|is)) "
    r"(it|all|my (plan|answer|proposal))(?=\W*$|[.,;:!])|"
    r"^\W*((so|well|ok\w*)\W+)?(my )?((final( \w+)?|decisions?)\s*:|final \w+\s*,)|"
    r"(?<!when )(?<!once )(?<!if )\bi.?m (done|finished|through)(?=\W*$|[.,;:!])|"
    r"\bthat.?s me\b|[.,;:!]\s*(and )?(done|finish(ed)?)\W*$",
    re.IGNORECASE,
)
# Questions of the interviewer that one word may answer: "Queueing."
ASKS_WHY = re.compile(
    r"\b(why|what makes|behind|explains?|cause|reason|points there)\b", re.IGNORECASE
)
TITLE = 3  # words; a card's title of so many answers no question
SPACES = re.compile(r"(\s\s)\s+")  # a long run of them would keep patterns busy for seconds
LATE = 7  # turns of the candidate, more than half of most interviews


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
            return self._utterance(state, SPACES.sub(r"\1", given.text))
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
            late = elapsed(self.session, state) >= 1
            return self._end(step, "time") if late else self._say(step, "silence")
        state, out = _heard(step[0], reading, text), step[1]
        offered, step = state.offered, (replace(state, offered=()), out)
        if elapsed(self.session, state) >= 1:
            return self._end(step, "time")  # the last sentence still counts
        if state.held:
            step = opened(step, self.session, state.held)
            if reading.cards:  # who goes on asking does not want to guess
                step = replace(step[0], guesses=GUESSES), step[1]
            return self._in_time(
                self.discussion.shown(step, reading, text, commented=False) or step
            )
        if card := picked_card(text, offered) or self._named(state, reading, text):
            return self._in_time(opened(step, self.session, card))
        return self._respond(step, reading, text)

    def _respond(self, step: Step, reading: Reading, text: str) -> Step:
        acts, phase = reading.acts, step[0].phase
        if joined := self._joined(step, text):
            return joined
        if finishes(step[0], text):
            return self._next(step)
        if said := self._beside_the_case(_uncounted(step), reading, text):
            return said
        if shown := self.discussion.shown(step, reading, text):
            return self._in_time(shown)
        if phase == Phase.WRAP:
            asks = questions(text) and step[0].turns == 1
            return handed_back(step, self.session, text) if asks else self._next(step)
        if Act.DONE in acts:
            return self._next(self._say(step, "not_yet"))
        decided = Act.DECIDE in acts and step[0].turns > MIN_PROPOSAL_TURNS
        if phase == Phase.PROPOSE and (decided or CLOSES.search(text)):
            return self._next(self.discussion.acknowledged(step))
        if visitor := VISITORS.get(phase):
            late = step[0].turns > 1 and overdue(self.session, step[0])
            step_on = None if late else visitor(step, self.session, text)
            return step_on or self._next(self.discussion.acknowledged(step))
        reply = self.discussion.reply(step, reading, text)
        return reply or self._next(self.discussion.acknowledged(step))

    def _beside_the_case(self, step: Step, reading: Reading, text: str) -> Step | None:
        """Answer a remark about the interview, a term, or a wish for help; None for other turns."""
        if talk := about_the_interview(reading, text):
            kind, wordings = f"small_talk.{talk[0]}", talk[1]
            minutes = {"minutes": f"{self.session.minutes:g}"}
            return self._in_time(choose(step, self.session, kind, wordings, minutes))
        on_case = WHICH_GOAL.search(text) or reading.cards or reading.suspect
        if explained := meaning(text, sure=bool(on_case)):
            return self._in_time(speak(step, explained))
        if step[0].phase in SEARCH and asks_product(text):
            return self._in_time(
                speak(step, self.session.filled(self.session.scenario.product.premise))
            )
        if wants_help(reading, text):
            return self._help(step)
        if is_lost(reading, text):
            return self._lost(step)
        if wants_it_again(reading, text):
            return self._repeated(step)
        answers = step[0].phase in VISITORS and YES_NO.search(text)
        if not answers and (remark := aside_only(reading, text)):
            return choose(step, self.session, f"aside.{remark[0]}", remark[1])
        return None

    def _named(self, state: State, reading: Reading, text: str) -> str | None:
        """Return the card whose name is all that was said, unless it answers the interviewer's question."""
        looking = state.phase in SEARCH and not ASKS_WHY.search(state.last_question)
        named = looking or SHOW.search(text) or len(text.split()) >= TITLE
        return named_card(text, self.session.cards) if named and not reading.cards else None

    def _joined(self, step: Step, text: str) -> Step | None:
        """Let the product manager or the engineers join if a turn is meant for them, and there is a plan.

        Late in the interview there need not be one that has a name.
        """
        state, phase = step[0], step[0].phase
        late = len(state.heard) > LATE
        if not (has_plan(state) or late) or phase in (Phase.TEAM, Phase.WRAP):
            return None
        team = has_team(self.session) and not met(state, TEAM)
        if team and FOR_TEAM.search(text) and (late or phase not in SEARCH):
            return team_joins(step, self.session)
        if met(state, MEETINGS):
            return None
        if WANTS_PRODUCT.search(text):
            return product_comes(step, self.session)
        if TO_PRODUCT.search(text):
            return product_joins(step, self.session, text, now=True)
        return None

    @cached_property
    def discussion(self) -> Discussion:
        """Return the part of the interviewer that talks about the case."""
        return Discussion(self.session, self.follow_ups, self.style, self.reword)

    @cached_property
    def follow_ups(self) -> FollowUps:
        """Return the part of the interviewer that asks about gaps."""
        return FollowUps(self.session, self.gaps, self.own, self.reword)

    def _repeated(self, step: Step) -> Step:
        asked = question_in(unrepeated(step[0].last_question)) or self.session.scenario.setting
        return choose(step, self.session, "repeated", reactions().repeated, {"question": asked})

    # Help.

    def _lost(self, step: Step) -> Step:
        """React to "I don't know", more helpfully each consecutive time, then leave the subject."""
        lost, late = step[0].lost, "" if step[0].phase in SEARCH else "_later"
        if lost == 1:
            return self._say(step, f"nudge{late}")
        if lost == 2:
            coach = self.session.mode == "coach"
            return self._help(step) if coach else self._say(step, f"narrower{late}")
        step = self._say(step, "leave_it")
        gap = self.follow_ups.due(step)
        return self.follow_ups.ask(step, *gap) if gap else self._next(step)

    def _help(self, step: Step) -> Step:
        return helped(step, self.session, lambda: self.follow_ups.due(step))

    # Phases and time.

    def _next(self, step: Step) -> Step:
        return next_phase(step, self.session) or self._end(step, "finished")

    def _in_time(self, step: Step) -> Step:
        """Go on to the next phase if the time of this one is over."""
        return self._next(step) if overdue(self.session, step[0]) and not step[0].held else step

    def _end(self, step: Step, reason: str) -> Step:
        return end(step, self.session, self.own, reason)

    def _say(self, step: Step, pool: str) -> Step:
        return say(step, self.session, pool)


def _uncounted(step: Step) -> Step:
    """Return the state without its last turn in the count of this phase: it answered nothing."""
    return replace(step[0], turns=step[0].turns - 1), step[1]


def _heard(state: State, reading: Reading, text: str) -> State:
    """Return the state with one more turn of the candidate."""
    return replace(
        state,
        heard=(*state.heard, reading),
        events=(*state.events, Event(t=state.t, who="candidate", text=text)),
        turns=state.turns + 1,
        lost=state.lost + 1 if is_lost(reading, text) else 0,
    )
