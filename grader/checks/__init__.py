"""The checks that the labs' check cells call, such as `checks.breakdown(breakdown)`.

A check makes fresh inputs, runs the learner's function on them and computes the right answers in its own way.
Most checks run no model. A check that fails raises CheckFailed; one that passes prints a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from grader.checks.architecture import cut_off, finish_ms, head_share
from grader.checks.architecture_budget import afford
from grader.checks.architecture_streams import hedged, masked
from grader.checks.caching import answer_key, cached
from grader.checks.caching_lookup import lookup
from grader.checks.caching_semantic import layout, meaning, safe_threshold
from grader.checks.caching_single_flight import together
from grader.checks.capstone import entry, search, under_bar, way, writer
from grader.checks.capstone_caches import remembering
from grader.checks.capstone_memo import memo
from grader.checks.load import admit, good, in_system, waits
from grader.checks.load_batching import serve
from grader.checks.load_kv_budget import plan, stay
from grader.checks.load_servers import one_queue
from grader.checks.mock_interview import card_ms, finding, three_sentences
from grader.checks.profile import breakdown, explain, percentile
from grader.checks.profile_ceiling import budget, ceiling, smallest_fix
from grader.checks.quantization import error, quantise, step_ms
from grader.checks.quantization_bytes import pack_q4, pack_q8
from grader.checks.quantization_gate import pick, predicted, ship
from grader.checks.quantization_kl import kl
from grader.checks.quantization_weighted import unpack_q4, weighted
from grader.checks.retrieval import cheapest, exact, recall_at
from grader.checks.retrieval_descent import descend
from grader.checks.retrieval_graph import filtered, reranked, walk
from grader.checks.retrieval_insertion import insert
from grader.checks.retrieval_neighbours import nearest_bits, select
from grader.checks.smaller_models import answer_ms, frontier, until_done
from grader.checks.smaller_models_adam import adam
from grader.checks.smaller_models_choice import choose
from grader.checks.smaller_models_healing import answer_loss
from grader.checks.smaller_models_importance import importance
from grader.checks.smaller_models_layers import kept_weights
from grader.checks.smaller_models_worst import worst_case
from grader.checks.speculation import accept, agree
from grader.checks.speculation_loop import propose, verify
from grader.checks.speculation_speedup import best_length, estimate_alpha, speedup, tokens_a_step
from grader.checks.speculation_text import speculative
from grader.checks.start_here import timings
from grader.checks.streaming import deliver, stream, times
from grader.checks.streaming_buffered import buffered
from grader.checks.streaming_producer import produce
from grader.checks.streaming_sse import frame, parse
from grader.checks.streaming_standard import events_of, lines_of
from grader.exercise.exercise import CheckFailed, Exercise, check

__all__ = [
    "CheckFailed",
    "accept",
    "adam",
    "admit",
    "afford",
    "agree",
    "answer_key",
    "answer_loss",
    "answer_ms",
    "best_length",
    "breakdown",
    "budget",
    "buffered",
    "cached",
    "card_ms",
    "ceiling",
    "cheapest",
    "choose",
    "cut_off",
    "deliver",
    "descend",
    "entry",
    "error",
    "estimate_alpha",
    "events_of",
    "exact",
    "explain",
    "filtered",
    "finding",
    "finish_ms",
    "frame",
    "frontier",
    "good",
    "head_share",
    "hedged",
    "importance",
    "in_system",
    "insert",
    "kept_weights",
    "kl",
    "layout",
    "lines_of",
    "lookup",
    "masked",
    "meaning",
    "memo",
    "nearest_bits",
    "one_queue",
    "pack_q4",
    "pack_q8",
    "parse",
    "percentile",
    "pick",
    "plan",
    "predicted",
    "prediction",
    "produce",
    "propose",
    "quantise",
    "recall_at",
    "remembering",
    "reranked",
    "safe_threshold",
    "search",
    "select",
    "serve",
    "ship",
    "smallest_fix",
    "speculative",
    "speedup",
    "stay",
    "step_ms",
    "stream",
    "three_sentences",
    "times",
    "timings",
    "together",
    "tokens_a_step",
    "under_bar",
    "unpack_q4",
    "until_done",
    "verify",
    "waits",
    "walk",
    "way",
    "weighted",
    "worst_case",
    "writer",
]


@check
def prediction(guess: Mapping[str, float], names: Iterable[str], lab: str) -> None:
    """Check that there is a number, 0 or more, for each of `names`; right and wrong guesses earn the same."""
    exercise = Exercise(lab, 0, "prediction")
    exercise.returned(guess, Mapping, "a dict of guesses", look="the cell with your guess")
    for name in names:
        finite = exercise.finite(guess.get(name), name, "your guess: any number from 0 on")
        if finite < 0:
            look = "your guess: no time, factor or share is below zero"
            exercise.fail(f"{name} of zero or more", f"{guess[name]}", look)
    exercise.passed("Wrong guesses earn full marks; the gap is where the learning is.")
