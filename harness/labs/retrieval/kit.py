"""The kit of lab 06.

Collects what the notebook uses to search the passages, to measure time and recall together, and to draw the
result. The notebook imports it as `kit`; each name is defined in the module that it is imported from here.
"""

# The passages, the questions, and their vectors
from harness.assistant import Query
from harness.baseline import knowledge_vectors
from harness.kb.articles import chunks
from harness.kb.questions import draw
from harness.kb.workload import workload

# This lab's measurements and pictures
from harness.labs.retrieval.call_times import hit_and_miss_ms, timed
from harness.labs.retrieval.churn import churn
from harness.labs.retrieval.churn_picture import churn_curves
from harness.labs.retrieval.filter_ways import allowed, filter_ways
from harness.labs.retrieval.graph import plane, small_world
from harness.labs.retrieval.graph_growth import drawn_levels, grown
from harness.labs.retrieval.index_swap import IndexHandle, swap_under_traffic
from harness.labs.retrieval.recall_picture import curves, fastest, recall_curves
from harness.labs.retrieval.reduced import principal, truncate_dims
from harness.labs.retrieval.scale import sweep
from harness.labs.retrieval.scale_picture import scale_curves
from harness.labs.retrieval.search_runs import (
    exact,
    measure,
    rows_of,
    table,
    times_faster,
    walk,
)
from harness.labs.retrieval.synthetic_vectors import jittered
from harness.labs.retrieval.visits import Visits, by_ef
from harness.labs.retrieval.walk_picture import walk_map

# The learner's prediction (elsewhere `recall`, which has another meaning in this lab) and results
from harness.learner.predictions import predict
from harness.learner.predictions import recall as prediction
from harness.learner.results import keep_result

# The slow end of a sample of times
from harness.measure.stats import tail

# The embedding model
from harness.models.engines.embedding import embedder

# The slow search and its replacements
from harness.stages import hnsw_search
from harness.stages.exact_search import ExactSearch
from harness.stages.loop_search import LoopSearch

__all__ = [
    "ExactSearch",
    "IndexHandle",
    "LoopSearch",
    "Query",
    "Visits",
    "allowed",
    "by_ef",
    "chunks",
    "churn",
    "churn_curves",
    "curves",
    "draw",
    "drawn_levels",
    "embedder",
    "exact",
    "fastest",
    "filter_ways",
    "grown",
    "hit_and_miss_ms",
    "hnsw_search",
    "jittered",
    "keep_result",
    "knowledge_vectors",
    "measure",
    "plane",
    "predict",
    "prediction",
    "principal",
    "recall_curves",
    "rows_of",
    "scale_curves",
    "small_world",
    "swap_under_traffic",
    "sweep",
    "table",
    "tail",
    "timed",
    "times_faster",
    "truncate_dims",
    "walk",
    "walk_map",
    "workload",
]
