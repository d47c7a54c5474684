"""The draft chosen for each target model, its computed speed-up, and the race of all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from harness.labs.speculation.drafting import Context, Loop, Race, Tally, decode, race
from harness.labs.speculation.speedups_picture import Speedup
from harness.models.engines.drafts import Draft

Pairing = tuple[str, str]  # names of a target model and of a draft
Formula = Callable[[float, int, float, Mapping[int, float]], float]  # of (tau, g, c, v)


@dataclass(frozen=True, slots=True)
class Plan:
    """A draft of at most `length` tokens a step, its computed speed-up and, if there is one, the guess."""

    draft: Draft
    length: int
    computed: float
    guessed: float | None = None


def counted(
    loop: Loop,
    context: Context,
    prompts: Sequence[Sequence[int]],
    draft: Draft,
    small: Context | None = None,
) -> Tally:
    """Return how many tokens of each draft are kept in the answers to the prompts; nothing is timed.

    small: the context of a draft model, which reads the prompts, too.
    """
    tally = Tally(draft)
    for prompt in prompts:
        decode(context, prompt, loop, tally, small)
    return tally


def step_by_step(tally: Tally, c: float, v: Mapping[int, float], formula: Formula) -> float:
    """Return the speed-up that the formula gives for the counted steps, each with its own draft.

    c, v: the cost of a drafted token and of checking n tokens, in plain steps. A lookup that finds nothing
    drafts nothing, so a step may be shorter than planned.
    """
    step_times = [1 / formula(1, n, c, v) for n in tally.drafted]
    return tally.tokens_a_step / fmean(step_times)


def race_plans(
    loop: Loop,
    targets: Mapping[str, Context],
    prompts: Sequence[Sequence[int]],
    plans: Mapping[Pairing, Plan],
    small: Context | None = None,
) -> dict[str, Race]:
    """Race the planned drafts of each target against each other and against plain decoding, in turn."""
    return {
        kind: race(loop, context, prompts, _drafts(kind, plans), small)
        for kind, context in targets.items()
    }


def _drafts(kind: str, plans: Mapping[Pairing, Plan]) -> dict[str, Draft]:
    return {name: plan.draft for (target, name), plan in plans.items() if target == kind}


def gains(races: Mapping[str, Race], plans: Mapping[Pairing, Plan]) -> dict[Pairing, Speedup]:
    """Return for each plan its speed-up over plain decoding, computed and measured.

    Raises TooFewSamplesError for races over fewer than 5 prompts.
    """
    return {
        (kind, name): Speedup(
            f"{kind}, {name} × {plan.length}",
            plan.computed,
            races[kind].speedup(name),
            races[kind].interval(name),
            plan.guessed,
        )
        for (kind, name), plan in plans.items()
    }
