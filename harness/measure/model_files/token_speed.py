"""The speed of one model file on this machine: prefill, decode and TTFT.

Prefill is compute-bound and sets TTFT; decode reads every weight once a token, so memory sets its limit.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from harness.models.engines.language_model import LanguageModel

TOKENS = 48  # decoded in a sample: about a third of a second
SAMPLES = 5


@dataclass(frozen=True, slots=True)
class TokenSpeed:
    """Medians over `n` cold prompts of about `prompt_tokens` tokens.

    prefill_tok_s: prompt tokens / TTFT. decode_tok_s: tokens after the first / time after the first.
    ttft_ms: from the call to the first piece of text, model only.
    """

    prefill_tok_s: float
    decode_tok_s: float
    ttft_ms: float
    prompt_tokens: int
    n: int


def token_speed(model: LanguageModel, prompts: Sequence[str], samples: int = SAMPLES) -> TokenSpeed:
    """Measure the speed on `prompts` in turn, each without a warm prefix; a first run warms up uncounted."""
    _sample(model, prompts[-1])
    runs = [_sample(model, prompts[i % len(prompts)]) for i in range(samples)]
    prompt_tokens, first_s, rest_s = (median(column) for column in zip(*runs, strict=True))
    return TokenSpeed(
        prefill_tok_s=median(tokens / seconds for tokens, seconds, _ in runs),
        decode_tok_s=(TOKENS - 1) / rest_s,
        ttft_ms=first_s * 1e3,
        prompt_tokens=round(prompt_tokens),
        n=samples,
    )


def _sample(model: LanguageModel, prompt: str) -> tuple[int, float, float]:
    """Return the prompt tokens, the seconds to the first piece, and the seconds for the other tokens."""
    model.forget()
    start = time.perf_counter()
    pieces = model.stream(prompt, TOKENS, stop_at_end=False)
    next(pieces)
    first = time.perf_counter()
    for _ in pieces:
        pass
    return model.count(prompt), first - start, time.perf_counter() - first
