"""The checks of lab 05 on the two halves of a step: the small model drafts, the large one verifies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from grader.checks.speculation_model import TOKENS, SimulatedModel, agreeing, draft_of, outcome
from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import CheckFailed, Exercise, check
from grader.exercise.randomness import asked, fresh_rng, fresh_seed

VERIFY = Exercise("05", 6, "verify")
PROPOSE = Exercise("05", 7, "propose")


# ---- exercise 6: the large model verifies -------------------------------------------------------------


@check
def verify(function: Callable[[SimulatedModel, int, list[int]], list[int]]) -> None:
    """Check the tokens that one step writes, that it is one step, and what stays read after it."""
    limits, rng = CallLimits(VERIFY), fresh_rng()
    lengths = (3, 4, 2, 1, 0)  # a long draft first, because it tells the mistakes apart
    cases = [
        (length, right, rng.randint(2, 9))
        for length in lengths
        for right in (min(1, length), *range(length + 1))
    ]
    for (_, right, read), tried in asked(lambda case: _stepped(limits, function, *case), cases):
        _judge_step(*tried, right, read)
    VERIFY.passed("One step of the large model, several tokens, and nothing wrong stays read.")


def _stepped(limits: CallLimits, function: Callable, length: int, right: int, read: int) -> tuple:
    """Return (model, text, draft, what the function returned or the CheckFailed) of one step."""
    model = SimulatedModel(VERIFY, fresh_seed())
    text = model.text([TOKENS[read]], read + 2 * length + 5)
    model.start(text[:read], text)
    drafted = draft_of(text, read + 1, length, right)
    return model, text, drafted, outcome(limits, function, model, text[read], drafted)


def _judge_step(
    model: SimulatedModel, text: list[int], drafted: list[int], got: object, right: int, read: int
) -> None:
    if isinstance(got, CheckFailed):
        raise got
    after, token = read + 1 + right, text[read]
    wanted = text[read + 1 : after + 1]
    tokens = list(VERIFY.returned(got, Sequence, "a list of tokens"))
    where = f"for token {token} and the draft {drafted}"
    VERIFY.expect(tokens, wanted, where, _look_at_step, wanted, token, drafted)
    if model.passes != 1:
        look = "choices(): one call reads `token` and the whole draft"
        VERIFY.fail("one step of the model", f"{model.passes} steps", look)
    if model.seen != text[:after]:
        VERIFY.fail(
            f"{after} tokens read in the end: those before, `token`, and the drafted ones that agree",
            f"{len(model.seen)}",
            _look_at_seen(len(model.seen), after),
        )


def _look_at_step(got: list[int], wanted: list[int], token: int, drafted: list[int]) -> str:
    if got == [token, *wanted]:
        return "the first token you return: `token` is written already"
    agreed = wanted[:-1]
    if got[: len(drafted)] == drafted and drafted != agreed:
        return "what you return: the draft only as far as the model's own choices agree"
    if got[: len(agreed)] == agreed and wanted[-1] not in got:
        return "the last token: the model's own token always follows the drafted ones you keep"
    return "agree(): it takes the draft and the choices, choices one longer than the draft"


def _look_at_seen(got: int, wanted: int) -> str:
    if got > wanted:
        return (
            "keep(count): the rejected tokens must go, and the model's own token has not been read"
        )
    return "the count for keep(): `token` was read, too, and so were the tokens that agree"


# ---- exercise 7: the small model drafts ---------------------------------------------------------------

State = Callable[[SimulatedModel, list[int]], list[int]]

STATES: dict[str, State] = {  # what the small model has read, in words and in tokens
    "all but two of them, and three that were rejected": lambda _, tokens: (
        [*tokens[:-2], tokens[-2] + 1, 7, 8]
    ),
    "all but the last": lambda _, tokens: tokens[:-1],
    "all but the last two": lambda _, tokens: tokens[:-2],
    "a rejected token, and right ones after it": lambda _, tokens: (
        [*tokens[:-4], tokens[-4] + 1, *tokens[-3:-1]]
    ),
    "all of them": lambda _, tokens: list(tokens),
    "all of them, and two more": lambda model, tokens: model.text(tokens, len(tokens) + 2),
    "another text": lambda _, tokens: [9, *tokens[1:], 8, 7],
    "nothing": lambda _, tokens: [],
}


@check
def propose(function: Callable[[SimulatedModel, list[int], int], list[int]]) -> None:
    """Check drafts for every state in which the last step may have left the small model."""
    limits, rng = CallLimits(PROPOSE), fresh_rng()
    cases = [(state, k, rng.randint(6, 9)) for k in (4, 2, 1, 0) for state in STATES]
    for (state, k, _), tried in asked(lambda case: _drafted(limits, function, *case), cases):
        _judge_draft(*tried, state, k)
    PROPOSE.passed("The small model drops what was rejected, reads what is new, and drafts.")


def _drafted(limits: CallLimits, function: Callable, state: str, k: int, length: int) -> tuple:
    """Return (model, tokens, tokens read before, what the function returned or the CheckFailed)."""
    model, tokens, had = _telling(state, length)
    model.start(had)
    return model, tokens, had, outcome(limits, function, model, tokens, k)


def _telling(state: str, length: int) -> tuple[SimulatedModel, list[int], list[int]]:
    """Return (model, tokens, tokens read before) for which the right choice and a wrong one differ.

    Otherwise chance gives one mistake the message of another.
    """
    while True:
        model, rng = SimulatedModel(PROPOSE, fresh_seed()), Random(fresh_seed())
        tokens = rng.sample(TOKENS, length)
        had = STATES[state](model, tokens)
        read = tokens[: _common(had, tokens) + 1]
        if read == tokens or model.after(read) != model.after(tokens):
            return model, tokens, had


def _common(had: list[int], tokens: list[int]) -> int:
    """Return how many tokens may stay read: those that agree, but the last, whose choice is needed."""
    return min(agreeing(had, tokens), len(tokens) - 1)


def _judge_draft(
    model: SimulatedModel, tokens: list[int], had: list[int], got: object, state: str, k: int
) -> None:
    if isinstance(got, CheckFailed):
        raise got
    drafted = list(PROPOSE.returned(got, Sequence, "a list of tokens"))
    wanted = model.text(tokens, len(tokens) + k)[len(tokens) :]
    where = f"for {len(tokens)} tokens and k = {k}; the small model had read {state}"
    PROPOSE.expect(drafted, wanted, where, _look_at_draft, model, tokens, had, k)
    common = _common(had, tokens)
    if k and model.passes > k:
        look = "the last drafted token: nobody asks what follows it, so it need not be read"
        PROPOSE.fail(f"{k} steps for {k} tokens", f"{model.passes}", look)
    if k and model.n_read > len(tokens) - common + k - 1:
        look = (
            "what stays read: the tokens that agree with `tokens` from the front are not read again"
        )
        reread = f"{len(tokens) - common} of `tokens` read, the others kept"
        PROPOSE.fail(f"{reread}, where it had read {state}", f"{model.n_read - k + 1}", look)


def _look_at_draft(
    got: list[int], model: SimulatedModel, tokens: list[int], had: list[int], k: int
) -> str:
    common = _common(had, tokens)
    if got == model.text(tokens, len(tokens) + k)[-k - 1 :]:
        return "the first token you return: the last of `tokens` is written already"
    if len(got) != k:
        return "how many tokens you draft: k"
    kept = "what stays read: only the tokens that agree with `tokens` from the front"
    if len(model.seen) > common and model.seen[common] != tokens[common]:
        return kept  # seen, not guessed from `got`, whose first token may be right by chance
    if got[0] == model.after(tokens[: common + 1]) and common + 1 < len(tokens):
        return "which choice you take: the last one follows all tokens that were read"
    if got[0] == model.after(tokens):
        return "the later tokens: read each drafted token, alone, before you draft the next"
    return kept
