"""How fast a model could be at most on this machine: memory limits decode, arithmetic limits prefill.

The roofline (S. Williams, A. Waterman, D. Patterson, 2009): a pass takes at least as long as its bytes
take through memory, and at least as long as its operations take in the cores. Decoding reads every
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
F16_BYTES = 2  # what llama.cpp keeps keys and values in unless told otherwise


@dataclass(frozen=True, slots=True)
class Roof:
    """What the machine can do: memory in GB/s, arithmetic in GFLOP/s."""

    bandwidth_gbs: float
    gflops: float

    @property
    def ridge(self) -> float:
        """Operations a byte at which both limits are equal; below it memory is the limit."""
        _check(bandwidth_gbs=self.bandwidth_gbs, gflops=self.gflops)
        return self.gflops / self.bandwidth_gbs


def kv_bytes_per_token(
    layers: int, kv_heads: int, head_dim: int, bytes_per_value: float = F16_BYTES
) -> float:
    """Bytes that the KV cache grows by with each token: 2 x layers x heads x dimension x bytes.

    The factor 2 is one key and one value. kv_heads: those of keys and values, fewer than the query heads
    where they are shared (grouped-query attention, J. Ainslie et al., 2023).
    """
    _check(layers=layers, kv_heads=kv_heads, head_dim=head_dim, bytes_per_value=bytes_per_value)
    return KEY_AND_VALUE * layers * kv_heads * head_dim * bytes_per_value


def decode_bytes(weight_bytes: float, kv_per_token: float = 0.0, context: int = 0) -> float:
    """Bytes read to decode one token: all weights once, and the KV cache of `context` tokens.

    weight_bytes: what is multiplied with. An embedding table that the output layer does not share is not
    in it, because a single row of it is looked up; a shared one counts once.
    """
    _check(weight_bytes=weight_bytes)
    if kv_per_token < 0 or context < 0:
        raise WrongUseError("A cache or a context cannot be smaller than nothing: give 0 or more.")
    return weight_bytes + kv_per_token * context


def decode_limit_tok_s(bandwidth_gbs: float, bytes_per_token: float) -> float:
    """Most tokens a second that one stream can decode: bandwidth / bytes read for each.

    Formula: A. Kapoulkine, "LLM inference speed of light", 2024.
    """
    _check(bandwidth_gbs=bandwidth_gbs, bytes_per_token=bytes_per_token)
    return bandwidth_gbs * GIGA / bytes_per_token


def prefill_limit_ms(gflops: float, parameters: float, tokens: int) -> float:
    """Least time to read a prompt, in ms: 2 x parameters x tokens / operations a second.

    Formula: J. Kaplan et al., "Scaling laws for neural language models", 2020, section 2.1. Without
    attention itself, which is a few percent at some hundred tokens. Quantised weights are computed with
    in integers on some machines: `gflops` must be of the kind that is used.
    """
    _check(gflops=gflops, parameters=parameters, tokens=tokens)
    return MULTIPLY_AND_ADD * parameters * tokens / (gflops * GIGA) * MS_PER_S


def pass_limit_ms(roof: Roof, bytes_read: float, parameters: float, tokens: int) -> float:
    """Least time, in ms, of one pass over `tokens` tokens at once: the longer of both limits.

    bytes_read: what `decode_bytes` gives; once for the pass, however many tokens there are.

    From some tokens on the second one is longer; until then each further token is nearly free. That is
    what batching and speculative decoding live on.
    """
    memory_ms = MS_PER_S / decode_limit_tok_s(roof.bandwidth_gbs, bytes_read)
    return max(memory_ms, prefill_limit_ms(roof.gflops, parameters, tokens))


def share(limit: float, measured: float, *, of_time: bool = False) -> float:
    """How much of the limit was reached; 1 is all of it.

    For speeds measured / limit, for times (`of_time`) limit / measured. Above 1 the limit is wrong: bytes
    were counted that are not read, or they came from the processor's cache instead of memory.
    """
    _check(limit=limit, measured=measured)
    return limit / measured if of_time else measured / limit


def _check(**values: float) -> None:
    """Raises WrongUseError for a value that is not above zero."""
    for name, value in values.items():
        if not value > 0:  # also true for nan
            raise WrongUseError(f"`{name}` is {value:g} and must be above 0: measure it first.")
