"""The kit of lab 03.

Collects what the notebook uses to load and tune models, to measure them on the same questions, and to draw
the result. The notebook imports it as `kit`; each name is defined in the module it is imported from here.
"""

# The questions to ask
from harness.kb.questions import draw

# This lab's measurements, healing and pictures
from harness.labs.smaller_models.choices_picture import Choice, choices
from harness.labs.smaller_models.encoder_layers import (
    embed,
    encoder,
    encoder_with,
    question_texts,
)
from harness.labs.smaller_models.healing import Trainee, full_course, held_out, readings
from harness.labs.smaller_models.learning_picture import TuningStage, learning
from harness.labs.smaller_models.off_topic import off_topic
from harness.labs.smaller_models.options import SharedStages, ended, measure

# The learner's predictions and results
from harness.learner.predictions import predict, recall
from harness.learner.results import keep_result

# Measuring
from harness.measure.quality.exam import answer, evaluate
from harness.measure.quality.exam import draw_exam as exam
from harness.measure.quality.noninferiority import MARGIN, questions_needed

# Models
from harness.models.catalog import SMOLLM2
from harness.models.engines.language_model import chat_prompt
from harness.models.engines.llama_model import LlamaModel
from harness.models.gguf.quantize import quantize
from harness.models.tiers import chosen_tier

# Picture
from harness.show.pareto import Point, pareto

__all__ = [
    "MARGIN",
    "SMOLLM2",
    "Choice",
    "LlamaModel",
    "Point",
    "SharedStages",
    "Trainee",
    "TuningStage",
    "answer",
    "chat_prompt",
    "choices",
    "chosen_tier",
    "draw",
    "embed",
    "encoder",
    "encoder_with",
    "ended",
    "evaluate",
    "exam",
    "full_course",
    "held_out",
    "keep_result",
    "learning",
    "measure",
    "off_topic",
    "pareto",
    "predict",
    "quantize",
    "question_texts",
    "questions_needed",
    "readings",
    "recall",
]
