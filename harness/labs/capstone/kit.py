"""The kit of lab 10.

Collects the data, functions and measurements that the notebook uses to build a fast entry, to measure the
steps that lead to it, and to draw them. The notebook imports it as `kit`; each name is defined in the module
it is imported from here.
"""

# Questions, articles and their vectors, and the slow assistant
from harness.assistant import Question, ask
from harness.baseline import knowledge_vectors, network
from harness.entries import slow_baseline
from harness.kb.articles import chunks
from harness.kb.products import products
from harness.kb.questions import draw

# This lab's list of steps, and what was measured of them
from harness.labs.capstone.journey_steps import Change, journey_steps
from harness.labs.capstone.kept_steps import keep_steps

# The learner's predictions and results
from harness.learner.predictions import predict, recall
from harness.learner.results import keep_result

# Measuring
from harness.measure.latency.journey import (
    JourneyStep,
    interleaved_timings,
    journey,
    measured_steps,
)
from harness.measure.quality.quality import quality

# Embeddings, and drafts by a smaller model
from harness.models.engines.drafts import ModelDraft
from harness.models.engines.embedding import embedder
from harness.models.engines.question_embedder import question_embedder

# Picture
from harness.show.journey_picture import journey_picture

# Drafts from the prompt, and caches
from harness.stages.fastest_draft import with_fastest_draft
from harness.wrappers.entity_guard import EntityGuard
from harness.wrappers.keys import answer_version
from harness.wrappers.semantic_cache import SemanticCache
from harness.wrappers.text_store import text_store

__all__ = [
    "Change",
    "EntityGuard",
    "JourneyStep",
    "ModelDraft",
    "Question",
    "SemanticCache",
    "answer_version",
    "ask",
    "chunks",
    "draw",
    "embedder",
    "interleaved_timings",
    "journey",
    "journey_picture",
    "journey_steps",
    "keep_result",
    "keep_steps",
    "knowledge_vectors",
    "measured_steps",
    "network",
    "predict",
    "products",
    "quality",
    "question_embedder",
    "recall",
    "slow_baseline",
    "text_store",
    "with_fastest_draft",
]
