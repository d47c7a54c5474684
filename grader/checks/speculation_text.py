"""The check of lab 05 on the whole loop: the text of greedy decoding, in as few steps as the draft allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from grader.checks.speculation_model import END, TOKENS, SimulatedModel, draft_of, outcome
from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import CheckFailed, Exercise, check
from grader.exercise.randomness import asked, fresh_rng, fresh_seed

SPECULATIVE = Exercise("05", 8, "speculative")

Draft = Callable[[list[int]], list[int]]
Loop = Callable[[SimulatedModel, Draft, int, int], list[int]]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to write: tokens of the prompt, of the answer before its end, and at most asked for.

    plan: (length, right) of the draft at each place of the text, in turn.
    """

    prompt: int
    answer: int
    most: int
    plan: tuple[tuple[int, int], ...]


@dataclass
class ScriptedDraft:
    """A draft that is right as far as planned, and objects to other tokens than those of the text."""

    model: SimulatedModel
    plan: Sequence[tuple[int, int]]

    def __call__(self, tokens: Sequence[int]) -> list[int]:
        model, known = self.model, self.model.known
        wanted = model.given[:known]
        if not isinstance(tokens, list | tuple) or list(tokens) != wanted:
            model.refuse(
                f"draft(tokens), with all {known} tokens so far, the last of them {wanted[-1]}",
                f"{len(tokens)} tokens, the last of them {tokens[-1]!r:.20}"
                if isinstance(tokens, list | tuple) and tokens
                else f"{tokens!r:.40}",
                _look_at_given(tokens, wanted, model.seen),
            )
        model.unfinished("draft")
        return self.at(known)

    def at(self, place: int) -> list[int]:
        """Return the draft of the text from `place` on."""
        length, right = self.plan[place % len(self.plan)]
        return draft_of(self.model.given, place, length, right)

    def steps(self, place: int, until: int) -> int:
        """Return the steps that write the text up to `until` if all before `place` is known."""
        steps = 0
        while place < until:
            length, right = self.plan[place % len(self.plan)]
            place, steps = place + min(length, right) + 1, steps + 1
        return steps


def _look_at_given(tokens: object, wanted: list[int], seen: list[int]) -> str:
    given = list(tokens) if isinstance(tokens, list | tuple) else []
    if given == wanted[:-1]:
        return "what the draft is given: the token written last, too, which has not been read"
    if given and given == wanted[-len(given) :]:
        return "what the draft is given: the prompt, too, which model.seen holds"
    if len(seen) >= len(wanted):
        return "model.seen when you draft: keep() must have dropped the rejected tokens before"
    if given[:-1] == wanted[: len(given) - 1]:
        return "what you write: the tokens that verify() returns, never the draft itself"
    return "what the draft is given: the tokens read, model.seen, and the token written last"


@check
def speculative(function: Loop) -> None:
    """Check the text, where it ends, and that each step checks a draft of all the tokens so far."""
    limits, rng = CallLimits(SPECULATIVE), fresh_rng()
    for case, tried in asked(lambda case: _written(limits, function, case), _answers(rng)):
        _judge_text(*tried, case)
    SPECULATIVE.passed("The large model's own text, in fewer of its steps, whoever drafts.")


def _answers(rng: Random) -> list[Answer]:
    """Return answers that end and are cut off at every place of a step, the telling ones first."""
    half, right, wrong, none = ((4, 2),), ((4, 4),), ((3, 0),), ((0, 0),)
    ends = [Answer(6, n, 40, plan) for plan in (half, right) for n in (12, 11, 10, 9, 8, 1, 0)]
    cut = [Answer(5, 30, most, plan) for plan in (half, right) for most in (9, 10, 11, 12, 1, 2)]
    # the end comes in the last step, behind what is asked for
    behind = [Answer(5, most + 1, most, right) for most in (9, 8, 7)]
    plain = [Answer(4, 7, 40, wrong), Answer(4, 7, 40, none), Answer(4, 7, 5, none)]
    drawn = [
        Answer(rng.randint(3, 8), rng.randint(0, 20), rng.randint(1, 20), _plan(rng))
        for _ in range(12)
    ]
    return [*ends, *cut, *behind, *plain, *drawn]


def _plan(rng: Random) -> tuple[tuple[int, int], ...]:
    lengths = [rng.randint(0, 4) for _ in range(7)]
    return tuple((length, rng.randint(0, length)) for length in lengths)


def _written(limits: CallLimits, function: Loop, case: Answer) -> tuple:
    """Return (model, draft, what the function returned or the CheckFailed) of one answer."""
    ends = case.prompt + case.answer
    model = SimulatedModel(SPECULATIVE, fresh_seed(), ends_at=ends)
    # beyond the end, as drafts and their checks read on
    text = model.text(Random(model.seed).sample(TOKENS, case.prompt), ends + case.most + 12)
    model.start(text[: case.prompt], text, case.most)
    draft = ScriptedDraft(model, case.plan)
    return model, draft, outcome(limits, function, model, draft, text[case.prompt], case.most)


def _judge_text(model: SimulatedModel, draft: ScriptedDraft, got: object, case: Answer) -> None:
    if isinstance(got, CheckFailed):
        raise got
    n, end = case.prompt, case.prompt + case.answer
    wanted = model.given[n : min(end, n + case.most)]
    tokens = list(SPECULATIVE.returned(got, Sequence, "a list of tokens"))
    where = f"for an answer of {case.answer} tokens, most {case.most}"
    SPECULATIVE.expect(tokens, wanted, where, _look_at_text, wanted, case)
    # the end itself has to be written, too, unless the answer is cut off before it
    steps = draft.steps(n + 1, min(end + 1, n + case.most))
    if model.passes > steps:
        look = "each step: draft(tokens), then one step of the model verifies all that was drafted"
        SPECULATIVE.fail(f"{steps} steps of the model {where}", f"{model.passes}", look)


def _look_at_text(got: list[int], wanted: list[int], case: Answer) -> str:
    if END in got:
        return "the end: model.end is not part of the answer, and nothing after it is"
    if got[: len(wanted)] == wanted:
        return "the length: the last step may write more than is left, so cut at `most`"
    if got == wanted[1:]:
        return "the first token: `token` is the answer's first, and it is not written yet"
    if got == wanted[: len(got)]:
        return "when your loop ends: at model.end or at `most` tokens, and not before"
    return "what you write: verify() returns it, and the next step begins with the last of it"
