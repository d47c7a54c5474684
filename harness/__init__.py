"""Under 500: a support assistant that really takes 3.2 s, and what it takes to bring it under 500 ms.

Some libraries read their switches once, when they are first loaded. They are set here, before any of them is.
"""

import os

_SWITCHES = {
    # Models come from packages and from local folders; nothing asks the network at run time.
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",  # a bar for each file of a model says nothing to a learner
    "TRANSFORMERS_VERBOSITY": "error",
    # The server and its client share a process; tokenizers warns when a process with threads forks.
    "TOKENIZERS_PARALLELISM": "false",
    # OpenMP threads that wait, sleep instead of spinning. Spinning threads keep the cores from each other as
    # soon as anything else runs: beside one busy neighbour on 2 cores, decoding became 10 times slower.
    "OMP_WAIT_POLICY": "PASSIVE",
}

# A user's own wish to stay offline counts for downloads, too; ours is only about models that are there.
OFFLINE_WISHED = os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "TRUE", "YES", "ON")

for _name, _value in _SWITCHES.items():
    os.environ.setdefault(_name, _value)
