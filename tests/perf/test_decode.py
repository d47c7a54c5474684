"""Our decode beside llama.cpp's own benchmark loop, in turn, on the same file."""

import pytest

from harness.measure.model_files.token_speed import against_bench_loop
from harness.measure.quality import desk
from harness.models.offline import BUILT
from harness.models.served import named
from harness.stages.prompt import stuffed_prompt

pytestmark = pytest.mark.perf

PARITY = 0.95  # of the loop that samples nothing and streams nothing


@pytest.mark.parametrize("name", [f"{model.name}-Q8_0" for model in BUILT])
def test_streaming_costs_at_most_a_twentieth_of_decode(name):
    [item] = desk.exam(1, passages=3)
    prompt = stuffed_prompt(item.case.question, list(item.chunks))
    ratio = against_bench_loop(named(name).load(), prompt)
    print(f"{name}: decode at {ratio} of llama.cpp's own loop")
    assert ratio.high >= PARITY
