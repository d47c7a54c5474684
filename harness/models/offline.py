"""Keep the model libraries off the network and off the terminal.

Import this before `transformers`: the hub client reads its switches once, at import time.
"""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault(
    "TOKENIZERS_PARALLELISM", "false"
)  # the server and the client share a process

import transformers

transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
