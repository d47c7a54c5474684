"""The kit of lab 07.

Collects what the notebook uses to cache answers, to measure hits and false hits, and to draw the result. The
notebook imports it as `kit`; each name is defined in the module that it is imported from here.
"""

# The articles, the questions, and their vectors
from harness.assistant import Question
from harness.baseline import knowledge_vectors
from harness.kb.articles import chunks
from harness.kb.products import REGIONS, products
from harness.kb.questions import draw
from harness.kb.topics import by_key
from harness.kb.workload import repeat_rates, workload

# This lab's measurements and pictures
from harness.labs.caching.cache_paths import by_path, mean_ms
from harness.labs.caching.entry_sizes import median_bytes, size_row
from harness.labs.caching.false_hits import cosines, hit_curves, hit_rates, replay, same_meaning
from harness.labs.caching.false_hits_picture import false_hit_curves
from harness.labs.caching.latency_rows import path_rows, prefix_rows
from harness.labs.caching.pairs import labelled_pairs
from harness.labs.caching.prefix import kv_bytes, measure_layouts, passages
from harness.labs.caching.prompt_pairs import AGAIN, COLD, PromptPairs
from harness.labs.caching.similarity_picture import similarity
from harness.labs.caching.staleness import AnswerStore, edited, probe, stale_s
from harness.labs.caching.stampede import OneAtATime, stampedes
from harness.labs.caching.stampede_picture import stampede_bars

# The learner's predictions and results
from harness.learner.predictions import predict, recall
from harness.learner.results import keep_result

# Models
from harness.models.engines.embedding import embedder
from harness.models.engines.llama_model import LlamaModel
from harness.models.offline import STUDENT

# The assistant and its stages
from harness.pipeline import Pipeline
from harness.stages.cited_postprocess import CitedPostprocess
from harness.stages.exact_search import ExactSearch
from harness.stages.llama_generation import LlamaGeneration
from harness.stages.question_embedding import QuestionEmbedding
from harness.stages.question_filter import QuestionFilter

# The caches
from harness.wrappers.hidden_pointer import HiddenPointer
from harness.wrappers.response_cache import ResponseCache
from harness.wrappers.semantic_cache import SemanticCache
from harness.wrappers.text_store import text_store

__all__ = [
    "AGAIN",
    "COLD",
    "REGIONS",
    "STUDENT",
    "AnswerStore",
    "CitedPostprocess",
    "ExactSearch",
    "HiddenPointer",
    "LlamaGeneration",
    "LlamaModel",
    "OneAtATime",
    "Pipeline",
    "PromptPairs",
    "Question",
    "QuestionEmbedding",
    "QuestionFilter",
    "ResponseCache",
    "SemanticCache",
    "by_key",
    "by_path",
    "chunks",
    "cosines",
    "draw",
    "edited",
    "embedder",
    "false_hit_curves",
    "hit_curves",
    "hit_rates",
    "keep_result",
    "knowledge_vectors",
    "kv_bytes",
    "labelled_pairs",
    "mean_ms",
    "measure_layouts",
    "median_bytes",
    "passages",
    "path_rows",
    "predict",
    "prefix_rows",
    "probe",
    "products",
    "recall",
    "repeat_rates",
    "replay",
    "same_meaning",
    "similarity",
    "size_row",
    "stale_s",
    "stampede_bars",
    "stampedes",
    "text_store",
    "workload",
]
