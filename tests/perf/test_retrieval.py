"""hnswlib against exact BLAS on 200,000 vectors of 384 numbers, in one run."""

import pytest

from harness import baseline
from harness.kb.questions import draw
from harness.labs.retrieval.search_runs import exact, measure, times_faster, walk
from harness.labs.retrieval.synthetic_vectors import jittered
from harness.models.engines.embedding import embedder
from harness.stages import hnsw_search

pytestmark = [pytest.mark.perf, pytest.mark.timeout(1800)]

VECTORS, QUERIES, K = 200_000, 200, 5
RECALL, FASTER = 0.98, 10


def test_hnsw_beats_exact_blas_tenfold_where_it_finds_98_of_100():
    vectors = jittered(baseline.knowledge_vectors(), VECTORS, seed=5)
    texts = [case.question.text for case in draw("dev", QUERIES, seed=5, history_turns=0)]
    queries = embedder().documents(texts)
    graph = hnsw_search.build(vectors, threads=2)
    for ef in (16, 32, 64, 128, 256):
        searches = {"exact": exact(vectors), "walk": walk(graph, ef)}
        runs = measure(searches, queries, K, exact(vectors))
        if runs["walk"].recall >= RECALL:
            break
    ratio = times_faster(runs["exact"], runs["walk"])
    print(
        f"\n{VECTORS:,} vectors, one thread, p50 of {QUERIES} queries, warm, in turn: exact "
        f"{runs['exact'].p50_ms:.2f} ms, hnswlib {runs['walk'].p50_ms:.3f} ms (ef {ef}), "
        f"recall@{K} {runs['walk'].hits}, ratio {ratio.p50:.1f} ({ratio.interval})"
    )
    assert runs["walk"].recall >= RECALL
    assert ratio.interval.low >= FASTER
