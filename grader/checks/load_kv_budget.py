"""The checks of lab 08 on a step's token budget, for chunked prefill, and on a KV budget, for preemption."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, explanation, kind, plain
from grader.exercise.randomness import asked, fresh_rng
from harness.labs.load.kv_budget import BLOCK

ROUNDS = 20  # fresh inputs per check, beside the edge cases

PLAN = Exercise("08", 6, "plan")
STAY = Exercise("08", 7, "stay")

Tokens = Sequence[int]
Asked = tuple[tuple, object]  # a case and the learner's answer


# ---- exercise 6: a step's tokens ------------------------------------------------------------------------


@check
def plan(function: Callable[[list[int], int], Sequence[int]]) -> None:
    """Check the tokens of each sequence: those with one left come first, then prompts in order, in chunks."""
    limits, rng = CallLimits(PLAN), fresh_rng()
    answers = [
        (case, _listed(answer))
        for case, answer in asked(lambda case: limits.call(function, *case), _steps(rng))
    ]
    for case, got in answers:
        where = f"for left = {case[0]}, budget = {case[1]}"
        PLAN.expect(got, _planned(*case), where, _look_at_plan, *case, answers)
    PLAN.passed("No reader waits for somebody else's long prompt any more.")


def _listed(answer: object) -> list[object]:
    got = PLAN.returned(plain(answer), list | tuple, "a list, one number for each sequence")
    return [plain(one) for one in got]


def _steps(rng: Random) -> list[tuple[list[int], int]]:
    edges = [
        ([], 64),
        ([1, 1, 1, 1, 1], 3),
        ([1, 40, 1], 2),
        ([90, 1, 30, 1], 64),
        ([300], 64),
        ([20, 30, 1], 500),
        ([2, 40, 2, 1], 3),
    ]
    drawn = [
        (
            [rng.choice((1, rng.randint(2, 200))) for _ in range(rng.randint(2, 8))],
            rng.randint(4, 256),
        )
        for _ in range(ROUNDS)
    ]
    return [*edges, *drawn]


def _look_at_plan(got: list[int], left: Tokens, budget: int, answers: Sequence[Asked]) -> str:
    if len(got) != len(left):
        return "one number for each sequence, 0 for one that gets nothing"
    if look := explanation(PLAN_SLIPS, answers):
        return look
    if any(one > most for one, most in zip(got, left, strict=True)):
        return "a sequence: it never gets more tokens than it has left"
    if sum(got) > budget:
        return "the budget: all tokens of a step together, of writing and of prompts"
    return "one step by hand: one token for each with one left, then the prompts in order"


def _in_order(left: Tokens, budget: int, key: Callable[[int], object]) -> list[int]:
    gets = [0] * len(left)
    for place in sorted(range(len(left)), key=key):
        gets[place] = min(left[place], budget - sum(gets))
    return gets


def _planned(left: Tokens, budget: int) -> list[int]:
    return _in_order(left, budget, lambda place: left[place] > 1)


def _whole(left: Tokens, budget: int) -> list[int]:
    gets = [0] * len(left)
    for place in sorted(range(len(left)), key=lambda place: left[place] > 1):
        gets[place] = left[place] if left[place] <= budget - sum(gets) else 0
    return gets


def _one_chunk(left: Tokens, budget: int) -> list[int]:
    gets = _planned(left, budget)
    prompts = [place for place, n in enumerate(left) if n > 1]
    return [0 if place in prompts[1:] else n for place, n in enumerate(gets)]


def _besides(left: Tokens, budget: int) -> list[int]:
    prompts = _planned([n if n > 1 else 0 for n in left], budget)
    return [1 if n == 1 else gets for n, gets in zip(left, prompts, strict=True)]


PLAN_SLIPS: Mapping[str, Callable[[Tokens, int], list[int]]] = {
    "the order: those with one token left first, so that their readers do not wait": (
        lambda left, budget: _in_order(left, budget, lambda place: place)
    ),
    "the order of prompts: first come, first served": lambda left, budget: _in_order(
        left, budget, lambda place: (left[place] > 1, -place)
    ),
    "the shortest prompt: it is the turn of the oldest one": lambda left, budget: _in_order(
        left, budget, left.__getitem__
    ),
    "a prompt that does not fit: it gets the tokens that are left, as a chunk": _whole,
    "a single chunk: what one prompt leaves of the budget is for the next": _one_chunk,
    "the budget: those that write take one token each of it, too": _besides,
}


# ---- exercise 7: the sequences that stay ----------------------------------------------------------------


@check
def stay(function: Callable[[list[int], list[int], int], int]) -> None:
    """Check how many of the oldest sequences fit into the blocks after a step."""
    limits, rng = CallLimits(STAY), fresh_rng()
    answers = [
        (case, _counted(answer))
        for case, answer in asked(lambda case: limits.call(function, *case), _memories(rng))
    ]
    for case, got in answers:
        held, gets, blocks = case
        where = f"for held = {held}, gets = {gets}, blocks = {blocks}"
        look = "the blocks of each sequence, added up from the oldest on"
        STAY.expect(got, _staying(*case), where, explanation(STAY_SLIPS, answers) or look)
    STAY.passed("A full memory costs the newest its place, and nobody an answer.")


def _counted(answer: object) -> int:
    got = plain(answer)
    if isinstance(got, bool) or not isinstance(got, int):
        STAY.fail("a number of sequences (int)", kind(got), "the line with `return`")
    return got


def _memories(rng: Random) -> list[tuple[list[int], list[int], int]]:
    edges = [
        ([15, 15], [1, 1], 2),  # both fill a block exactly
        ([16, 16], [1, 1], 3),  # both need a second one
        ([100, 5], [1, 1], 4),  # the oldest does not fit and stays
        ([30, 300, 5], [1, 1, 1], 6),  # the third would fit, but the second is older
        ([8, 8, 8], [1, 1, 1], 2),  # blocks are not shared
        ([40], [1], 3),
        ([], [], 4),
        ([20, 20], [0, 60], 5),
        ([100, 5, 5], [1, 1, 1], 7),  # one if the newest leave, two if the oldest do
    ]
    return [*edges, *(_memory(rng) for _ in range(ROUNDS))]


def _memory(rng: Random) -> tuple[list[int], list[int], int]:
    n = rng.randint(2, 7)
    held = [rng.randint(0, 120) for _ in range(n)]
    gets = [rng.choice((1, 1, rng.randint(2, 60))) for _ in range(n)]
    needed = sum(_blocks(h, g) for h, g in zip(held, gets, strict=True))
    return held, gets, max(2, needed - rng.randint(-1, 8))


def _blocks(held: int, gets: int) -> float:
    return ceil((held + gets) / BLOCK)


def _staying(
    held: Tokens,
    gets: Tokens,
    blocks: int,
    needs: Callable[[int, int], float] = _blocks,
    least: int = 1,
) -> int:
    """Return how many of the oldest fit if each takes needs(held, gets) blocks, and at least `least`."""
    needed = [needs(h, g) for h, g in zip(held, gets, strict=True)]
    fitting = [n for n in range(len(needed) + 1) if sum(needed[:n]) <= blocks]
    return max(*fitting, min(least, len(needed)), 0)


def _greedy(held: Tokens, gets: Tokens, blocks: int) -> int:
    taken, n = 0, 0
    for needed in map(_blocks, held, gets):
        if taken + needed <= blocks:
            taken, n = taken + needed, n + 1
    return max(n, min(1, len(held)))


STAY_SLIPS: Mapping[str, Callable[[Tokens, Tokens, int], int]] = {
    "the oldest sequence: it always stays, so that somebody gets ahead": (
        lambda held, gets, blocks: _staying(held, gets, blocks, least=0)
    ),
    "a full memory: it fits if exactly all blocks are taken": (
        lambda held, gets, blocks: _staying(held, gets, blocks - 1)
    ),
    "this step: what each sequence gets needs room, too": (
        lambda held, gets, blocks: _staying(held, gets, blocks, lambda h, g: ceil(h / BLOCK))
    ),
    "the last block of a sequence: it counts even if it is not full": (
        lambda held, gets, blocks: _staying(held, gets, blocks, lambda h, g: (h + g) // BLOCK)
    ),
    "blocks: two sequences never share one, so round up for each": (
        lambda held, gets, blocks: _staying(held, gets, blocks, lambda h, g: (h + g) / BLOCK)
    ),
    "the unit: `blocks` counts blocks, not tokens": (
        lambda held, gets, blocks: _staying(held, gets, blocks, lambda h, g: h + g)
    ),
    "who leaves: the newest, at the end of the lists": (
        lambda held, gets, blocks: _staying(held[::-1], gets[::-1], blocks)
    ),
    "what you return: those that stay, not those that leave": (
        lambda held, gets, blocks: len(held) - _staying(held, gets, blocks)
    ),
    "the first that does not fit: all that are newer leave, too": _greedy,
}
