"""How long a score takes: 400 words cold in the process's cache, and a turn of a running interview."""

from __future__ import annotations

import time
from collections.abc import Callable

from harness.interview.dialogue.moves import Utterance
from harness.interview.dialogue.opening import new_session, ready
from harness.interview.scoring.score import Scorer
from harness.interview.scoring.sentences import WORD
from harness.measure.latency.stats import percentile
from tests.interview.agreement import full_answers

WORDS = 400
TIMES = 90  # a p95 wants as many
TURN = "I think decode dominates, so I would try a smaller model and look at the quality again."


def score_p95_ms(scorer: Scorer) -> float:
    """p95 of scoring 400 words, each time other ones, in ms."""
    texts = [_words(number) for number in range(TIMES)]
    return percentile([_ms(lambda text=text: scorer.answer(text)) for text in texts], 95)


def turn_p95_ms() -> float:
    """p95 of a warm turn in the middle of an interview, in ms."""
    play = ready(new_session("S01", seed=1), None)
    play.begin()
    for text in ("Where does the time go?", "How many tokens are written?"):
        play.say(text)
    state, one = play.state, play.interviewer
    turns = [Utterance(60.0, f"{TURN} That is thought number {n}.") for n in range(TIMES)]
    return percentile([_ms(lambda turn=turn: one.step(state, turn)) for turn in turns], 95)


def _words(number: int) -> str:
    """400 words of the gold answers, from another place on each time."""
    text = "\n".join(item["text"] for half in ("tuning", "held_out") for item in full_answers(half))
    words = list(WORD.finditer(text))
    first = number * 37 % (len(words) - WORDS)
    return text[words[first].start() : words[first + WORDS - 1].end()]


def _ms(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began)
