"""Fine-tuning on a tiny encoder: it learns what is said, and its file gives the same scores."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from harness.interview.encoder import shipped, tuned_encoder
from harness.interview.encoder.training import Example, train
from harness.interview.encoder.weights_file import packed, stored, unpacked

TASKS = {"shows": ("cache", "stream"), "acts": ("ask", "propose")}
WEIGHTS = {"shows": 1.0, "acts": 1.0}


def example(text, shows=(), acts=None, before="", hard=()):
    labels = {"shows": frozenset(shows)} | ({} if acts is None else {"acts": frozenset(acts)})
    return Example(text, labels, before, frozenset(hard))


EXAMPLES = [
    example("keep the answers", ["cache"], ["propose"]),
    example("keep no answers", hard=["cache"]),
    example("show each word", ["stream"]),
    example("lunch at noon", acts=[]),
    example("yes", acts=["ask"], before="want data"),
    example("yes", acts=["propose"], before="your plan"),
]


class Words:
    """A tokenizer that numbers words in the order in which it meets them; 0 pads."""

    def __init__(self):
        self.known = {}

    def __call__(self, text, before, **_):
        first, second = (
            [self.known.setdefault(word, len(self.known) + 1) for word in (each or "").split()]
            for each in (text, before)
        )
        kinds = [0] * len(first) + [1] * len(second)
        return {"input_ids": first + second, "token_type_ids": kinds}

    def pad(self, rows, **_):
        longest = max(len(row["input_ids"]) for row in rows)
        padded = {
            name: torch.tensor([row[name] + [fill] * (longest - len(row[name])) for row in rows])
            for name, fill in (("input_ids", 0), ("token_type_ids", 0))
        }
        return padded | {"attention_mask": (padded["input_ids"] > 0).long()}


@pytest.fixture(scope="module")
def embedder():
    torch.manual_seed(1)
    sizes = {"vocab_size": 50, "hidden_size": 384, "intermediate_size": 64}
    config = BertConfig(num_hidden_layers=1, num_attention_heads=4, **sizes)
    return SimpleNamespace(tokenizer=Words(), model=BertModel(config).eval())


@pytest.fixture(scope="module")
def encoder(embedder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tuned_encoder, "FROZEN", 0)
        yield train(embedder, EXAMPLES, TASKS, WEIGHTS, epochs=150)


def test_it_learns_what_is_known_of_each_example(encoder):
    for each in EXAMPLES:
        odds = encoder.odds(each.text, each.before)
        for task, labels in each.labels.items():
            assert [label in labels for label in TASKS[task]] == (odds[task] > 0).tolist()


def test_training_leaves_the_embedding_model_as_it_was(embedder, encoder):
    changes = [(tuned - own).abs().max() for _, own, tuned in encoder.weights()]
    assert max(changes) > 0 and not any(p.grad is not None for p in embedder.model.parameters())


def test_the_file_gives_nearly_the_same_odds(embedder, encoder, tmp_path):
    path = tmp_path / "encoder.npz"
    with path.open("wb") as file:
        np.savez_compressed(file, **packed(encoder))
    again = unpacked(stored(path), embedder)
    assert again.tasks == TASKS
    for each in EXAMPLES:
        odds, others = (one.odds(each.text, each.before) for one in (encoder, again))
        assert all(torch.allclose(odds[task], others[task], atol=0.3) for task in TASKS)


def test_the_odds_of_a_text_do_not_depend_on_the_texts_beside_it(encoder):
    alone = encoder.odds("keep the answers")["shows"]
    with torch.inference_mode():
        beside = encoder([("keep the answers", ""), ("a much longer text beside it", "")])[0]
    assert torch.allclose(alone, beside[: len(TASKS["shows"])], atol=1e-4)


def test_a_label_weighs_the_tokens_of_the_text_by_itself():
    head = tuned_encoder.LabelHead(2)
    hidden, own = torch.randn(1, 5, tuned_encoder.DIMENSIONS), torch.tensor([[1, 1, 1, 0, 0]])
    mean = hidden[:, :3].mean(1) @ head.weight.T + head.bias
    assert torch.allclose(head(hidden, own), mean, atol=1e-5)  # before it has learned
    with torch.no_grad():
        head.queries[1] = 50 * hidden[0, 2]
    found = head(hidden, own)
    assert torch.allclose(found[:, 0], mean[:, 0], atol=1e-5)
    assert torch.allclose(found[0, 1], hidden[0, 2] @ head.weight[1] + head.bias[1], atol=1e-3)


def test_a_text_is_read_once(encoder, monkeypatch):
    read = shipped.remembering(encoder)
    first = read("show each word", "")
    monkeypatch.setattr(encoder, "odds", lambda *_: pytest.fail("read twice"))
    assert read("show each word", "") is first and set(first["shows"]) == set(TASKS["shows"])


def test_no_file_has_no_weights(tmp_path):
    assert stored(tmp_path / "none.npz") == {} and shipped.learned_from(tmp_path / "none.npz") == ""


def test_the_shipped_weights_are_of_the_shipped_content():
    from harness.interview.learning.learn import content

    assert shipped.learned_from() == content(), "Learn it: under500 interview lint --learn"
    assert shipped.SHIPPED.stat().st_size < 8_000_000
