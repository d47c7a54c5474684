"""Times of a score of 400 new words, of a turn of a running interview, and of hearing a turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from harness.interview.dialogue.opening import new_session, ready
from harness.interview.listening.listener import listener
from harness.interview.scenario.scenario import scenario
from harness.interview.scoring.score import Scorer
from harness.interview.scoring.sentences import WORD
from harness.measure.stats import percentile
from tests.interview.agreement import full_answers

WORDS = 400
TIMES = 90  # enough for a p95
INTERVIEWS, MINUTES = 3, 60  # of 30 turns each: a late turn has the whole interview behind it
TURNS = (
    "Where does the time go?",
    "How many tokens are written, and how long is the prompt?",
    "It's decode: about 150 tokens one after the other are most of the 3.2 s.",
    "I think decode dominates, so I would try a smaller model and look at the quality again.",
    "I'd also stream, so that the first words come early, although the total stays the same.",
    "What is the cache hit rate? And how busy is the GPU at peak?",
    "Quantising to int8 halves the bytes; the risk is quality, so we'd run the evaluation set first.",
    "If p90 stays under 500 ms for a week we ship, otherwise we roll back.",
    "A cache helps the questions that repeat, perhaps one in five, and nothing else.",
    "Tell product that the first words come in half a second and the whole answer takes longer.",
)


def score_p95_ms(scorer: Scorer) -> float:
    """Return the p95 of scoring 400 words, in ms; the words differ each time, so that no cache helps."""
    texts = [_words(number) for number in range(TIMES)]
    return percentile([_ms(lambda text=text: scorer.answer(text)) for text in texts], 95)


def turn_p95_ms() -> float:
    """Return the p95 of the turns of whole interviews, in ms."""
    times = []
    for number in range(INTERVIEWS):
        play = ready(new_session("S01", seed=number, minutes=MINUTES), None)
        play.begin()
        texts = [text for text, _ in _turns(number)]
        times += [_ms(lambda text=text, play=play: play.say(text)) for text in texts]
    return percentile(times, 95)


def reading_p95_ms() -> float:
    """Return the p95 of hearing a turn, in ms, without an answer to it."""
    case, one = scenario("S01"), listener()
    turns = [turn for number in range(INTERVIEWS) for turn in _turns(number + INTERVIEWS)]
    return percentile([_ms(lambda turn=turn: one.read(*turn, case)) for turn in turns], 95)


def _turns(interview: int) -> Iterator[tuple[str, str]]:
    """Yield (turn, words before it); each turn is said once, so that no cache of whole turns helps."""
    for number in range(TIMES // INTERVIEWS):
        text = TURNS[number % len(TURNS)]
        yield f"{text} That is point {number} of talk {interview}.", "What else?"


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
