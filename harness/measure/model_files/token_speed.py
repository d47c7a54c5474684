"""How fast a model reads and writes: prefill, decode and TTFT of one file on this machine.

Prefill is compute-bound and sets TTFT; decode reads every weight once a token, so memory sets its limit.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from harness.measure.latency.stats import Interval, bootstrap_ratio
from harness.models.engines.language_model import LanguageModel
from harness.models.engines.llama_model import LlamaModel

TOKENS = 48  # decoded in a sample: about a third of a second
SAMPLES = 5
PAIRS = 40  # of ours and the benchmark loop, in turn: 12 left an interval of a fifth


@dataclass(frozen=True, slots=True)
class TokenSpeed:
    """Medians over `n` cold prompts of about `prompt_tokens` tokens.

    prefill_tok_s: prompt tokens / TTFT. decode_tok_s: tokens after the first / time after the first.
    ttft_ms: from the call to the first piece of text, model only. threads: used for decode.
    """

    prefill_tok_s: float
    decode_tok_s: float
    ttft_ms: float
    prompt_tokens: int
    n: int


def token_speed(model: LanguageModel, prompts: Sequence[str], samples: int = SAMPLES) -> TokenSpeed:
    """Measure on `prompts` in turn, each read cold; one more run before warms up and does not count."""
    _sample(model, prompts[-1])
    runs = [_sample(model, prompts[i % len(prompts)]) for i in range(samples)]
    prompt_tokens, first, rest = (median(column) for column in zip(*runs, strict=True))
    return TokenSpeed(
        prefill_tok_s=median(tokens / seconds for tokens, seconds, _ in runs),
        decode_tok_s=(TOKENS - 1) / rest,
        ttft_ms=first * 1e3,
        prompt_tokens=round(prompt_tokens),
        n=samples,
    )


def against_bench_loop(model: LlamaModel, prompt: str, pairs: int = PAIRS) -> Interval:
    """Our decode speed relative to llama.cpp's own benchmark loop, both after `prompt`, in turn.

    1 is equal, above 1 is faster; a 95 % interval of the ratio of medians.
    """
    stream, loop = [], []
    for _ in range(pairs):
        stream.append(_sample(model, prompt)[2])
        loop.append(_bench_loop(model, prompt))
    return bootstrap_ratio(loop, stream)


def _sample(model: LanguageModel, prompt: str) -> tuple[int, float, float]:
    """Prompt tokens, seconds to the first piece, seconds from there to the end of TOKENS tokens."""
    model.forget()
    start = time.perf_counter()
    pieces = model.stream(prompt, TOKENS, stop_at_end=False)
    next(pieces)
    first = time.perf_counter()
    for _ in pieces:
        pass
    return model.count(prompt), first - start, time.perf_counter() - first


def _bench_loop(model: LlamaModel, prompt: str) -> float:
    """Seconds for TOKENS - 1 tokens as `llama-bench` decodes them: one after another, no sampling."""
    context = model.context
    context.forget()
    context.feed(context.tokens(prompt))
    start = time.perf_counter()
    for token in range(1, TOKENS):
        context.feed([token % context.n_vocab])
        context.wait()
    return time.perf_counter() - start
