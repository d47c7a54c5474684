"""A notebook alive in its own process; jailed where that is possible, and plain."""

import math
import os
from random import Random

import numpy as np
import pytest

from grader.exercise.exercise import CheckFailed, Exercise
from grader.exercise.own_work import USED
from grader.exercise.traces import known_trace
from grader.remote.framing import GoneError, HangingError, SpoofError, WorkerError
from grader.remote.remote_errors import RelayedCheckFailed
from grader.remote.session import session
from grader.sandbox.jail import SandboxSpec, why_no_jail
from grader.sandbox.limits import MIB, Limits
from harness.assistant import Answer, Done, Question, Token, ask
from harness.serve.entry import Entry

ROOMS = [
    pytest.param(
        SandboxSpec(),
        id="jailed",
        marks=pytest.mark.skipif(bool(why_no_jail()), reason=why_no_jail() or "-"),
    ),
    pytest.param(SandboxSpec(jailed=False), id="plain"),
]


@pytest.fixture(scope="module", params=ROOMS)
def learner(request):
    """Yield one that nobody breaks."""
    with session(request.param) as one:
        yield one


@pytest.fixture(params=ROOMS)
def fragile(request):
    limits = Limits(memory=400 * MIB, processes=16)
    spec = SandboxSpec(jailed=request.param.jailed, limits=limits)
    with session(spec, call_s=1.0) as one:
        yield one


def test_functions_are_called_over_there(learner):
    learner.cell("import os\ndef where(x):\n    return os.getpid(), x + 1")
    where = learner.value("where")
    pid, value = where(41)
    assert value == 42
    assert pid != os.getpid()


REMEMBERS = """
calls = []
def salted(text):
    calls.append(text)
    return hash(text), len(calls)
1 / 0
"""


def test_a_new_process_has_run_the_same_cells_and_seen_no_call(learner):
    with pytest.raises(ZeroDivisionError):
        learner.cell(REMEMBERS)
    here = learner.value("salted")("a"), learner.value("salted")("a")
    there = learner.restarted("salted")("a")
    assert [n for _, n in (*here, there)] == [1, 2, 1]
    assert here[0][0] == here[1][0] != there[0]
    assert learner.value("calls") == ["a", "a"]


def test_a_new_process_withholds_the_same_answers():
    with session(SandboxSpec(jailed=False)) as one:
        one.ask("withhold", "05")
        one.cell("from harness.models.engines.drafts import accepted")
        with pytest.raises(RuntimeError, match="is an answer"):
            one.restarted("accepted")([], [1])
        one.cell("late = 1")
        assert one.restarted("late") == 1


def test_cells_that_sleep_only_in_a_new_process_are_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("grader.remote.cell_history.REPEAT_S", 1.0)
    with session(SandboxSpec(jailed=False)) as one:
        one.cell(f"from pathlib import Path\nflag = Path({str(tmp_path / 'flag')!r})")
        one.cell("second = flag.exists()\nflag.touch()")
        one.cell("import time\nif second:\n    time.sleep(300)\nkept = 1")
        with pytest.raises((TimeoutError, WorkerError)):
            one.restarted("kept")


def test_a_function_may_return_functions_and_take_them_back(learner):
    learner.cell("def pair():\n    return (lambda x: 2 * x), (lambda f, x: f(f(x)))")
    double, twice = learner.value("pair")()
    assert twice(double, 3) == 12


def test_cells_are_notebook_cells(learner):
    learner.cell(
        "%config InlineBackend.figure_format = 'svg'\nimport asyncio\nawait asyncio.sleep(0)"
    )
    learner.cell("a = 1; a")
    learner.cell("!true")
    assert learner.value("a") == 1


@pytest.mark.parametrize(
    ("source", "kind", "text"),
    [
        ("1 / 0", ZeroDivisionError, "division by zero (line 1 of the cell: 1 / 0)"),
        ("def", SyntaxError, "invalid syntax"),
        ("raise SystemExit(3)", RuntimeError, "SystemExit"),
        ("raise KeyboardInterrupt", RuntimeError, "KeyboardInterrupt"),
        ("class Own(ValueError): pass\nraise Own('few')", ValueError, "Own: few"),
        ("raise UnicodeDecodeError('a', b'', 0, 1, 'x')", ValueError, "x"),
        ("raise StopIteration(1)", RuntimeError, "StopIteration: 1"),
        ("raise NotImplementedError('empty')", NotImplementedError, "empty"),
        ("raise Exception('half \\ud800')", Exception, "half ?"),
    ],
)
def test_errors_come_back_as_what_they_are(learner, source, kind, text):
    with pytest.raises(kind) as raised:
        learner.cell(source)
    assert text in str(raised.value)
    learner.cell("1")  # and it goes on


def test_a_verdict_over_there_is_one_that_the_referee_knows(learner):
    learner.cell("def f(trace):\n    return trace.stage_ms()")
    with pytest.raises(RelayedCheckFailed, match="look at"):
        learner.value("f")(known_trace(Random(1)).trace)


def test_a_learners_own_verdict_is_an_error_like_any_other(learner):
    learner.cell("from grader.exercise.exercise import CheckFailed")
    learner.cell("def f():\n    raise CheckFailed('Passed, says the dean.', 'e', 'g', 'l')")
    with pytest.raises(AssertionError) as raised:
        learner.value("f")()
    assert not isinstance(raised.value, CheckFailed)
    with pytest.raises(CheckFailed) as failed:
        Exercise("01", 1, "f").call(learner.value("f"))
    assert str(failed.value).startswith("Lab 01, exercise 1 (f): not yet.")


SAVED = """
import threading
import numpy as np
from harness.stages.exact_search import best
saved, go, seen = [best], threading.Event(), []
def called(*given):
    try:
        return saved[0](*given).tolist()
    except RuntimeError as error:
        return str(error)
def later(*given):
    thread = threading.Thread(target=lambda: go.wait() and seen.append(called(*given)))
    thread.start()
def between():
    go.set()
    while not seen: pass
    return seen[0]
"""


def test_what_a_labs_cells_use_is_withheld_between_them(learner):
    assert "harness.stages.exact_search:best" in USED["06"]
    learner.cell(SAVED)
    learner.ask("withhold", "06")
    scores = np.array([1.0, 3.0, 2.0])
    assert "is an answer to lab 06" in learner.value("called")(scores, 1)
    learner.value("later")(scores, 1)  # a thread that goes on after the call has returned
    assert "is an answer to lab 06" in learner.value("between")()
    learner.cell("best_rows = best(np.array([1.0, 3.0, 2.0]), 1).tolist()")
    assert learner.value("best_rows") == [1]
    assert "is an answer to lab 06" in learner.value("called")(scores, 1)


def test_what_is_not_there_is_a_key_error(learner):
    with pytest.raises(KeyError, match="nobody"):
        learner.value("nobody")


def test_an_answer_that_is_too_long_is_an_error_of_that_call(learner):
    learner.cell("def f(n):\n    return 'x' * n")
    with pytest.raises(ValueError, match="at most 1,048,576"):
        learner.value("f")(50_000_000)
    assert learner.value("f")(2) == "xx"


def test_what_it_prints_is_read_and_kept_to_its_end(learner):
    learner.cell(
        "import sys\nprint('x' * 30_000_000)\nprint('the end', file=sys.stderr, flush=True)"
    )
    learner.cell("")
    assert len(learner.process.tail.text()) <= 20_000


ENTRY = """
from harness.assistant import Answer, Done, Token
from harness.serve.entry import Entry
from harness.serve.network import Network
forgot = []
class Echo:
    def stream(self, question):
        for word in question.text.split():
            yield Token(word + " ")
        yield Done(Answer(question.text, ["c1"]))
def entry():
    return Entry("echo", Echo(), Network(), forget=lambda: forgot.append(1))
"""


def test_an_entry_answers_over_there(learner):
    learner.cell(ENTRY)
    entry = learner.value("entry")()
    assert isinstance(entry, Entry)
    events = list(entry.assistant.stream(Question("one two")))
    assert events == [Token("one "), Token("two "), Done(Answer("one two", ("c1",)))]
    entry.forget()
    assert learner.value("forgot") == [1]


def test_a_stream_that_is_left_early_does_not_leak_into_the_next(learner):
    learner.cell(ENTRY)
    assistant = learner.value("entry")().assistant
    next(assistant.stream(Question("first second third")))
    assert ask(assistant, Question("fourth")).text == "fourth"


def test_too_slow_is_interrupted_and_goes_on(fragile):
    with pytest.raises(TimeoutError, match="after 1 s"):
        fragile.cell("while True: pass", limit_s=1.0)
    fragile.cell("def f():\n    while True: pass")
    with pytest.raises(TimeoutError):
        fragile.value("f")()
    assert fragile.broken is None


@pytest.mark.parametrize(
    ("source", "kind", "text"),
    [
        ("import os; os._exit(3)", GoneError, "exit status 3"),
        ("import os; os.write(CHANNEL, b'\\xff' * 100)", SpoofError, "4,294,967,295 bytes"),
        ("import os; os.write(CHANNEL, b'\\x00\\x00\\x00\\x02{}')", SpoofError, "protocol"),
        (
            "import os, json; b = json.dumps({'kind': 'reply', 'number': '0' * 16}).encode()\n"
            "os.write(CHANNEL, len(b).to_bytes(4, 'big') + b)",
            SpoofError,
            "not made",
        ),
    ],
)
def test_what_dies_or_lies_is_over(fragile, source, kind, text):
    fragile.cell(
        "import os, stat\nCHANNEL = next(fd for fd in range(3, 64) "
        "if os.path.exists(f'/proc/self/fd/{fd}') and stat.S_ISSOCK(os.fstat(fd).st_mode))"
    )
    with pytest.raises(kind, match=text):
        fragile.cell(source)
        fragile.cell("1")
    with pytest.raises(WorkerError, match=text):
        fragile.value("anything")
    assert fragile.processes.all() == [] or not fragile.processes.first.is_running()


def test_deaf_code_is_ended_by_the_referee(fragile, monkeypatch):
    monkeypatch.setattr("grader.remote.session.GRACE_S", 0.2)
    with pytest.raises(HangingError):
        fragile.cell(
            "import signal\nsignal.alarm(0); signal.setitimer(signal.ITIMER_REAL, 0)\nwhile True: pass",
            0.2,
        )
    assert fragile.broken


def test_memory_that_is_not_there_is_an_error_of_the_cell(fragile):
    with pytest.raises((MemoryError, GoneError)):
        fragile.cell("hoard = [bytearray(1 << 20) for _ in range(1000)]")


def test_a_session_leaves_nothing_behind():
    with session(SandboxSpec(jailed=False)) as one:
        one.cell("import subprocess\nchild = subprocess.Popen(['sleep', '600'])")
        scratch, every = one.process.started.scratch, one.processes.all()
        assert len(every) == 2
    assert not scratch.exists()
    assert not any(process.is_running() and process.status() != "zombie" for process in every)


def test_time_that_is_used_up_does_not_push_later_cells_aside(fragile):
    fragile.cell("def f():\n    return 1")
    f, fragile.deadline = fragile.value("f"), 0.0
    with pytest.raises(TimeoutError, match="together"):
        f()
    fragile.deadline = math.inf
    fragile.cell("import threading\nhere = threading.current_thread() is threading.main_thread()")
    assert fragile.value("here") is True


def test_what_was_lent_is_withdrawn_when_the_next_cell_runs(learner):
    learner.cell("kept = []\ndef keep(lent):\n    kept.append(lent)\n    lent('during the check')")
    received: list[str] = []
    learner.value("keep")(received.append)
    with pytest.raises(LookupError, match="a check that is over"):
        learner.cell("kept[0]('later')")
    assert received == ["during the check"]
