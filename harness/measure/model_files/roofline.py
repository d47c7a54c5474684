"""Upper limits of a model's speed on a machine: memory limits decode, arithmetic limits prefill.

The roofline model (S. Williams, A. Waterman, D. Patterson, 2009): a pass takes at least as long as
reading its bytes from memory, and at least as long as computing its operations. Decoding reads every
weight for one token; prefill uses each weight for all tokens of the prompt.

Units: GB/s is 10**9 bytes a second, measured rather than from a data sheet; GFLOP/s is 10**9 floating
point operations a second.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import WrongUseError

GIGA = 1e9
MS_PER_S = 1e3
KEY_AND_VALUE = 2
MULTIPLY_AND_ADD = 2  # operations for each weight and token
F16_BYTES = 2  # llama.cpp's default format of keys and values


@dataclass(frozen=True, slots=True)
class Roof:
    """The limits of a machine: memory in GB/s, arithmetic in GFLOP/s."""

    bandwidth_gbs: float
    gflops: float


def kv_bytes_per_token(
    layers: int, kv_heads: int, head_dim: int, bytes_per_value: float = F16_BYTES
) -> float:
    """Return the bytes that each token adds to the KV cache: 2 x layers x heads x dimension x bytes.

    The factor 2 is one key and one value. kv_heads: heads of keys and values, fewer than the query heads if
    they are shared (grouped-query attention, J. Ainslie et al., 2023). Raises WrongUseError unless all
    arguments are above 0.
    """
    _check(layers=layers, kv_heads=kv_heads, head_dim=head_dim, bytes_per_value=bytes_per_value)
    return KEY_AND_VALUE * layers * kv_heads * head_dim * bytes_per_value


def decode_bytes(weight_bytes: float, kv_per_token: float = 0.0, context: int = 0) -> float:
    """Return the bytes read to decode one token: all weights once, and the KV cache of `context` tokens.

    weight_bytes: size of the weights that take part in matrix products. An embedding table that the output
    layer does not share does not count, because only one row of it is read; a shared one counts once. Raises
    WrongUseError for a negative argument or `weight_bytes` 0.
    """
    _check(weight_bytes=weight_bytes)
    if kv_per_token < 0 or context < 0:
        raise WrongUseError("`kv_per_token` and `context` cannot be negative: give 0 or more.")
    return weight_bytes + kv_per_token * context


def decode_limit_tok_s(bandwidth_gbs: float, bytes_per_token: float) -> float:
    """Return the most tokens a second that one stream can decode: bandwidth / bytes read for each.

    Formula: A. Kapoulkine, "LLM inference speed of light", 2024. Raises WrongUseError unless both
    arguments are above 0.
    """
    _check(bandwidth_gbs=bandwidth_gbs, bytes_per_token=bytes_per_token)
    return bandwidth_gbs * GIGA / bytes_per_token


def prefill_limit_ms(gflops: float, parameters: float, tokens: int) -> float:
    """Return the least time to prefill a prompt, in ms: 2 x parameters x tokens / operations a second.

    Formula: J. Kaplan et al., "Scaling laws for neural language models", 2020, section 2.1. It leaves out
    attention itself, which is a few percent at some hundred tokens. Some machines compute quantised
    weights in integers: `gflops` must be of the arithmetic that is used. Raises WrongUseError unless all
    arguments are above 0.
    """
    _check(gflops=gflops, parameters=parameters, tokens=tokens)
    return MULTIPLY_AND_ADD * parameters * tokens / (gflops * GIGA) * MS_PER_S


def pass_limit_ms(roof: Roof, bytes_read: float, parameters: float, tokens: int) -> float:
    """Return the least time, in ms, of one pass over `tokens` tokens: the longer of both limits.

    bytes_read: the result of `decode_bytes`, once for the pass, however many tokens there are.

    Memory is the limit for few tokens, so each further token is nearly free until arithmetic becomes the
    limit. Batching and speculative decoding make use of that. Raises WrongUseError unless all arguments
    are above 0.
    """
    memory_ms = MS_PER_S / decode_limit_tok_s(roof.bandwidth_gbs, bytes_read)
    return max(memory_ms, prefill_limit_ms(roof.gflops, parameters, tokens))


def share(limit: float, measured: float, *, of_time: bool = False) -> float:
    """Return the share of the limit that was reached; 1 is all of it.

    The share is measured / limit for speeds, and limit / measured for times (`of_time`). Above 1 the
    limit is wrong: it counts bytes that are not read, or that came from the processor's cache instead of
    memory. Raises WrongUseError unless both arguments are above 0.
    """
    _check(limit=limit, measured=measured)
    return limit / measured if of_time else measured / limit


def _check(**values: float) -> None:
    """Raise WrongUseError if a value is not above zero."""
    for name, value in values.items():
        if not value > 0:  # also true for nan
            raise WrongUseError(f"`{name}` is {value:g} and must be above 0: measure it first.")
