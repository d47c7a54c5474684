"""Encoders with some of their layers, and the picture of all choices."""

from types import SimpleNamespace

import pytest
import torch
from transformers import BertConfig, BertModel

from harness.labs.smaller_models import encoder_layers
from harness.labs.smaller_models.choices_picture import Choice, choices
from harness.labs.smaller_models.encoder_layers import encoder_with

TOKENS = torch.tensor([[2, 7, 5, 3]])


@pytest.fixture
def whole(monkeypatch):
    """A random encoder of three layers in place of the shipped one."""
    torch.manual_seed(3)
    model = BertModel(
        BertConfig(
            vocab_size=20,
            hidden_size=8,
            num_hidden_layers=3,
            num_attention_heads=2,
            intermediate_size=16,
        )
    ).eval()
    monkeypatch.setattr(encoder_layers, "embedder", lambda: SimpleNamespace(model=model))
    return model


@torch.inference_mode()
def states(model):
    return model(TOKENS, output_hidden_states=True).hidden_states


def test_all_weights_give_the_same_encoder(whole):
    assert torch.equal(states(encoder_with(whole.state_dict()))[-1], states(whole)[-1])


def test_the_first_layers_give_what_the_whole_has_there(whole):
    first = {k: v for k, v in whole.state_dict().items() if not k.startswith("encoder.layer.2.")}
    cut = encoder_with(first)
    assert cut.config.num_hidden_layers == 2
    assert whole.config.num_hidden_layers == 3
    assert torch.allclose(states(cut)[-1], states(whole)[2])


def test_tuning_the_copy_leaves_the_whole_as_it_was(whole):
    cut, before = encoder_with(whole.state_dict()), states(whole)[-1].clone()
    with torch.no_grad():
        for weight in cut.parameters():
            weight.add_(1.0)
    assert torch.equal(states(whole)[-1], before)


def test_names_that_do_not_fit_are_an_error(whole):
    with pytest.raises(RuntimeError):
        encoder_with({"encoder.layer.0.scale": torch.ones(1)})


PAIR = [Choice((0, 1), 0.2, 0.5), Choice((1, 2), 0.3, 0.4)]


@pytest.mark.parametrize(
    ("points", "title"),
    [
        (PAIR, "The prediction's favourite is number 2 of 2; the best is without 1, 2"),
        ([PAIR[0], Choice((1, 2), 0.3, 0.6)], "The prediction's favourite is the best of 2"),
    ],
)
def test_the_title_says_how_good_the_prediction_was(points, title):
    assert title in choices(points, points[:1], n=64).description


def test_one_choice_is_no_picture():
    with pytest.raises(ValueError, match="choices"):
        choices(PAIR[:1], [], n=1)
