"""Products in a thread of their own, and llama.cpp after an embedding in bfloat16."""

import subprocess
import sys
import threading

import pytest
import torch

from harness.models.engines.own_thread import in_own_thread

# In a process of its own: a wrong order of the two ends it with SIGILL where the processor has AMX.
ANSWER_EMBED_ANSWER = """
from harness.assistant import ask
from harness.fast_assistants import small_assistant
from harness.kb.questions import draw
from harness.models.engines.embedding import embedder

entry = small_assistant()
for case in draw("dev", 2, seed=1, history_turns=0):
    entry.reset()
    assert ask(entry.assistant, case.question).text
    embedder().documents(["A passage of the help centre."] * 64)
"""


def test_the_work_is_done_elsewhere_and_its_result_returned():
    assert in_own_thread(threading.get_ident) != threading.get_ident()


def test_gradients_are_kept_only_where_they_are_on():
    weight = torch.ones(2, requires_grad=True)
    assert in_own_thread(lambda: weight * 2).requires_grad
    with torch.no_grad():
        assert not in_own_thread(lambda: weight * 2).requires_grad


def test_an_error_is_raised_here():
    with pytest.raises(ZeroDivisionError):
        in_own_thread(lambda: 1 / 0)


@pytest.mark.models
def test_llama_cpp_goes_on_after_documents_were_embedded():
    done = subprocess.run([sys.executable, "-c", ANSWER_EMBED_ANSWER], capture_output=True)
    assert done.returncode == 0, done.stderr[-500:]
