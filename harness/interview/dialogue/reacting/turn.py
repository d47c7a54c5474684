"""A turn with the interview so far: what was seen, asked, said and proposed before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.interview.dialogue.moves import SEARCH, State
from harness.interview.dialogue.reacting.answered import said
from harness.interview.reading import OFFERS, Reading, Role
from harness.interview.scenario.interview_session import Session

# Cards that describe the service and do not help to diagnose it.
CONTEXT = frozenset({"goal", "users", "constraints", "cost", "quality", "traffic"})
ON_PLAN = ("total", "only_one", "noticed", "unsolved")  # questions about a plan as a whole
MAX_FIX = 2  # times that the first change is asked for
DEPTH = 2  # follow-ups on one remedy or claim
# The question that a sentence of this role answers.
ANSWERS = {
    Role.SAFEGUARD: "risk",
    Role.PRICE: "cost",
    Role.EFFECT: "size",
    Role.MECHANISM: "mechanism",
}


@dataclass(frozen=True)
class Turn:
    """A turn with everything that the decision needs. sceptical: a style that asks for alternatives."""

    text: str
    reading: Reading
    state: State
    session: Session
    sceptical: bool = False

    @property
    def looked(self) -> bool:
        """Return True if the candidate has seen data that help to diagnose, or named the cause."""
        return bool(set(self.state.opened) - CONTEXT) or self.solved

    @property
    def solved(self) -> bool:
        """Return True if the cause was named before this turn."""
        return any(reading.cause == "right" for reading in self.state.heard[:-1])

    def unsaid(self, figure: str) -> str:
        """Return a figure of the case, or "" if the interviewer has said it before."""
        spoken = (e.text for e in self.state.events if e.who == "interviewer" and e.text)
        return "" if any(figure in text for text in spoken) else figure

    @property
    def onward(self) -> str:
        """Return the question that leads on from here: to data, to a first change, or to the next one."""
        if self.state.phase in SEARCH and not self.solved:
            return "next_look"
        asked = sum(key.startswith("question.fix.") for key in self.state.used)
        proposed = any(r.proposed or _plans(r) for r in self.state.heard)
        return "more" if proposed or asked >= MAX_FIX else "fix"

    @property
    def has_plan(self) -> bool:
        """Return True if a remedy was proposed, in this turn or before."""
        return has_plan(self.state)

    @property
    def replies(self) -> bool:
        """Return True if the turn answers the follow-up that was asked last."""
        asked = self.state.depth[-1][1] if self.state.depth else ""
        was_last = any(key.startswith(f"question.{asked}.") for key in self.state.used[-1:])
        return was_last and self.says(asked)

    def open_question(self, subject: str, asked: Sequence[str]) -> str | None:
        """Return the first question about a subject that was neither asked nor answered, within the depth."""
        before = [question for about, question in self.state.depth if about == subject]
        if len(before) >= DEPTH:
            return None
        open_ = (q for q in asked if q not in before and not self.says(q))
        return next((q for q in open_ if not self._said_before(subject, q)), None)

    @property
    def on_plan(self) -> str:
        """Return a question about the whole plan that was neither asked nor answered, or "more"."""
        spoken = self._since_the_plan()
        asked = {key.split(".")[1] for key in self.state.used if key.startswith("question.")}
        open_ = (q for q in ON_PLAN if q not in asked and not any(said(q, text) for text in spoken))
        return next(open_, "more") if self.has_plan else "more"

    def _since_the_plan(self) -> Sequence[str]:
        """Return the candidate's turns from the first proposal on."""
        spoken = self.state.spoken
        first = next((n for n, r in enumerate(self.state.heard) if r.proposed), len(spoken))
        return spoken[first:]

    def offered_before(self, remedy: str) -> bool:
        """Return True if an earlier turn proposed a remedy."""
        return any(r.id == remedy for heard in self.state.heard[:-1] for r in heard.proposed)

    def _said_before(self, subject: str, question: str) -> bool:
        """Return True if an earlier turn that names a remedy answers a question about it."""
        for text, heard in zip(self.state.spoken, self.state.heard[:-1], strict=False):
            names = any(remedy.id == subject for remedy in heard.named)
            if names and replace(self, text=text, reading=heard).says(question):
                return True
        return False

    def says(self, question: str) -> bool:
        """Return True if the turn answers a question already, by its words or by what a sentence is about."""
        answered = {ANSWERS.get(role) for role, _ in self.reading.roles}
        return question in answered or said(question, self.text)


def has_plan(state: State) -> bool:
    """Return True if the candidate has clearly proposed a remedy."""
    return any(remedy.clear for reading in state.heard for remedy in reading.proposed)


def _plans(reading: Reading) -> bool:
    """Return True if a turn proposes something that no remedy has a name for."""
    return not (OFFERS.isdisjoint(reading.acts) or reading.remedies)
