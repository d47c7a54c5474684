"""The checks of lab 07, beyond exact: a threshold, a guard that sees details, a prompt that can be kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from itertools import takewhile
from random import Random

from grader.checks.caching_probes import APART, TOGETHER
from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, kind, score
from grader.exercise.randomness import fresh_rng, fresh_seed
from harness.labs.caching.false_hits import cosines, equal, judged
from harness.labs.caching.pairs import labelled
from harness.models.engines.embedding import embedder

ROUNDS = 30
HELD_OUT = "test"  # products and wordings that no cell of the lab has shown
TOPICS = 60  # some 330 pairs: two seconds of embedding
MOST_WRONG, LEAST_HITS = 0.01, 0.20  # of all hits; of the pairs with one right answer

THRESHOLD = Exercise("07", 4, "safe_threshold")
MEANING = Exercise("07", 5, "meaning")
LAYOUT = Exercise("07", 6, "layout")


# ---- exercise 4: the threshold ------------------------------------------------------------------------


@check
def safe_threshold(function: Callable[[list[float], list[bool], float], float]) -> None:
    """The lowest threshold with at most so many wrong hits, judged by the pairs that it lets hit."""
    limits, rng = CallLimits(THRESHOLD), fresh_rng()
    for number in range(ROUNDS):
        similarity, same, wrong = _labels(rng, hopeless=number % 5 == 4)
        got = limits.call(function, similarity, same, wrong)
        if got != math.inf:  # "no hits at all" is an answer
            got = THRESHOLD.finite(got, "the threshold")
        best = max((_hits(similarity, same, t, wrong) for t in similarity), default=0)
        hit = [label for cosine, label in zip(similarity, same, strict=True) if cosine >= got]
        share = hit.count(False) / len(hit) if hit else 0.0
        if hit.count(False) > wrong * len(hit) or len(hit) != best:
            THRESHOLD.fail(
                f"{best} of {len(same)} pairs hit, at most {wrong:.0%} of these wrong",
                f"{len(hit)} hit, {share:.0%} of them wrong, at {got:.3f}",
                _look_at_threshold(share, wrong, len(hit), best, same),
            )
    THRESHOLD.passed("Chosen by what goes wrong, not by what somebody's blog had.")


def _labels(rng: Random, hopeless: bool) -> tuple[list[float], list[bool], float]:
    """Cosines with labels: the alike ones are mostly the same; in a hopeless set all are wrong."""
    similarity = [round(rng.uniform(0.3, 1.0), 2) for _ in range(rng.randint(5, 60))]  # with ties
    chance = 0.0 if hopeless else 2.0
    same = [rng.random() < chance * (cosine - 0.3) for cosine in similarity]
    return similarity, same, rng.choice((0.0, 0.01, 0.1, 0.2))


def _hits(similarity: Sequence[float], same: Sequence[bool], threshold: float, wrong: float) -> int:
    """Pairs that hit at `threshold`, 0 when too many of them are wrong."""
    hit = [label for cosine, label in zip(similarity, same, strict=True) if cosine >= threshold]
    return len(hit) if hit.count(False) <= wrong * len(hit) else 0


def _look_at_threshold(
    share: float, wrong: float, hits: int, best: int, same: Sequence[bool]
) -> str:
    if not best:
        return "a set without any safe threshold: math.inf, and nothing hits"
    if share > wrong:
        return "pairs of equal cosine: they hit together, so count all that lie at or above"
    if hits < best and wrong:
        return "wrong hits are allowed, up to that share of all hits: a lower threshold has it, too"
    return "try every cosine as a threshold; of those that are safe, the lowest"


# ---- exercise 5: the guard ----------------------------------------------------------------------------


@check
def meaning(function: Callable[[str], Hashable | None], threshold: float, out_of: float) -> float:
    """Two fifths for what has to differ, one for what may not, two for held-out pairs: few wrong hits."""
    limits = CallLimits(MEANING)

    def apart() -> None:
        for one, other in APART:
            first, second = (_meaning(limits, function, text) for text in (one, other))
            if first is not None and first == second:
                MEANING.fail(
                    f"two meanings for {one!r} and {other!r}",
                    f"one: {first!r:.70}",
                    "the word in which they differ: does anything in your return value hold it?",
                )

    def alike() -> None:
        for one, other in TOGETHER:
            first, second = (_meaning(limits, function, text) for text in (one, other))
            if first is None or first != second:
                MEANING.fail(
                    f"one meaning for {one!r} and {other!r}",
                    f"{first!r:.60} and {second!r:.60}",
                    "order, capitals, a tone: a frozenset forgets the order, None answers nothing",
                )

    def held_out() -> None:
        _judge_held_out(limits, function, threshold)

    points = score(out_of, (0.4, apart), (0.2, alike), (0.4, held_out))
    if points == out_of:
        MEANING.passed("The embedding says how alike; the guard says what may not differ.")
    return points


def _meaning(limits: CallLimits, function: Callable, text: str) -> Hashable | None:
    got = limits.call(function, text)
    try:
        hash(got)
    except TypeError:
        MEANING.fail(
            "something that can be compared and looked up",
            kind(got),
            "tuples and frozensets are hashable; lists, sets and dicts are not",
        )
    return got


def _judge_held_out(limits: CallLimits, function: Callable, threshold: object) -> None:
    least = MEANING.finite(threshold, "the threshold")
    pairs = labelled(HELD_OUT, TOPICS, fresh_seed())
    passes = equal(pairs, lambda text: _meaning(limits, function, text))
    found = judged(cosines(pairs, embedder()), passes, pairs, least)
    if found.hits.rate < LEAST_HITS:
        MEANING.fail(
            f"a hit for {LEAST_HITS:.0%} of the pairs that mean the same, at least",
            f"{found.hits} at a threshold of {least:.2f}",
            "what your meaning holds that a greeting changes, or a threshold above all likeness",
        )
    if found.wrong.interval.low > MOST_WRONG:  # what chance explains is nobody's mistake
        MEANING.fail(
            f"at most {MOST_WRONG:.0%} of the hits wrong, on pairs nobody has seen",
            f"{found.wrong} at a threshold of {least:.2f}",
            "the sorts of pairs in the picture: which of them still lie right of your threshold?",
        )


# ---- exercise 6: what stands first --------------------------------------------------------------------

INSTRUCTIONS = "You are the support assistant of Halden. Use only the passages."


@check
def layout(function: Callable[[str, list[tuple[str, str]], str, str], str]) -> None:
    """The prompts of two requests with the same passages agree up to the end of the last passage."""
    limits, rng = CallLimits(LAYOUT), fresh_rng()
    for _ in range(ROUNDS):
        passages = [(f"p{n}", f"Passage {n} says {rng.random():.6f}.") for n in range(1, 5)]
        prompts = []
        for question, today in (("How long?", "2 May"), ("At what price?", "3 May")):
            rng.shuffle(passages)
            got = limits.call(function, INSTRUCTIONS, list(passages), question, today)
            if not isinstance(got, str):
                LAYOUT.fail("a prompt, one text", kind(got), "the line with `return`")
            _judge_whole(got, [INSTRUCTIONS, *(text for _, text in passages), question, today])
            prompts.append(got)
        _judge_prefix(prompts, [text for _, text in passages])
    LAYOUT.passed("What never changes comes first, and is read once.")


def _judge_whole(prompt: str, parts: Sequence[str]) -> None:
    for part in parts:
        if prompt.count(part) != 1:
            LAYOUT.fail(
                f"{part!r:.60} in the prompt, once",
                f"{prompt.count(part)} times",
                "instructions, each passage's text, the date and the question: all of them, once",
            )


def _judge_prefix(prompts: Sequence[str], texts: Sequence[str]) -> None:
    same = takewhile(lambda pair: pair[0] == pair[1], zip(*prompts, strict=False))
    shared = "".join(one for one, _ in same)
    missing = [part for part in (INSTRUCTIONS, *texts) if part not in shared]
    if missing:
        LAYOUT.fail(
            "a beginning that both requests share: instructions and all four passages",
            f"{len(shared)} of {len(prompts[0])} characters: {shared!r:.60}",
            _look_at_layout(prompts, shared),
        )


def _look_at_layout(prompts: Sequence[str], shared: str) -> str:
    if "May" in prompts[0][len(shared) : len(shared) + 8]:
        return "the date: it changes every day, so everything behind it is read again"
    if INSTRUCTIONS not in shared:
        return "the instructions: they never change, so they come first"
    return "the order of the passages: by id, which no score can shuffle"
