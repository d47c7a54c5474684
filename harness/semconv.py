"""Every span and attribute name the project writes, in one place.

The `gen_ai.*` names follow OpenTelemetry's semantic conventions for generative AI. They are still marked
"Development" and move between packages, so they are pinned here as plain strings instead of imported.
Names of our own start with `lab.`.
"""

# Span names: one per stage, never one per token (about 30 µs a span is fine per stage, wrong per token).
REQUEST = "request"  # client side: from the click to the last event
NETWORK = "network"  # client side: what of the request lies outside the server
SERVER = "server"
QUEUE = (
    "queue"  # server side: arrived, but another request is being answered; no stage, nobody works
)
PREPROCESS = "preprocess"
RETRIEVE = "retrieve"
GENERATE = "generate"
POSTPROCESS = "postprocess"
STAGES = (NETWORK, PREPROCESS, RETRIEVE, GENERATE, POSTPROCESS)

OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
MAX_TOKENS = "gen_ai.request.max_tokens"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
TIME_TO_FIRST_CHUNK = "gen_ai.response.time_to_first_chunk"  # seconds

SIMULATED = "lab.simulated"  # true on a span whose duration is emulated, not computed
QUESTION_ID = "lab.question.id"
CHUNKS = "lab.retrieve.chunks"
PIECES = "lab.generate.pieces"
CACHE = "lab.cache"  # which cache answered: "response", "semantic", "precomputed", ...
SIMILARITY = "lab.cache.similarity"  # cosine between the question and the one it was taken for
ROUTE = "lab.route"  # "simple" or "full"
DIFFICULTY = "lab.route.difficulty"
