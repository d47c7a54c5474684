"""Requests measured for their floors, on fakes."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from harness import semconv
from harness.kb.questions import draw
from harness.measure.latency import floor_run
from harness.measure.latency.floor import Parts, Weights
from harness.measure.latency.timing import time_or_fault
from harness.models.catalog import SMOLLM2
from harness.models.engines.llama_model import LlamaModel
from harness.models.engines.threads import Threads
from harness.models.gguf.export import export
from harness.models.gguf.format import Tensor
from harness.serve.entry import Entry
from harness.serve.network import Network
from harness.stages.exact_search import ExactSearch
from harness.stages.hnsw_search import HnswSearch
from harness.wrappers.hidden_pointer import HiddenPointer
from tests.fakes import Scripted, chunk, pipeline
from tests.tiny import tiny_llama

NEAR = Network(rtt_ms=1, keep_alive=True, preflight=())
VECTORS = np.eye(3, dtype=np.float32)
CHUNKS = [chunk(n) for n in range(3)]


class Context:
    """A context of llama.cpp that reads at once; `read` uses `feed`, as the real one does."""

    def __init__(self):
        self.seen, self.n_gpu_layers = [], 0

    def read(self, tokens):
        self.feed(tokens)

    def feed(self, tokens):
        self.seen += tokens

    def choices(self, tokens):
        self.seen += tokens
        return list(tokens)


@dataclass
class Generation:
    """A generate stage whose model reads a prompt of 7 tokens and checks a draft of 2."""

    model: SimpleNamespace

    def __call__(self, question, chunks):
        self.model.context.read(list(range(7)))
        yield "Twenty-four "
        self.model.context.choices([1, 2, 3])
        yield "months."


def entry(**stages):
    model = SimpleNamespace(name="fake", context=Context())
    generate = Generation(model)
    search = ExactSearch(CHUNKS, VECTORS, lambda text: np.array([True, True, False]))
    stages = {"generate": generate, "retrieve": search, "k": 1, "streaming": True} | stages
    forget = lambda: model.context.feed([0] * 99)  # noqa: E731
    return Entry("it", HiddenPointer(pipeline(**stages)), NEAR, forget=forget)


@pytest.fixture(scope="module")
def cases():
    return draw("dev", floor_run.WARM_UP + 2, seed=3)


def test_each_request_has_its_trace_its_passes_and_its_vectors(cases):
    it = entry()
    measured = list(floor_run.requests(it, cases))
    assert len(measured) == 2
    for request in measured:
        assert [(p.tokens, p.scored) for p in request.passes] == [(7, 1), (3, 3)]
        assert request.vectors == 2
        assert request.question_tokens is None  # the fake embeds without a model
        assert set(semconv.STAGES) <= set(request.trace.stage_ms())
    assert "feed" not in vars(it.assistant.inner.generate.model.context)


def test_the_passes_of_llama_cpp_are_recorded_with_an_opening_and_drafts(tmp_path):
    path = export(tiny_llama(layers=1, vocabulary=49152), SMOLLM2.path(), tmp_path / "t.gguf", "t")
    model = LlamaModel(
        path, Threads(1, 1), n_gpu_layers=0, draft=lambda tokens: [5, 6], opening="The lamp"
    )
    prompt = "How long is it covered?"
    with floor_run.observed(model.context) as passes:
        list(model.stream(prompt, 4, stop_at_end=False))
    first, *rest = passes
    opening = model.count("The lamp")
    assert (first.tokens, first.scored) == (model.count(prompt) + opening, opening + 1)
    assert rest and all((p.tokens, p.scored) == (3, 3) and p.ms > 0 for p in rest)


def test_an_assistant_of_another_kind_is_measured_without_passes(cases):
    plain = Entry("plain", pipeline(), NEAR)
    (request, _) = floor_run.requests(plain, cases)
    assert (request.passes, request.vectors) == ((), None)
    assert floor_run.parts(plain) == Parts(1)


def test_a_request_that_goes_wrong_gives_no_number(cases):
    with pytest.raises(floor_run.FloorFaultError, match="broken went wrong"):
        list(floor_run.requests(Entry("broken", Scripted(), NEAR), cases))


def test_a_search_in_a_graph_is_not_known():
    graph = SimpleNamespace(vectors=VECTORS, index=object())
    assert {"vectors", "index"} <= set(HnswSearch.__annotations__)
    assert floor_run.inside(pipeline(retrieve=graph)).retrieve is None


def test_the_pipeline_is_found_in_its_wrappers():
    inner = pipeline()
    assert floor_run.within_wrappers(HiddenPointer(HiddenPointer(inner))) is inner
    other = Scripted()
    assert floor_run.within_wrappers(other) is other


def test_the_embedder_is_found_behind_what_projects_its_vectors():
    model = torch.nn.Linear(4, 4)
    inner = SimpleNamespace(tokenizer=lambda text: {"input_ids": text.split()}, model=model)
    stage = SimpleNamespace(embed=SimpleNamespace(embed=inner))
    found = floor_run.inside(SimpleNamespace(generate=None, preprocess=stage))
    assert found.embedder is inner
    assert floor_run._tokens(found, "three words here") == 3


def test_tables_are_not_read_whole():
    model = torch.nn.Sequential(torch.nn.Embedding(1000, 8), torch.nn.Linear(8, 8, bias=False))
    assert floor_run.torch_weights(model) == Weights(8 * 8 * 4, 8 * 8)


@pytest.mark.parametrize("own_output", [False, True])
def test_an_output_layer_counts_once(monkeypatch, tmp_path, own_output):
    path = tmp_path / "m-Q8_0.gguf"
    tensors = [
        Tensor("token_embd.weight", "Q8_0", (32, 100)),
        Tensor("blk.0.attn_q.weight", "Q8_0", (32, 32)),
        *([Tensor("output.weight", "Q8_0", (32, 100))] if own_output else []),
    ]
    monkeypatch.setattr(floor_run, "model_files", lambda: [SimpleNamespace(path=path)])
    monkeypatch.setattr(floor_run.file, "inspect", lambda path: _header(path, tensors))
    matrix, table = 34 * 32, 34 * 100  # a block of Q8_0: 32 numbers in 34 bytes
    assert floor_run.gguf_weights("m-Q8_0") == Weights(matrix + table, 32 * 32, 3200, "int8")
    assert floor_run.gguf_weights("another") is None


@pytest.mark.parametrize(("layers", "known"), [(0, True), (-1, False), (4, False)])
def test_only_a_model_on_the_processor_has_its_limits(monkeypatch, layers, known):
    monkeypatch.setattr(floor_run, "gguf_weights", lambda name: Weights(1, 1))
    it = entry()
    it.assistant.inner.generate.model.context.n_gpu_layers = layers
    assert (floor_run.parts(it).model is not None) == known


@pytest.mark.parametrize("jump_ms", [-3_600_000, -50, 50])
def test_a_clock_that_is_set_during_a_request_gives_no_number(monkeypatch, cases, jump_ms):
    def timed(client, question):
        timing = time_or_fault(client, question)
        return replace(timing, e2e_ms=timing.e2e_ms - jump_ms)

    monkeypatch.setattr(floor_run, "time_or_fault", timed)
    with pytest.raises(floor_run.FloorFaultError, match="clock was set"):
        list(floor_run.requests(entry(), cases))


def _header(path, tensors):
    return floor_run.file.Header(path, "llama", "m", "Q8_0", 1, 64, 0, tuple(tensors))
