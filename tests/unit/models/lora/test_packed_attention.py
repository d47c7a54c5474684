import pytest
import torch

from harness.models.lora import packed_attention
from harness.models.lora.packing import Branch, Lesson, pack
from harness.models.lora.tune import answer_loss
from tests.tiny import tiny_llama

LESSON = Lesson("abcabdab", (Branch("ab", "dd"), Branch("c", "abc"), Branch("dbd", "a")))


def encode(text):
    return [ord(letter) - ord("a") for letter in text]


def loss_and_gradients(model):
    loss = answer_loss(model, pack(LESSON, encode))
    return loss, torch.autograd.grad(loss, list(model.model.layers.parameters()))


def test_it_computes_what_the_general_attention_computes():
    wanted, their_gradients = loss_and_gradients(tiny_llama())
    loss, gradients = loss_and_gradients(packed_attention.use(tiny_llama()))
    assert loss.item() == pytest.approx(wanted.item(), rel=1e-5)
    for mine, theirs in zip(gradients, their_gradients, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-6)
