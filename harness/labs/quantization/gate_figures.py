"""The figures of model files that the quality gate compares: closeness, right answers and time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from statistics import median

import numpy as np

from harness.labs.quantization.phases import Phases
from harness.measure.model_files.divergence import Divergence, Scoring
from harness.measure.model_files.quality_gate import Candidate
from harness.measure.quality.noninferiority import worst_case
from harness.measure.quality.quality import Quality

# Logits of the full model and of another one, both (tokens, vocabulary) -> nats after each token, (tokens,)
Kl = Callable[[np.ndarray, np.ndarray], np.ndarray]


def closeness(
    files: Mapping[str, Scoring], full: Scoring, texts: Iterable[str], kl: Kl
) -> dict[str, Divergence]:
    """Compare each file with the full one after every token of the texts, by the function `kl`."""
    seen: dict[str, list[np.ndarray]] = {name: [] for name in files}
    for text in texts:
        wanted = full.every_score(text)
        for name, file in files.items():
            scores = file.every_score(text)
            same = scores.argmax(axis=1) == wanted.argmax(axis=1)
            seen[name].append(np.stack([kl(wanted, scores), same]))
    return {name: _divergence(np.hstack(parts)) for name, parts in seen.items()}


def _divergence(seen: np.ndarray) -> Divergence:
    """Return the means of (nats, same first choice), shape (2, n)."""
    kl, same = seen.mean(axis=1)
    return Divergence(float(kl), float(same), seen.shape[1])


def candidates(
    phases: Mapping[str, Phases],
    distances: Mapping[str, Divergence],
    quality: Mapping[str, Quality],
) -> list[Candidate]:
    """Return the candidates for the gate: time of an answer (p50), KL and worst plausible loss of answers.

    The first file of `phases` is the full one, with which the others are compared.
    """
    full, *others = phases
    right = {
        name: [judged.right for judged in quality[name].judgements] for name in (full, *others)
    }
    return [
        Candidate(full, median(phases[full].answer_ms), kl=0.0, worst=0.0),
        *(
            Candidate(
                name,
                median(phases[name].answer_ms),
                distances[name].kl,
                worst_case(right[full], right[name]),
            )
            for name in others
        ),
    ]
