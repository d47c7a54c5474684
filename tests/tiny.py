"""A language model with random weights, small enough to be trained in a unit test."""

import torch
from transformers import LlamaConfig, LlamaForCausalLM


def tiny_llama(layers=4, vocabulary=64, seed=1):
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=128,
        tie_word_embeddings=True,
        attn_implementation="eager",
    )
    return LlamaForCausalLM(config).eval()
