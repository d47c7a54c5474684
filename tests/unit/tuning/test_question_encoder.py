from random import Random

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from harness.models.lora.tune import Recipe, merged, trained, with_adapter
from harness.tuning.question_encoder import BATCH, Asking, batches
from harness.tuning.question_lessons import Candidates

D, TEXTS = 16, [f"{a} {b}" for a in range(1, 7) for b in range(1, 7)]
RECIPE = Recipe(steps=30, lessons=12, rank=8, alpha=16, rate=2e-2, seed=1, warmup=2, save_every=10)


def tiny_bert():
    torch.manual_seed(5)
    sizes = {"hidden_size": D, "num_hidden_layers": 1, "num_attention_heads": 2}
    return BertModel(BertConfig(vocab_size=8, intermediate_size=D, **sizes)).eval()


def tokenized(texts, **_):
    ids = [[int(word) for word in text.split()] for text in texts]
    longest = max(map(len, ids))
    padded = [row + [0] * (longest - len(row)) for row in ids]
    present = [[1] * len(row) + [0] * (longest - len(row)) for row in ids]
    return {"input_ids": torch.tensor(padded), "attention_mask": torch.tensor(present)}


def asking(model):
    passages = np.random.default_rng(0).standard_normal((len(TEXTS), D)).astype(np.float32)
    passages /= np.linalg.norm(passages, axis=1, keepdims=True)
    rows = np.array([[i, (i + 7) % 36, (i + 20) % 36] for i in range(36)])
    candidates = Candidates(rows, np.ones(rows.shape, bool), passages)
    plan = [Random(step).sample(range(36), 12) for step in range(RECIPE.steps)]
    return Asking(model, tokenized, torch.eye(D), TEXTS, candidates, plan)


def accuracy(model):
    data = asking(model)
    with torch.no_grad():
        scores = data.candidates.cosines(list(range(36)), data._vectors(TEXTS))
    return (scores.argmax(1) == 0).float().mean().item()


def test_the_adapter_moves_questions_to_their_passages_and_can_be_merged(tmp_path):
    model = with_adapter(tiny_bert(), RECIPE.rank, RECIPE.alpha)
    before = accuracy(model)
    trained(model, asking(model).gradients, RECIPE, tmp_path)
    assert accuracy(merged(tiny_bert(), tmp_path)) > max(0.6, before + 0.15)


def test_a_run_that_was_stopped_ends_with_the_same_adapter(tmp_path):
    class StoppedError(Exception):
        pass

    def run(folder, last=RECIPE.steps):
        torch.manual_seed(RECIPE.seed)
        model = with_adapter(tiny_bert(), RECIPE.rank, RECIPE.alpha)
        data = asking(model)

        def gradients(trainable, step):
            if step == last:
                raise StoppedError
            return data.gradients(trainable, step)

        return (
            trained(model, gradients, RECIPE, folder) / "adapter_model.safetensors"
        ).read_bytes()

    with pytest.raises(StoppedError):
        run(tmp_path / "a", last=15)
    assert run(tmp_path / "a") == run(tmp_path / "b")


def test_every_question_is_in_one_batch_with_others_of_similar_length():
    texts = ["x" * (1 + i % 40) for i in range(3 * BATCH + 5)]
    plan = batches(texts, Random(1))
    assert sorted(number for batch in plan for number in batch) == list(range(len(texts)))
    widths = [max(len(texts[n]) for n in b) - min(len(texts[n]) for n in b) for b in plan]
    assert max(widths) <= 20
