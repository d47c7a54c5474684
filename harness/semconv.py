"""Names of all spans and attributes that the project writes.

The `gen_ai.*` names follow OpenTelemetry's semantic conventions for generative AI. They are still marked
"Development" and move between packages, so they are plain strings here instead of imports.
The project's own names start with `lab.`.
"""

# Span names: one span per stage, not per token. A span costs about 30 µs, which is too much for a token.
REQUEST = "request"  # client side: from the click to the last event
NETWORK = "network"  # client side: the part of the request outside the server
SERVER = "server"
QUEUE = "queue"  # server side: waiting while another request is answered; not a stage
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
SIMILARITY = "lab.cache.similarity"  # cosine between the question and the matched one
ROUTE = "lab.route"  # "simple" or "full"
DIFFICULTY = "lab.route.difficulty"
