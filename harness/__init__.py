"""Under 500: a support assistant that takes 3.2 s, and the tools to bring it under 500 ms.

Some libraries read their settings only once, when they are imported, so this module sets them first.
"""

import os

_SWITCHES = {
    # Models come from packages and from local folders; nothing uses the network at run time.
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",  # one bar per model file does not help a learner
    "TRANSFORMERS_VERBOSITY": "error",
    # The server and its client share a process; tokenizers warns when a process with threads forks.
    "TOKENIZERS_PARALLELISM": "false",
}

# A user's own HF_HUB_OFFLINE also applies to downloads; the setting above only to models already present.
USER_OFFLINE = os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "TRUE", "YES", "ON")

for _name, _value in _SWITCHES.items():
    os.environ.setdefault(_name, _value)
