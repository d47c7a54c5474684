"""A simulated model for the checks of lab 05 that drive one.

Its next token follows from the tokens that it has read, so a rejected one left among them changes the text,
as it does in a real model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile
from random import Random
from typing import NoReturn

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import CheckFailed, Exercise
from grader.exercise.exported import exported

END = 2  # the end of the turn
TOKENS = range(10, 1000)
LAST_READ = 20  # tokens on which the next one depends: longer texts take no longer


@exported("seen", "end", "choices", "keep")
class SimulatedModel:
    """A stand-in for `LlamaContext` with the members that the exercises name.

    ends_at: the number of tokens that END follows. given: what greedy decoding writes, if steps have to
    belong to it; known: how many of its tokens the steps so far have told; most: how many are asked for.
    passes, n_read: steps, and tokens read in them. misuse: the first CheckFailed, which stands even if the
    learner's function catches it.
    """

    end = END

    def __init__(self, exercise: Exercise, seed: int, ends_at: int = 99) -> None:
        self.exercise, self.seed, self.ends_at = exercise, seed, ends_at
        self.given: list[int] = []
        self.known, self.most = 0, ends_at
        self.passes = self.n_read = 0
        self.misuse: CheckFailed | None = None
        self._seen: list[int] = []

    def __deepcopy__(self, memo: dict) -> SimulatedModel:
        return self  # the check reads this very object

    @property
    def seen(self) -> list[int]:
        """A copy of the tokens read: only `choices` and `keep` change the model's own."""
        return list(self._seen)

    def start(self, seen: Sequence[int], given: Sequence[int] = (), most: int = 99) -> None:
        """Set `seen` as the tokens read, without a step; the next token of `given` is known."""
        self._seen, self.given = list(seen), list(given)
        self.known, self.most = len(seen) + 1, len(seen) + most

    def choices(self, tokens: Sequence[int]) -> list[int]:
        """Read `tokens`, and return the next token after each of them."""
        if not isinstance(tokens, list | tuple) or not tokens:
            self.refuse(
                "choices(tokens), with a list of at least one token",
                f"{tokens!r:.60}",
                "what you read: where all tokens have been read, drop the last and read it again",
            )
        if self.given:
            self._belongs(tokens)
        self.passes += 1
        self.n_read += len(tokens)
        return [self._read(token) for token in tokens]

    def _read(self, token: int) -> int:
        self._seen.append(token)
        return self.after(self._seen)

    def keep(self, count: int) -> None:
        """Drop all but the first `count` tokens read."""
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            look = "what you pass to keep(): how many tokens stay, counted from the first"
            self.refuse("keep(count), with a number from 0 on", f"{count!r:.60}", look)
        del self._seen[count:]

    def after(self, seen: Sequence[int]) -> int:
        """Return the most likely token after `seen`, unlike the last ones: an equal one hides a mistake."""
        if len(seen) == self.ends_at:
            return END
        last = list(seen[-LAST_READ:])
        return Random(f"{self.seed} {last}").choice([t for t in TOKENS if t not in last])

    def text(self, start: Sequence[int], length: int) -> list[int]:
        """Return `start` and what greedy decoding writes after it, `length` tokens in all."""
        text = list(start)
        while len(text) < length:
            text.append(self.after(text))
        return text

    def refuse(self, expected: str, got: str, look: str) -> NoReturn:
        """Raise CheckFailed, and remember the first one."""
        try:
            self.exercise.fail(expected, got, look)
        except CheckFailed as failed:
            self.misuse = self.misuse or failed
            raise

    def unfinished(self, what: str) -> None:
        """Raise CheckFailed if the answer is complete, so that `what`, a step or a draft, is one too many."""
        if END in self.given[: self.known]:
            look = "when your loop ends: the end may come in the middle of what a step writes"
            self.refuse(f"no {what} after the end of the turn", "one more", look)
        if self.known >= self.most:
            look = "when your loop ends: as soon as there are `most` tokens"
            self.refuse(f"no {what} once the answer is complete", "one more", look)

    def _belongs(self, tokens: Sequence[int]) -> None:
        """Raise CheckFailed unless a step over `tokens` continues the text that is given."""
        place = len(self._seen)
        if wrong := [n for n in range(place) if self._seen[n] != self.given[n]]:
            self.refuse(
                f"a step after tokens of the text, {wrong[0]} so far",
                f"a step after {place}, of which number {wrong[0] + 1} is not in the text",
                "the rejected tokens: keep() drops them before the next step",
            )
        if tokens[0] != self.given[place]:
            twice = place > 0 and tokens[0] == self.given[place - 1]
            self.refuse(
                f"a step that begins with {self.given[place]} after {place} tokens",
                f"one that begins with {tokens[0]!r:.20}",
                "the count for keep(): the first token of this step is still read"
                if twice
                else "where a step begins: the token written last, which has not been read",
            )
        self.unfinished("step")
        self.known = max(self.known, place + agreeing(tokens, self.given[place:]) + 1)


def agreeing(some: Sequence[int], others: Sequence[int]) -> int:
    """Return how many tokens are equal from the front."""
    return sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(some, others, strict=False))
    )


def draft_of(text: Sequence[int], place: int, length: int, right: int) -> list[int]:
    """Return a draft of text[place:]: `right` right tokens, a wrong one, then right ones again."""
    drafted = list(text[place : place + length])
    if right < length:
        drafted[right] += 1
    return drafted


def outcome(
    limits: CallLimits, function: Callable[..., object], model: SimulatedModel, *arguments: object
) -> object:
    """Return what `function` returns for `model` and `arguments`, or the CheckFailed that it leads to.

    Raises it at once if the time was used up, as each further case would take as long again.
    """
    try:
        got = limits.call(function, model, *arguments)
    except CheckFailed as failed:
        if limits.ran_out:
            raise
        got = failed
    return model.misuse or got
