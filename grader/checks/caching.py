"""The checks of lab 07 on exact caching: the key, and the lifetime of an answer."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from grader.checks.caching_probes import ALIKE, UNLIKE
from grader.exercise.call_limits import CallLimits, names_in
from grader.exercise.exercise import Exercise, check, kind, score
from grader.exercise.exported import exported
from grader.exercise.randomness import fresh_rng

ROUNDS = 20
VERSIONS = ("model", "index", "prompt")

KEY = Exercise("07", 1, "answer_key")
CACHED = Exercise("07", 2, "cached")


# ---- exercise 1: the key ------------------------------------------------------------------------------


@check
def answer_key(function: Callable[[str, str, str, str], str], out_of: float) -> float:
    """Check which texts share a key (2/5 of the points), its versions (2/5) and how it joins parts (1/5)."""
    limits = CallLimits(KEY)

    def text() -> None:
        for first, second in ALIKE:
            if _key(limits, function, first) != _key(limits, function, second):
                KEY.fail(
                    f"one key for {first!r} and {unicodedata.normalize('NFC', second)!r}",
                    "two keys",
                    "capitals (casefold), white space, the mark at the end, unicodedata.normalize",
                )
        for first, second in UNLIKE:
            if _key(limits, function, first) == _key(limits, function, second):
                KEY.fail(
                    f"two keys for {first!r} and {second!r}",
                    "one key: the second user gets the first one's answer",
                    "what you remove: numbers, words, hyphens and points inside them all count",
                )

    def versions() -> None:
        rng = fresh_rng()
        for _ in range(ROUNDS):
            now = {name: f"{name} {rng.randrange(100)}" for name in VERSIONS}
            for name in VERSIONS:
                new = {**now, name: f"{name} {rng.randrange(100, 200)}"}
                first, second = (_key(limits, function, "How long?", **v) for v in (now, new))
                if first == second:
                    KEY.fail(
                        f"another key for another {name}",
                        f"the same key for {now[name]!r} and {new[name]!r}",
                        "the parts of the key: everything that the answer depends on belongs in it",
                    )

    joined = (0.2, lambda: _judge_apart(limits, function))
    points = score(out_of, (0.4, text), (0.4, versions), joined)
    if points == out_of:
        KEY.passed("Whatever is in the key can change without a single stale answer.")
    return points


def _key(
    limits: CallLimits,
    function: Callable,
    text: str,
    model: str = "m",
    index: str = "i",
    prompt: str = "p",
) -> str:
    got = limits.call(function, text, model, index, prompt)
    if not isinstance(got, str) or not got:
        KEY.fail("a str that is not empty", kind(got), "the line with `return`: str, not bytes")
    return got


def _judge_apart(limits: CallLimits, function: Callable) -> None:
    """Check that parts which look alike when joined have two keys, and that a key survives a restart."""
    for joint in ("", " ", "|", "-", ":", "/", ",", "\n", "\0", "_", ";", "::"):
        first = _key(limits, function, "q", f"a{joint}b", "c", "d")
        second = _key(limits, function, "q", "a", f"b{joint}c", "d")
        third = _key(limits, function, "q", "a", "b", f"c{joint}d")
        if first == second or second == third:
            parts = f"model {f'a{joint}b'!r}, index 'c' and model 'a', index {f'b{joint}c'!r}"
            look = "how the parts are joined: json.dumps of a list keeps them apart, hashlib makes it short"
            KEY.fail(f"two keys for {parts}", "one key", look)
    names = names_in(function)
    if "hash" in names and "hashlib" not in names:
        KEY.fail(
            "the same key after a restart",
            "hash(), which Python salts anew in every process",
            "hashlib.sha256(text.encode()).hexdigest(): it is the same in every process",
        )


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
        shelf, model = AnswerStore(), Model()
        ttl_s, now = rng.randrange(10, 1000), rng.randrange(10**6)
        requests = [  # at, key, expected, when, look
            (now, "k", "answer 1", "the first request", "compute(), put, return"),
            (
                now + ttl_s - 1,
                "k",
                "answer 1",
                "a request a second before the end",
                "store.get first",
            ),
            (now, "other", "answer 2", "another key", "the key: each has its own answer"),
            (now + ttl_s, "k", "answer 3", "the moment it expires", "now < deadline is fresh"),
            (now + ttl_s + 1, "k", "answer 3", "a second later", "the new answer: store it, too"),
        ]
        deadlines = {1: now + ttl_s, 4: now + 2 * ttl_s}  # of "k" after these requests
        for number, (at, key, expected, when, look) in enumerate(requests):
            got = limits.call(function, key, shelf, model, at, ttl_s)
            CACHED.expect(got, expected, f"for {when}", look)
            if number in deadlines:
                _judge_deadline(shelf, deadlines[number])
    _judge_failures(limits, function)
    CACHED.passed("Answers are reused while they are fresh, and failures are never stored.")


def _judge_deadline(shelf: AnswerStore, expected: float) -> None:
    _, deadline = shelf.kept.get("k", ("", None))
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
