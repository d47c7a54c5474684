"""The streaming decode loop against llama.cpp's own benchmark loop, in turns, on the same file."""

import time

import pytest

from harness.measure.quality.exam import draw_exam
from harness.measure.stats import bootstrap_ratio
from harness.models.offline import BUILT
from harness.models.served import model_file
from harness.stages.prompt import stuffed_prompt

pytestmark = pytest.mark.perf

PARITY = 0.95  # of the loop that samples nothing and streams nothing
TOKENS = 48  # decoded in a sample: about a third of a second
PAIRS = 40  # of both loops, in turn: 12 left an interval of a fifth


def streamed_s(model, prompt):
    """Return the seconds from the first piece to the end of TOKENS tokens."""
    model.forget()
    pieces = model.stream(prompt, TOKENS, stop_at_end=False)
    next(pieces)
    start = time.perf_counter()
    for _ in pieces:
        pass
    return time.perf_counter() - start


def bench_loop_s(model, prompt):
    """Return the seconds for TOKENS - 1 tokens as `llama-bench` decodes them: one by one, no sampling."""
    context = model.context
    context.forget()
    context.feed(context.tokens(prompt))
    start = time.perf_counter()
    for token in range(1, TOKENS):
        context.feed([token % context.n_vocab])
        context.wait()
    return time.perf_counter() - start


@pytest.mark.parametrize("name", [f"{model.name}-Q8_0" for model in BUILT])
def test_streaming_costs_at_most_a_twentieth_of_decode(name):
    [item] = draw_exam(1, passages=3)
    prompt, model = stuffed_prompt(item.case.question, list(item.chunks)), model_file(name).load()
    times = [(streamed_s(model, prompt), bench_loop_s(model, prompt)) for _ in range(PAIRS)]
    stream, loop = zip(*times, strict=True)
    ratio = bootstrap_ratio(loop, stream)  # 1 is equal; above 1, streaming is faster
    print(f"{name}: decode at {ratio} of llama.cpp's own loop")
    assert ratio.high >= PARITY
