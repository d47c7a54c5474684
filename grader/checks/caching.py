"""The checks of lab 07, exact: what a key holds, and how long an answer lives."""

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
    """Two fifths for which texts count as one, two for the versions, one for keys that stay apart."""
    limits = CallLimits(KEY)

    def text() -> None:
        for one, other in ALIKE:
            if _key(limits, function, one) != _key(limits, function, other):
                KEY.fail(
                    f"one key for {one!r} and {unicodedata.normalize('NFC', other)!r}",
                    "two keys",
                    "capitals (casefold), white space, the mark at the end, unicodedata.normalize",
                )
        for one, other in UNLIKE:
            if _key(limits, function, one) == _key(limits, function, other):
                KEY.fail(
                    f"two keys for {one!r} and {other!r}",
                    "one key: the second asker gets the first one's answer",
                    "what is thrown away: numbers, words, hyphens and points inside them all count",
                )

    def versions() -> None:
        rng = fresh_rng()
        for _ in range(ROUNDS):
            now = {name: f"{name} {rng.randrange(100)}" for name in VERSIONS}
            for name in VERSIONS:
                new = {**now, name: f"{name} {rng.randrange(100, 200)}"}
                if _key(limits, function, "How long?", **now) == _key(
                    limits, function, "How long?", **new
                ):
                    KEY.fail(
                        f"another key for another {name}",
                        f"the same for {now[name]!r} and {new[name]!r}",
                        "everything that the answer depends on belongs in",
                    )

    def apart() -> None:
        _judge_apart(limits, function)

    points = score(out_of, (0.4, text), (0.4, versions), (0.2, apart))
    if points == out_of:
        KEY.passed("What is in the key can change without a single stale answer.")
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
        KEY.fail("a text that is not empty", kind(got), "the line with `return`: str, not bytes")
    return got


def _judge_apart(limits: CallLimits, function: Callable) -> None:
    """Parts that look alike when joined, and keys that are the same tomorrow."""
    for joint in ("", " ", "|", "-", ":", "/", ",", "\n", "\0", "_", ";", "::"):
        one = _key(limits, function, "q", f"a{joint}b", "c", "d")
        other = _key(limits, function, "q", "a", f"b{joint}c", "d")
        shifted = _key(limits, function, "q", "a", "b", f"c{joint}d")
        if one == other or other == shifted:
            KEY.fail(
                f"two keys for model {f'a{joint}b'!r}, index 'c' and model 'a', index {f'b{joint}c'!r}",
                "one key",
                "how the parts are joined: json.dumps of a list keeps them apart, hashlib makes it short",
            )
    names = names_in(function)
    if "hash" in names and "hashlib" not in names:
        KEY.fail(
            "the same key after a restart",
            "hash(): Python salts it anew in every process",
            "hashlib.sha256(text.encode()).hexdigest() stays what it is",
        )


# ---- exercise 2: a life of limited length -------------------------------------------------------------


@exported("get", "put")
@dataclass
class IndexHandle:
    """Answers with their deadlines by key; it says what is put on it."""

    kept: dict[str, tuple[str, float]] = field(default_factory=dict)

    def get(self, key: str) -> tuple[str, float] | None:
        """(answer, deadline), or None."""
        return self.kept.get(key)

    def put(self, key: str, answer: str, deadline: float) -> None:
        """Keep it, in place of what was there."""
        self.kept[key] = (answer, deadline)

    def __deepcopy__(self, memo: dict) -> IndexHandle:
        return self


@dataclass
class Model:
    """Answers "answer 1", "answer 2", ... and counts; or fails with `error`, or has nothing to say."""

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
    """Kept answers while they are fresh, new ones afterwards, and nothing kept of a failure."""
    limits, rng = CallLimits(CACHED), fresh_rng()
    for _ in range(ROUNDS):
        shelf, model, ttl_s, now = (
            IndexHandle(),
            Model(),
            rng.randrange(10, 1000),
            rng.randrange(10**6),
        )

        def ask(
            at: float, key: str = "k", shelf: IndexHandle = shelf, model: Model = model
        ) -> object:
            return limits.call(function, key, shelf, model, at, ttl_s)  # noqa: B023 (used in this round)

        _expect(ask(now), "answer 1", "the first request", "compute(), put, return")
        _expect(ask(now + ttl_s - 1), "answer 1", "a second before the end", "shelf.get first")
        _judge_deadline(shelf, now + ttl_s)
        _expect(ask(now, "other"), "answer 2", "another key", "the key: each has its own answer")
        _expect(ask(now + ttl_s), "answer 3", "the moment it expires", "now < deadline is fresh")
        _expect(ask(now + ttl_s + 1), "answer 3", "a second later", "the new answer is kept again")
        _judge_deadline(shelf, now + 2 * ttl_s)
    _judge_failures(limits, function)
    CACHED.passed("Fresh, then computed, and a failure is nobody's answer tomorrow.")


def _expect(got: object, expected: str, when: str, look: str) -> None:
    if got != expected:
        CACHED.fail(f"{expected!r} for {when}", kind(got), look)


def _judge_deadline(shelf: IndexHandle, expected: float) -> None:
    _, deadline = shelf.kept.get("k", ("", None))
    if deadline != expected:
        CACHED.fail(
            f"a deadline {expected:g}: now + ttl_s of the moment it was computed",
            f"{deadline!r}",
            "what is put on the shelf; a hit does not make an answer younger",
        )


def _judge_failures(limits: CallLimits, function: Callable) -> None:
    shelf, silent = IndexHandle(), Model(nothing=True)
    for _ in range(2):
        limits.call(function, "k", shelf, silent, 0.0, 10.0)
    if shelf.kept or silent.calls != 2:
        CACHED.fail(
            "None, no answer, is returned and not kept",
            f"{shelf.kept or silent.calls!s:.60}",
            "what is worth keeping: otherwise one bad moment is served for an hour",
        )
    broken, later = Model(error=ConnectionError("the model is gone")), Model()

    def survives(key: str, *rest: object) -> object:
        try:
            function(key, shelf, broken, *rest)
        except ConnectionError:
            return function(key, shelf, later, *rest)
        return None

    got = limits.call(survives, "k", 0.0, 10.0)
    if got != "answer 1":
        CACHED.fail(
            "an error of compute() reaches the caller, and the next one computes again",
            kind(got),
            "`except`: the error is not yours to swallow",
        )
