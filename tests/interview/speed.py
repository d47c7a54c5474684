"""Times of a score of 400 new words, and of a turn of a running interview."""

from __future__ import annotations

import time
from collections.abc import Callable

from harness.interview.dialogue.moves import Utterance
from harness.interview.dialogue.opening import new_session, ready
from harness.interview.scoring.score import Scorer
from harness.interview.scoring.sentences import WORD
from harness.measure.stats import percentile
from tests.interview.agreement import full_answers

WORDS = 400
TIMES = 90  # enough for a p95
TURN = "I think decode dominates, so I would try a smaller model and look at the quality again."


def score_p95_ms(scorer: Scorer) -> float:
    """Return the p95 of scoring 400 words, in ms; the words differ each time, so that no cache helps."""
    texts = [_words(number) for number in range(TIMES)]
    return percentile([_ms(lambda text=text: scorer.answer(text)) for text in texts], 95)


def turn_p95_ms() -> float:
    """Return the p95 of a warm turn in the middle of an interview, in ms."""
    play = ready(new_session("S01", seed=1), None)
    play.begin()
    for text in ("Where does the time go?", "How many tokens are written?"):
        play.say(text)
    state, interviewer = play.state, play.interviewer
    turns = [Utterance(60.0, f"{TURN} That is thought number {n}.") for n in range(TIMES)]
    return percentile([_ms(lambda turn=turn: interviewer.step(state, turn)) for turn in turns], 95)


def _words(number: int) -> str:
    """Return 400 consecutive words of the gold answers; the start depends on `number`."""
    text = "\n".join(item["text"] for half in ("tuning", "held_out") for item in full_answers(half))
    words = list(WORD.finditer(text))
    first = number * 37 % (len(words) - WORDS)
    return text[words[first].start() : words[first + WORDS - 1].end()]


def _ms(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began)
