"""The checks of lab 07 on exact caching: the key, and the lifetime of an answer."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from grader.checks.caching_probes import ALIKE, UNLIKE, asked_about, one_answer_each
from grader.exercise.call_limits import CallLimits, names_in
from grader.exercise.exercise import Exercise, check, kind, score
from grader.exercise.exported import exported
from grader.exercise.randomness import fresh_rng

ROUNDS = 20
VERSIONS = ("model", "index", "prompt")
REQUESTS, KEYS = 15, 3  # of a round of exercise 2: every moment comes, in most rounds

KEY = Exercise("07", 1, "answer_key")
CACHED = Exercise("07", 2, "cached")


# ---- exercise 1: the key ------------------------------------------------------------------------------


Given = tuple[str, str, str, str]  # text, and the versions of model, index and prompt


@check
def answer_key(function: Callable[[str, str, str, str], str], out_of: float) -> float:
    """Check which texts share a key (2/5 of the points), its versions (2/5) and how it joins parts (1/5)."""
    limits, rng = CallLimits(KEY), fresh_rng()
    points = score(
        out_of,
        (0.4, lambda: _judge_text(limits, function, rng)),
        (0.4, lambda: _judge_versions(limits, function, rng)),
        (0.2, lambda: _judge_joined(limits, function)),
    )
    if points == out_of:
        KEY.passed("Whatever is in the key can change without a single stale answer.")
    return points


def _judge_text(limits: CallLimits, function: Callable, rng: Random) -> None:
    alike, unlike = asked_about(ALIKE, rng), asked_about(UNLIKE, rng)
    texts = [(text, "m", "i", "p") for pair in (*alike, *unlike) for text in pair]
    keys = {given[0]: key for given, key in _keys(limits, function, texts).items()}
    for first, second in alike:
        if keys[first] != keys[second]:
            KEY.fail(
                f"one key for {first!r} and {unicodedata.normalize('NFC', second)!r}",
                "two keys",
                "capitals (casefold), white space, the mark at the end, unicodedata.normalize",
            )
    for first, second in unlike:
        if keys[first] == keys[second]:
            KEY.fail(
                f"two keys for {first!r} and {second!r}",
                "one key: the second user gets the first one's answer",
                "what you remove: numbers, words, hyphens and points inside them all count",
            )


def _judge_versions(limits: CallLimits, function: Callable, rng: Random) -> None:
    cases = []
    for _ in range(ROUNDS):
        now = ("How long?", *(f"{name} {rng.randrange(100)}" for name in VERSIONS))
        for place, name in enumerate(VERSIONS, start=1):
            new = (*now[:place], f"{name} {rng.randrange(100, 200)}", *now[place + 1 :])
            cases.append((name, now[place], new[place], now, new))
    keys = _keys(limits, function, [given for case in cases for given in case[-2:]])
    for name, before, after, now, new in cases:
        if keys[now] == keys[new]:
            KEY.fail(
                f"another key for another {name}",
                f"the same key for {before!r} and {after!r}",
                "the parts of the key: everything that the answer depends on belongs in it",
            )


def _judge_joined(limits: CallLimits, function: Callable) -> None:
    """Check that parts which look alike when joined have two keys, and that a key survives a restart."""
    joints = ("", " ", "|", "-", ":", "/", ",", "\n", "\0", "_", ";", "::")
    triples = [
        (("q", f"a{x}b", "c", "d"), ("q", "a", f"b{x}c", "d"), ("q", "a", "b", f"c{x}d"))
        for x in joints
    ]
    keys = _keys(limits, function, [given for triple in triples for given in triple])
    for first, second, third in triples:
        if keys[first] == keys[second] or keys[second] == keys[third]:
            parts = f"model {first[1]!r}, index 'c' and model 'a', index {second[2]!r}"
            look = "how the parts are joined: json.dumps of a list keeps them apart, hashlib makes it short"
            KEY.fail(f"two keys for {parts}", "one key", look)
    names = names_in(function)
    salted = "hash" in names and "hashlib" not in names
    if salted or _keys(limits, limits.restarted(function), list(keys)) != keys:
        KEY.fail(
            "the same key after a restart",
            "hash(), which Python salts anew in every process" if salted else "another key",
            "hashlib.sha256(text.encode()).hexdigest(): it is the same in every process",
        )


def _keys(limits: CallLimits, function: Callable, cases: Sequence[Given]) -> dict[Given, str]:
    return one_answer_each(KEY, lambda given: _key(limits, function, given), cases)


def _key(limits: CallLimits, function: Callable, given: Given) -> str:
    got = limits.call(function, *given)
    if not isinstance(got, str) or not got:
        KEY.fail("a str that is not empty", kind(got), "the line with `return`: str, not bytes")
    return got


# ---- exercise 2: an answer with a deadline -------------------------------------------------------------


@exported("get", "put")
@dataclass
class AnswerStore:
    """A store of answers and their deadlines by key."""

    kept: dict[str, tuple[str, float]] = field(default_factory=dict)

    def get(self, key: str) -> tuple[str, float] | None:
        """Return (answer, deadline), or None."""
        return self.kept.get(key)

    def put(self, key: str, answer: str, deadline: float) -> None:
        """Store an answer, replacing an earlier one."""
        self.kept[key] = (answer, deadline)

    def __deepcopy__(self, memo: dict) -> AnswerStore:
        return self


@dataclass
class Model:
    """A model that returns "answer 1", "answer 2", ..., or None if `nothing`, or raises `error`."""

    error: Exception | None = None
    nothing: bool = False
    calls: int = 0

    def __call__(self) -> str | None:
        self.calls += 1
        if self.error:
            raise self.error
        return None if self.nothing else f"answer {self.calls}"

    def __deepcopy__(self, memo: dict) -> Model:
        return self


@check
def cached(function: Callable[..., str]) -> None:
    """Check that fresh answers are reused, expired ones computed again, and failures never stored."""
    limits, rng = CallLimits(CACHED), fresh_rng()
    for _ in range(ROUNDS):
        _judge_requests(limits, function, rng)
    _judge_failures(limits, function)
    CACHED.passed("Answers are reused while they are fresh, and failures are never stored.")


def _judge_requests(limits: CallLimits, function: Callable, rng: Random) -> None:
    """Check requests for KEYS keys in random order, of which most are about the moment of an expiry."""
    store, model, right = AnswerStore(), Model(), AnswerStore()
    ttl_s, now = rng.randrange(10, 1000), rng.randrange(10**6)
    for _ in range(REQUESTS):
        key = f"question {rng.randrange(KEYS)}"
        _, deadline = right.get(key) or ("", now)
        now = max(now, rng.choice((now, deadline - 1, deadline, deadline + 1)))
        when, look = _moment(right, key, now)
        if now >= deadline:
            right.put(key, f"answer {model.calls + 1}", now + ttl_s)
        got = limits.call(function, key, store, model, now, ttl_s)
        CACHED.expect(got, right.kept[key][0], f"for {when}", look)
        _judge_deadline(store, right, key)


def _moment(right: AnswerStore, key: str, now: float) -> tuple[str, str]:
    """Return in words which request this is, and what to look at if its answer is wrong."""
    if not right.kept:
        return "the first request", "compute(), put, return"
    if key not in right.kept:
        return "another key", "the key: each has its own answer"
    deadline = right.kept[key][1]
    if now >= deadline:
        when = "the moment it expires" if now == deadline else "a request after it has expired"
        return when, "now < deadline is fresh"
    return "a request before the end", "store.get first; a new answer is stored, too"


def _judge_deadline(store: AnswerStore, right: AnswerStore, key: str) -> None:
    _, deadline = store.kept.get(key, ("", None))
    expected = right.kept[key][1]
    if deadline != expected:
        CACHED.fail(
            f"a deadline {expected:g}: now + ttl_s at the moment of computing",
            f"{deadline!r}",
            "what you put into the store; a hit does not make an answer younger",
        )


def _judge_failures(limits: CallLimits, function: Callable) -> None:
    shelf, silent = AnswerStore(), Model(nothing=True)
    for _ in range(2):
        limits.call(function, "k", shelf, silent, 0.0, 10.0)
    if shelf.kept or silent.calls != 2:
        CACHED.fail(
            "None, which means no answer, returned and not stored",
            f"{shelf.kept or silent.calls!s:.60}",
            "what you store: otherwise one bad moment is served for an hour",
        )
    broken, later = Model(error=ConnectionError("the model is gone")), Model()

    def survives(key: str, *rest: object) -> object:
        try:
            function(key, shelf, broken, *rest)
        except ConnectionError:
            return function(key, shelf, later, *rest)
        return None

    where = "for the request after one whose compute() raised, and the error raised to the caller"
    look = "`except`: let the error of compute() reach the caller"
    CACHED.expect(limits.call(survives, "k", 0.0, 10.0), "answer 1", where, look)
