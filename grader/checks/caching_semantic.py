"""The checks of lab 07 on semantic and prefix caching: a threshold, a guard, and the layout of a prompt."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from itertools import takewhile
from random import Random

from grader.checks.caching_probes import APART, TOGETHER, Texts, asked_about, one_answer_each
from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, kind, score
from grader.exercise.randomness import fresh_rng, fresh_seed
from harness.labs.caching.false_hits import cosines, hit_rates, same_meaning
from harness.labs.caching.pairs import labelled_pairs
from harness.models.engines.embedding import embedder

ROUNDS = 30
HELD_OUT = "test"  # products and wordings that no cell of the lab shows
TOPICS = 60  # some 330 pairs: two seconds of embedding
MOST_WRONG, LEAST_HITS = 0.01, 0.20  # share of all hits; share of the pairs with one right answer

THRESHOLD = Exercise("07", 4, "safe_threshold")
MEANING = Exercise("07", 5, "meaning")
LAYOUT = Exercise("07", 6, "layout")


# ---- exercise 4: the threshold ------------------------------------------------------------------------


@check
def safe_threshold(function: Callable[[list[float], list[bool], float], float]) -> None:
    """Check the lowest threshold with at most the allowed share of wrong hits, by the pairs that hit."""
    limits, rng = CallLimits(THRESHOLD), fresh_rng()
    drawn = [_labels(rng, hopeless=number % 5 == 4) for number in range(ROUNDS)]
    for similarity, same, wrong in [*drawn, ([], [], 0.01)]:
        got = limits.call(function, similarity, same, wrong)
        if got != math.inf:  # inf means "no hits at all", which is a valid answer
            got = THRESHOLD.finite(got, "the threshold")
        best = max((_hits(similarity, same, t, wrong) for t in similarity), default=0)
        hit = [label for cosine, label in zip(similarity, same, strict=True) if cosine >= got]
        share = hit.count(False) / len(hit) if hit else 0.0
        if hit.count(False) > wrong * len(hit) or len(hit) != best:
            THRESHOLD.fail(
                f"{best} of {len(same)} pairs hit, at most {wrong:.0%} of these wrong",
                f"{len(hit)} hit, {share:.0%} of them wrong, at {got:.3f}",
                _look_at_threshold(got, similarity, same, wrong),
            )
    THRESHOLD.passed("Chosen by its wrong hits, not copied from somebody's blog.")


def _labels(rng: Random, hopeless: bool) -> tuple[list[float], list[bool], float]:
    """Return cosines, labels and the allowed share; high cosines are mostly right, or never if hopeless."""
    similarity = [round(rng.uniform(0.3, 1.0), 2) for _ in range(rng.randint(5, 60))]  # with ties
    chance = 0.0 if hopeless else 2.0
    same = [rng.random() < chance * (cosine - 0.3) for cosine in similarity]
    return similarity, same, rng.choice((0.0, 0.01, 0.1, 0.2))


def _hits(similarity: Sequence[float], same: Sequence[bool], threshold: float, wrong: float) -> int:
    """Return how many pairs hit at `threshold`, or 0 if too many of them are wrong."""
    hit = [label for cosine, label in zip(similarity, same, strict=True) if cosine >= threshold]
    return len(hit) if hit.count(False) <= wrong * len(hit) else 0


def _look_at_threshold(
    got: float, similarity: Sequence[float], same: Sequence[bool], wrong: float
) -> str:
    hit = [label for cosine, label in zip(similarity, same, strict=True) if cosine >= got]
    if got == _of_all_pairs(similarity, same, wrong):
        return "what you divide by: the share is of the pairs that hit, not of all pairs"
    if not any(_hits(similarity, same, threshold, wrong) for threshold in similarity):
        return "a set without a safe threshold: return math.inf, so that nothing hits"
    if hit.count(False) <= wrong * len(hit):
        return "the allowed share of wrong hits: a lower threshold stays within it, too"
    if similarity.count(got) > 1:
        return "pairs of equal cosine: they hit together, so count all that are at or above the threshold"
    return (
        "the wrong hits: count those at or above the threshold, and compare with the allowed share"
    )


def _of_all_pairs(similarity: Sequence[float], same: Sequence[bool], wrong: float) -> float:
    """Return the threshold of whoever divides the wrong hits by all pairs."""
    pairs = list(zip(similarity, same, strict=True))
    return min(
        (
            t
            for t in similarity
            if [s for c, s in pairs if c >= t].count(False) <= wrong * len(same)
        ),
        default=math.inf,
    )


# ---- exercise 5: the guard ----------------------------------------------------------------------------


@check
def meaning(function: Callable[[str], Hashable | None], threshold: float, out_of: float) -> float:
    """Check pairs that must differ (2/5 of the points), equal pairs (1/5) and held-out pairs (2/5)."""
    limits, rng = CallLimits(MEANING), fresh_rng()
    alike = asked_about(TOGETHER, rng)
    points = score(
        out_of,
        (0.4, lambda: _judge_apart(limits, function, asked_about(APART, rng), alike)),
        (0.2, lambda: _judge_together(limits, function, alike)),
        (0.4, lambda: _judge_held_out(limits, function, threshold)),
    )
    if points == out_of:
        MEANING.passed(
            "The embedding measures how similar two questions are; your guard says what may not differ."
        )
    return points


def _judge_apart(
    limits: CallLimits, function: Callable, pairs: Sequence[Texts], alike: Sequence[Texts]
) -> None:
    """Raise CheckFailed if a pair has one meaning, or if every question has a meaning of its own."""
    meanings = _meanings(limits, function, [*pairs, *alike])
    if all(meaning is None for meaning in meanings.values()):
        MEANING.fail(
            "a meaning for questions about products",
            "None for every one of them",
            "what you return for a question that you can read: None means that it is never kept",
        )
    if all(meanings[first] != meanings[second] for first, second in alike):
        first, second = alike[0]
        MEANING.fail(
            f"one meaning for some that ask the same, such as {first!r} and {second!r}",
            "a meaning of its own for every question, which is no cache",
            "what you return: only what may not differ, and not the whole text",
        )
    for first, second in pairs:
        if meanings[first] is not None and meanings[first] == meanings[second]:
            MEANING.fail(
                f"two meanings for {first!r} and {second!r}",
                f"the same for both: {meanings[first]!r:.70}",
                "the word in which they differ: is it part of your return value?",
            )


def _judge_together(limits: CallLimits, function: Callable, pairs: Sequence[Texts]) -> None:
    meanings = _meanings(limits, function, pairs)
    for first, second in pairs:
        if meanings[first] is None or meanings[first] != meanings[second]:
            MEANING.fail(
                f"one meaning for {first!r} and {second!r}",
                f"{meanings[first]!r:.60} and {meanings[second]!r:.60}",
                "order, capitals and greetings: a frozenset ignores the order, None never hits",
            )


def _meanings(
    limits: CallLimits, function: Callable, pairs: Sequence[Texts]
) -> dict[str, Hashable | None]:
    texts = (text for pair in pairs for text in pair)
    return one_answer_each(MEANING, lambda text: _meaning(limits, function, text), texts)


def _meaning(limits: CallLimits, function: Callable, text: str) -> Hashable | None:
    got = limits.call(function, text)
    try:
        hash(got)
    except TypeError:
        MEANING.fail(
            "a hashable value, which can be compared and looked up",
            kind(got),
            "tuples and frozensets are hashable; lists, sets and dicts are not",
        )
    return got


def _judge_held_out(limits: CallLimits, function: Callable, threshold: object) -> None:
    least = MEANING.finite(threshold, "the threshold")
    pairs = labelled_pairs(HELD_OUT, TOPICS, fresh_seed())
    meanings = _meanings(limits, function, [(pair.first, pair.second) for pair in pairs])
    passes = same_meaning(pairs, meanings.__getitem__)
    result = hit_rates(cosines(pairs, embedder()), passes, pairs, least)
    if result.hits.rate < LEAST_HITS:
        MEANING.fail(
            f"a hit for {LEAST_HITS:.0%} of the pairs that mean the same, at least",
            f"{result.hits} at a threshold of {least:.2f}",
            "parts of your meaning that a greeting changes, or a threshold above all similarities",
        )
    if result.wrong.interval.low > MOST_WRONG:  # above the limit even if the sample was unlucky
        MEANING.fail(
            f"at most {MOST_WRONG:.0%} of the hits wrong, on pairs that the lab does not show",
            f"{result.wrong} at a threshold of {least:.2f}",
            "the kinds of pairs in the picture: which of them still lie right of your threshold?",
        )


# ---- exercise 6: what comes first ---------------------------------------------------------------------

INSTRUCTIONS = "You are the support assistant of Halden. Use only the passages."


@check
def layout(function: Callable[[str, list[tuple[str, str]], str, str], str]) -> None:
    """Check that two prompts with the same passages agree up to the end of the last passage."""
    limits = CallLimits(LAYOUT)
    _judge_layouts(limits, function, function)
    _judge_layouts(limits, function, limits.restarted(function))  # which remembers no order
    LAYOUT.passed("What never changes comes first, and the model reads it once.")


def _judge_layouts(limits: CallLimits, first: Callable, second: Callable) -> None:
    rng = fresh_rng()
    for _ in range(ROUNDS):
        passages = [(f"p{n}", f"Passage {n} says {rng.random():.6f}.") for n in range(1, 5)]
        prompts = []
        requests = ((first, "How long?", "2 May"), (second, "At what price?", "3 May"))
        for function, question, today in requests:
            rng.shuffle(passages)
            got = limits.call(function, INSTRUCTIONS, list(passages), question, today)
            prompts.append(LAYOUT.returned(got, str, "a prompt, one str"))
            _judge_whole(got, [INSTRUCTIONS, *(text for _, text in passages), question, today])
        questions = [question for _, question, _ in requests]
        _judge_prefix(prompts, [text for _, text in passages], questions)


def _judge_whole(prompt: str, parts: Sequence[str]) -> None:
    for part in parts:
        count = prompt.count(part)
        if count != 1:
            look = "instructions, each passage's text, the date and the question: all of them, once"
            LAYOUT.fail(f"{part!r:.60} in the prompt, once", f"{count} times", look)


def _judge_prefix(prompts: Sequence[str], texts: Sequence[str], questions: Sequence[str]) -> None:
    same = takewhile(lambda pair: pair[0] == pair[1], zip(*prompts, strict=False))
    shared = "".join(character for character, _ in same)
    missing = [part for part in (INSTRUCTIONS, *texts) if part not in shared]
    if missing:
        LAYOUT.fail(
            "instructions and all four passages at the beginning, the same for both requests",
            f"{len(shared)} of {len(prompts[0])} characters the same: {shared!r:.60}",
            _look_at_layout(prompts, shared, questions),
        )


def _look_at_layout(prompts: Sequence[str], shared: str, questions: Sequence[str]) -> str:
    if "May" in prompts[0][len(shared) : len(shared) + 8]:
        return "the date: it changes every day, so the model reads everything after it again"
    if INSTRUCTIONS not in shared:
        return "the instructions: they never change, so they come first"
    if prompts[0].startswith(questions[0], len(shared)):
        return "the question: it differs between requests, so it comes after the passages"
    return "the order of the passages: sort them by id, which does not depend on scores"
