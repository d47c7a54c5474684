"""Memory of a lab's kernel, alone and beside two others: `python -m tests.perf.kernel_memory`.

Private pages belong to one learner; shared pages (libraries, mapped weights) are in memory only once. The
numbers come from /proc/PID/smaps_rollup of kernels started as a Jupyter server starts them.
"""

import json
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

from jupyter_client.manager import start_new_kernel

MIB = 2**20
SETUP = """from harness.learner import predictions
from harness.baseline import deployed
from harness.kb.questions import draw
from harness.assistant import ask
from harness.show.waterfall import waterfall
from grader import checks"""
ASK = """with deployed() as _client:
    print(ask(_client, draw("dev", 1, 1)[0].question).text)"""
SMALL = """from harness.models.served import model_file
from harness.models.offline import STUDENT
_small = model_file(f"{STUDENT.name}-Q8_0").load()
print("".join(_small.stream("Hello", 4)))"""
STATES = {
    "idle kernel": "",
    "lab imported": SETUP,
    "slow assistant asked": ASK,
    "and the small model": SMALL,
}


@contextmanager
def kernel():
    manager, client = start_new_kernel(startup_timeout=300)
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def pages(pid):
    """Return MiB by kind of page of one process."""
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kb = {row.split(":")[0]: int(row.split()[1]) for row in rows}
    private = kb["Private_Clean"] + kb["Private_Dirty"]
    shared = kb["Shared_Clean"] + kb["Shared_Dirty"]
    return {
        "rss": kb["Rss"] / 1024,
        "pss": kb["Pss"] / 1024,
        "private": private / 1024,
        "shared": shared / 1024,
        "dirty": kb["Private_Dirty"] / 1024,
    }


def measured(number):
    """Return the pages of each of `number` kernels by state; all of them are in that state."""
    by_state = {}
    with ExitStack() as stack:
        kernels = [stack.enter_context(kernel()) for _ in range(number)]
        for state, code in STATES.items():
            for _, client in kernels:
                reply = client.execute_interactive(code, timeout=600, output_hook=lambda _: None)
                assert reply["content"]["status"] == "ok", reply["content"]
            by_state[state] = [pages(manager.provisioner.pid) for manager, _ in kernels]
    return by_state


def main():
    alone = measured(1)
    beside = measured(3)
    for state in STATES:
        single, three = alone[state][0], beside[state]
        own = sum(kernel["private"] for kernel in three) / len(three)
        print(
            f"{state:<22} alone: {single['rss']:5.0f} MiB resident, {single['dirty']:5.0f} written; "
            f"one of three: {own:5.0f} private, {three[0]['shared']:5.0f} shared, {three[0]['pss']:5.0f} PSS"
        )
    print(json.dumps({"alone": alone, "three": beside}))


if __name__ == "__main__":
    sys.exit(main())
