"""The check of lab 04 on the KL divergence: from scores, and finite however far apart they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import log_softmax, softmax

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, Unit, check, kind
from grader.exercise.randomness import asked, fresh_seed

ROUNDS = 12  # fresh inputs of each sort
FAR = 1000.0  # `exp` of it overflows, and `exp` of its negative is 0, also in float64
# Float32 has steps of 0.00006 at 1,000, and a right answer may subtract the logarithm of a sum that large.
NATS = Unit("{:.4f} nats", 5e-4, relative=0.002)

KL = Exercise("04", 4, "kl")

Case = tuple[
    np.ndarray, np.ndarray
]  # scores of the full file and of another, (n, vocabulary), float32
Mistake = Callable[[np.ndarray, np.ndarray], np.ndarray]


@check
def kl(function: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> None:
    """Check the KL divergence of each token, in nats: for usual scores, for large ones and for far ones."""
    limits, rng = CallLimits(KL), np.random.default_rng(fresh_seed())
    usual, large, far = ([sort(rng, turn) for turn in range(ROUNDS)] for sort in SORTS)
    answers = asked(lambda case: limits.call(function, *case), [*usual, *large, *far])
    got = [(case, _nats(answer, case)) for case, answer in answers]
    _judge(got[:ROUNDS], _look_at_usual)  # a mistake with any scores is named before one with some
    _judge(got[ROUNDS : 2 * ROUNDS], lambda _: OVERFLOW)
    _judge(got[2 * ROUNDS : 3 * ROUNDS], _look_at_far)
    _judge(got, lambda _: "what your function remembers: the same scores, asked again")
    KL.passed("Hundreds of comparisons from two texts tell more than two dozen answers.")


# ---- scores --------------------------------------------------------------------------------------------


def _usual(rng: np.random.Generator, turn: int) -> Case:
    """Return scores of the size that models give; in every third round, one token is predicted alike."""
    shape = (int(rng.integers(3, 6)), int(rng.integers(7, 12)))
    full = rng.normal(0, 2, shape)
    other = full + rng.normal(0, 1, shape)
    if turn % 3 == 2:
        other[1] = full[1]
    return full.astype(np.float32), other.astype(np.float32)


def _large(rng: np.random.Generator, turn: int) -> Case:
    """Return such scores with a large number added to each row, which changes no probability."""
    full, other = _usual(rng, turn)
    shifts = rng.uniform(FAR / 2, FAR, (2, len(full), 1)).astype(np.float32)
    return full + shifts[0], other + shifts[1]


def _far(rng: np.random.Generator, turn: int) -> Case:
    """Return scores of which each row has a p of 0 as a float, and elsewhere a q of 0."""
    full, other = _usual(rng, turn)
    for row, (p, q) in enumerate(zip(full, other, strict=True)):
        unlikely, missed = (row, row + 1) if turn % 2 else (row + 1, row)
        p[unlikely] -= FAR
        q[missed] -= FAR
    return full, other


SORTS = (_usual, _large, _far)


# ---- judging -------------------------------------------------------------------------------------------


def _nats(got: object, case: Case) -> np.ndarray:
    """Return what the learner returned as an array with a number for each token, or raise CheckFailed."""
    what = f"{len(case[0])} numbers for scores of shape {case[0].shape}, one for each token"
    numbers = KL.returned(
        got, Sequence, what, look="`return`: the mean over the tokens comes later"
    )
    try:
        values = np.asarray(numbers, np.float64)
    except (TypeError, ValueError):
        KL.fail(what, kind(numbers), "the line with `return`")
    if values.shape != (len(case[0]),):
        KL.fail(what, f"shape {values.shape}", _look_at_shape(values, case))
    return values


def _look_at_shape(values: np.ndarray, case: Case) -> str:
    if values.shape == case[0].shape:
        return "the sum over the vocabulary, axis 1: it is missing"
    if values.size == len(case[0]):
        return "the last sum: without `keepdims`, so that one number is left for each token"
    return "the axis: sum over the vocabulary, axis 1, not over the tokens"


def _judge(
    answers: Sequence[tuple[Case, np.ndarray]],
    look: Callable[[Sequence[tuple[Case, np.ndarray]]], str],
) -> None:
    """Raise CheckFailed for the first number that is wrong; nan is."""
    for case, got in answers:
        for token, right in enumerate(_kl(*case)):
            if not NATS.near(got[token], right):
                KL.fail(
                    f"{NATS.form.format(right)} for scores {_row(case[0][token])} of the full file "
                    f"and {_row(case[1][token])} of the other",
                    NATS.form.format(got[token]),
                    look(answers),
                )


def _kl(full: np.ndarray, other: np.ndarray) -> np.ndarray:
    log_p, log_q = _logs(full, other)
    return (np.exp(log_p) * (log_p - log_q)).sum(axis=1)


def _logs(full: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return log p and log q, float64."""
    return log_softmax(full.astype(float), axis=1), log_softmax(other.astype(float), axis=1)


def _row(scores: np.ndarray) -> str:
    return f"[{' '.join(f'{score:.1f}' for score in scores[:3])} …]"


# ---- what to look at -----------------------------------------------------------------------------------

OVERFLOW = (
    "large scores: subtract the largest of a row before `exp`, which overflows above 88 in float32"
)


def _look_at_usual(answers: Sequence[tuple[Case, np.ndarray]]) -> str:
    """Return the mistake that gives all of the answers."""
    for look, mistake in MISTAKES.items():
        if all(np.allclose(got, mistake(*case), 2e-3, 5e-4) for case, got in answers):
            return look
    return (
        "log p and log q are log softmax of the scores; sum p · (log p − log q) over the vocabulary"
    )


def _look_at_far(answers: Sequence[tuple[Case, np.ndarray]]) -> str:
    if all(np.isfinite(got).all() for _, got in answers):
        return "what you add to a probability, clip or leave out: from the scores, log q is exact without it"
    return "a probability of 0 has no logarithm: take log p as score − max − log Σ exp(score − max)"


def _cross_entropy(full: np.ndarray, other: np.ndarray) -> np.ndarray:
    return -(softmax(full, axis=1) * _logs(full, other)[1]).sum(axis=1)


def _first_choice(full: np.ndarray, other: np.ndarray) -> np.ndarray:
    log_p, log_q = _logs(full, other)
    rows = np.arange(len(full)), full.argmax(axis=1)
    return log_p[rows] - log_q[rows]


def _over(axis: int | None) -> Mistake:
    """Return the divergence with a softmax over another axis, or over all scores at once."""

    def mistake(full: np.ndarray, other: np.ndarray) -> np.ndarray:
        log_p, log_q = log_softmax(full, axis=axis), log_softmax(other, axis=axis)
        return (np.exp(log_p) * (log_p - log_q)).sum(axis=1)

    return mistake


MISTAKES: dict[str, Mistake] = {
    "the direction: the full file's p weighs the differences, not the other's q": (
        lambda full, other: _kl(other, full)
    ),
    "the sign: log p − log q, so that the result is 0 or more": lambda full, other: (
        -_kl(full, other)
    ),
    "the logarithm: nats, so the natural one, `np.log`": (
        lambda full, other: _kl(full, other) / np.log(2)
    ),
    "the sum: add up over the vocabulary, without a mean": (
        lambda full, other: _kl(full, other) / full.shape[1]
    ),
    "the scores: they are no logarithms of probabilities before you subtract log Σ exp": (
        lambda full, other: (softmax(full, axis=1) * (full - other)).sum(axis=1)
    ),
    "log p, which is missing: −Σ p · log q is the cross entropy": _cross_entropy,
    "the whole vocabulary, not only the first choice of the full file": _first_choice,
    "the sum of a softmax: of each row, axis 1, not of each column": _over(0),
    "the sum of a softmax: of each row, axis 1, not of all scores": _over(None),
}
