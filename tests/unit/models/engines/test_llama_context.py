"""The real llama.cpp with a random Llama of two layers: reading, reusing, forgetting, and bad files."""

import llama_cpp
import numpy as np
import psutil
import pytest

from harness.errors import WrongUseError
from harness.models.engines.llama_context import LlamaContext
from harness.models.engines.llama_loading import NO_MEMORY, NotEnoughMemoryError
from harness.models.engines.llama_model import LlamaModel
from harness.models.engines.threads import Threads, choices, probed
from harness.store import CorruptFileError, StoreError

ONE = Threads(1, 1)


@pytest.fixture
def context(file):
    return LlamaContext(file, n_ctx=128)


def written(context, prompt, n=6):
    context.read(prompt)
    tokens = context.greedy()
    return [next(tokens) for _ in range(n)]


def test_a_known_prefix_is_not_read_again_and_changes_nothing(context, file):
    first, second = [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 9, 8, 7]
    assert context.read(first) == 0
    assert context.read(second) == 4
    warm = context.scores().copy()
    cold = LlamaContext(file, n_ctx=128)
    cold.read(second)
    assert np.allclose(warm, cold.scores(), atol=1e-4)


def test_the_same_prompt_again_reads_its_last_token_again(context):
    context.read([1, 2, 3])
    before = context.scores().copy()
    assert context.read([1, 2, 3]) == 2
    assert np.allclose(before, context.scores(), atol=1e-5)


def test_what_was_written_counts_as_read(context):
    tokens = written(context, [5, 6, 7])
    assert context.seen == [5, 6, 7, *tokens[:-1]]
    assert context.read([5, 6, 7, *tokens[:3], 4]) == 6


def test_forgotten_is_cold(context):
    context.read([1, 2, 3])
    context.forget()
    assert context.read([1, 2, 3]) == 0


def test_every_score_is_the_score_of_each_step(context):
    prompt = [3, 1, 4, 1, 5]
    scores = context.every_score(prompt)
    assert scores.shape == (5, 49152)
    for end in range(1, 6):
        context.forget()
        context.read(prompt[:end])
        assert np.allclose(context.scores(), scores[end - 1], atol=1e-3)


def test_choices_are_the_greedy_token_after_each(context):
    tokens = written(context, [5, 6, 7], n=4)
    context.read([5, 6])
    assert context.choices([7, *tokens[:3]]) == tokens
    assert context.seen == [5, 6, 7, *tokens[:3]]


def test_a_prompt_that_does_not_fit_is_refused_in_a_sentence(context):
    with pytest.raises(WrongUseError, match=r"129 tokens .* holds 128"):
        context.read([1] * 129)
    with pytest.raises(WrongUseError, match="0 tokens"):
        context.read([])


def test_a_guess_without_a_prompt_is_refused_and_changes_nothing(context):
    context.read([1, 2, 3])
    with pytest.raises(WrongUseError, match="0 tokens"):
        context.read_ahead([], [1, 2])
    assert context.seen == [1, 2, 3] and context.read([1, 2, 3, 4]) == 3


def test_writing_ends_where_the_context_is_full(context):
    context.read([1] * 120)
    assert len(list(context.greedy())) == 9


def test_a_model_streams_whole_characters_and_keeps_its_limit(file):
    model = LlamaModel(file, ONE, n_ctx=128)
    pieces = list(model.stream("Hello", 20, stop_at_end=False))
    assert len(pieces) <= 20
    assert "�" not in "".join(pieces)
    assert pieces == list(model.stream("Hello", 20, stop_at_end=False))


def test_a_stream_left_in_the_middle_leaves_the_model_usable(file):
    model = LlamaModel(file, ONE, n_ctx=128)
    whole = list(model.stream("Hello there", 8, stop_at_end=False))
    next(model.stream("Something else", 8, stop_at_end=False))
    assert list(model.stream("Hello there", 8, stop_at_end=False)) == whole


def test_the_number_of_threads_is_one_of_the_choices_and_the_probe_leaves_nothing(context):
    quiet = probed(context).quiet
    assert {quiet.decode, quiet.prefill, quiet.batch} <= set(choices())
    assert context.seen == []


@pytest.mark.parametrize(
    ("harm", "error", "sentence"),
    [
        (lambda data: data[:-1000], CorruptFileError, "cut short"),
        (lambda data: b"", CorruptFileError, "empty"),
        (lambda data: b"PK\x03\x04" + data, CorruptFileError, "GGUF"),
        (lambda data: data.replace(b"llama", b"lhama"), StoreError, "lhama"),
    ],
)
def test_a_bad_file_is_refused_in_a_sentence(file, tmp_path, harm, error, sentence):
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(harm(file.read_bytes()))
    with pytest.raises(error, match=sentence) as caught:
        LlamaContext(bad)
    assert "\n" not in str(caught.value)


def test_a_model_larger_than_the_free_memory_is_refused_before_it_is_loaded(file, monkeypatch):
    little = psutil.virtual_memory()._replace(available=1_000_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: little)
    with pytest.raises(NotEnoughMemoryError, match="1 MB are free"):
        LlamaContext(file)


def test_a_step_without_memory_is_a_sentence(context, monkeypatch):
    monkeypatch.setattr(llama_cpp, "llama_decode", lambda *_: NO_MEMORY)
    with pytest.raises(NotEnoughMemoryError, match="close other programs"):
        context.read([1, 2, 3])


class Noting:
    """A choice of threads that keeps the sizes of the steps noted."""

    def __init__(self):
        self.current, self.noted = ONE, []

    def note(self, phase, tokens, seconds):
        self.noted.append(tokens)


def test_steps_with_steady_threads_are_not_noted(context):
    context.threads = Noting()
    with pytest.raises(KeyError), context.steady_threads():
        context.read([1, 2, 3])
        raise KeyError
    context.feed([4, 5])
    assert context.threads.noted == [2]


def test_a_failed_step_is_not_noted(context, monkeypatch):
    context.threads = Noting()
    monkeypatch.setattr(llama_cpp, "llama_decode", lambda *_: NO_MEMORY)
    with pytest.raises(NotEnoughMemoryError):
        context.read([1, 2, 3])
    assert context.threads.noted == []


@pytest.mark.parametrize(("supported", "layers"), [(True, -1), (False, 0)])
def test_a_context_knows_its_layers_on_a_gpu(monkeypatch, file, supported, layers):
    monkeypatch.setattr(llama_cpp, "llama_supports_gpu_offload", lambda: supported)
    assert LlamaContext(file, 64, n_gpu_layers=0).n_gpu_layers == 0
    assert LlamaContext(file, 64, n_gpu_layers=-1).n_gpu_layers == layers
