"""The reference beside a stock stack on the same model file, in one interleaved run.

Needs the extra `peers`: make perf installs it.
"""

from contextlib import contextmanager
from dataclasses import replace

import pytest

from harness import entries
from harness.kb.questions import draw
from harness.measure.latency.bench import WARM_UP, run_bench
from harness.measure.latency.floor_run import within_wrappers
from harness.models.offline import COMPACT
from harness.serve.entry import Entry

pytest.importorskip(
    "langchain_community", reason="needs the extra peers: pip install -e '.[peers]'"
)

pytestmark = pytest.mark.perf

QUESTIONS = 200  # of the test split: 20 of them have no answer


class InProcess(Entry):
    """An entry without network and server: its assistant is called directly."""

    @contextmanager
    def deployed(self):
        yield self.assistant


@pytest.fixture(scope="module")
def sides():
    from tests.perf.peers import langchain_stack

    ours = entries.entry_named("reference")
    return langchain_stack.entry(COMPACT.gguf("Q4_0"), model_of(ours)), ours


def model_of(ours):
    return within_wrappers(ours.assistant).generate.model


def compared(sides, n=QUESTIONS, seed=2718):
    """Return the bench of the stock stack (a) and the reference (b) on questions of the test split."""
    *_, found = run_bench(*sides, draw("test", WARM_UP + n, seed))
    assert found.comparison.clean, found.comparison.faults
    for measured in ("ttft_ms", "e2e_ms"):
        print(f"\n{measured}: stock / ours {found.comparison.ratio(measured)}")
        for side in "ab":
            print(f"  {found.comparison.latencies(side, measured)}")
    for side in "ab":
        print(f"  {found.quality(side)}")
    return found


def in_process(entry):
    return InProcess(entry.name, entry.assistant, entry.network, entry.division, entry.forget)


def test_both_sides_give_llama_cpp_the_same(sides):
    stock, ours = sides[0].assistant.llm, model_of(sides[1])
    llama, context = stock.client, ours.context
    assert (llama.n_threads, llama.n_threads_batch) == (ours.threads.decode, ours.threads.prefill)
    assert (llama.n_ctx(), llama.n_batch) == (context.n_ctx, context.n_ctx)
    assert stock.n_gpu_layers == context.n_gpu_layers


def test_in_one_process_the_reference_is_faster_and_right_more_often(sides):
    found = compared([in_process(side) for side in sides])
    assert found.comparison.ratio("ttft_ms").p50 >= 1
    assert found.comparison.ratio("e2e_ms").p50 >= 1
    assert found.quality("b").fact.rate >= found.quality("a").fact.rate + 0.1


def test_through_http_too(sides):
    stock, ours = sides
    found = compared([replace(stock, network=ours.network), ours])
    assert found.comparison.ratio("e2e_ms").p50 >= 1
