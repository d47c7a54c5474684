"""Follow-ups beyond what the candidate said: gaps, and questions about their own measurements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.interview.dialogue import probes
from harness.interview.dialogue.own_numbers import OwnNumber, worth_asking
from harness.interview.dialogue.probes import Gaps, Reword
from harness.interview.dialogue.speech import Step, speak
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.transcript import Transcript


@dataclass(frozen=True)
class FollowUps:
    """The follow-ups of one session. The fields mean the same as in `Interviewer`."""

    session: Session
    gaps: Gaps
    own: Sequence[OwnNumber]
    reword: Reword | None

    def due(self, step: Step) -> tuple[str, str] | None:
        """Return (target, key of the wording) of the gap to ask about now, or None."""
        return probes.due(self.session, step[0], self.gaps(self._so_far(step)))

    def ask(self, step: Step, target: str, key: str) -> Step:
        """Ask about a gap."""
        state, out = step
        state = replace(state, probed=(*state.probed, target), used=(*state.used, key))
        question = probes.worded(target, key, state, self.reword)
        return speak((state, out), question, "probe", target)

    def spent(self, step: Step) -> bool:
        """Return True if as many gaps were asked about as the time of this phase allows."""
        state, _ = step
        return len(state.probed) >= probes.budget(self.session.minutes, state.phase)

    def about_own_number(self, step: Step) -> Step | None:
        """Ask about one of the candidate's own measurements, if one is due."""
        state, out = step
        number = worth_asking(self.own, state, lambda: self.gaps(self._so_far(step)))
        if number is None:
            return None
        return speak((replace(state, used=(*state.used, number.key)), out), number.asks)

    def _so_far(self, step: Step) -> Transcript:
        return self.session.transcript(step[0].events)
