"""Several sequences in one context of the real llama.cpp, on a random Llama of two layers."""

from itertools import islice

import pytest

from harness.errors import WrongUseError
from harness.labs.load.batch import Job, one_by_one, static
from harness.labs.load.batching import run
from harness.labs.load.sequences import Sequences
from harness.models.catalog import SMOLLM2
from harness.models.engines.llama_context import LlamaContext
from harness.models.engines.threads import Threads
from harness.models.gguf.export import export
from tests.tiny import tiny_llama

ONE = Threads(1, 1)
PROMPTS = ([5, 6, 7], [9, 8, 7, 6, 5], [11] * 9, [30, 31])


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    model = tiny_llama(layers=2, vocabulary=49152)
    return export(model, SMOLLM2.path(), tmp_path_factory.mktemp("tiny") / "tiny.gguf", "tiny")


@pytest.fixture(scope="module")
def alone(file):
    """What each prompt gets when nobody else is there, from the context of one sequence."""
    context = LlamaContext(file, n_ctx=128)

    def written(prompt, n=6):
        context.forget()
        context.read(prompt)
        return list(islice(context.greedy(), n))

    return [written(prompt) for prompt in PROMPTS]


def test_neighbours_do_not_change_what_is_written(file, alone):
    engine = Sequences(file, slots=4, threads=ONE, tokens_each=64)
    newest = {slot: engine.read(slot, prompt) for slot, prompt in enumerate(PROMPTS)}
    texts = {slot: [token] for slot, token in newest.items()}
    for _ in range(5):
        newest = engine.step(newest)
        for slot, token in newest.items():
            texts[slot].append(token)
    assert list(texts.values()) == alone


def test_who_leaves_makes_room_for_somebody_else_in_the_middle(file, alone):
    engine = Sequences(file, slots=2, threads=ONE, tokens_each=64)
    first, second = engine.read(0, PROMPTS[0]), engine.read(1, PROMPTS[1])
    step = engine.step({0: first, 1: second})
    engine.drop(1)
    third = engine.read(1, PROMPTS[2])
    assert [second, step[1]] == alone[1][:2]
    assert third == alone[2][0]
    assert engine.step({0: step[0], 1: third}) == {0: alone[0][2], 1: alone[2][1]}


def test_every_schedule_writes_the_same(file, alone):
    jobs = [Job(n, p, most=6, stops=False) for n, p in enumerate(PROMPTS)]
    engine = Sequences(file, slots=2, threads=ONE, tokens_each=64)
    for schedule in (one_by_one, static):
        assert [list(one.tokens) for one in run(engine, schedule, jobs).served] == alone


def test_wrong_use_is_a_sentence(file):
    engine = Sequences(file, slots=1, threads=ONE, tokens_each=8)
    for prompt in ([], list(range(8))):
        with pytest.raises(WrongUseError, match="a sequence holds 8"):
            engine.read(0, prompt)
    with pytest.raises(WrongUseError, match="Slot 1"):
        engine.read(1, [1])
    token = engine.read(0, [1, 2, 3])
    with pytest.raises(WrongUseError, match="Slot 0 is taken"):
        engine.read(0, [1])
    with pytest.raises(WrongUseError, match="room left"):
        engine.step({})
    for _ in range(5):
        token = engine.step({0: token})[0]
    with pytest.raises(WrongUseError, match="full: \\[0\\]"):
        engine.step({0: token})
