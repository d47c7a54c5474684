"""Functions of `harness` that are the answer to an exercise: in that lab, a learner's code cannot call them.

In a graded run they are withheld for good, before any cell of the learner; in a notebook during each call of
the learner's function. Whoever copies the source of one, or loads its module again, still has it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from operator import attrgetter
from threading import Lock
from types import CodeType, FunctionType

# number of a lab -> functions or methods, each as module:name
ANSWERS = {
    "01": ("harness.measure.latency.trace:Trace.stage_ms", "harness.measure.stats:percentile"),
    "03": ("harness.measure.quality.noninferiority:worst_case",),
    "05": ("harness.models.engines.drafts:accepted",),
    "06": ("harness.stages.exact_search:nearest",),
    "07": (
        "harness.wrappers.keys:key",
        "harness.wrappers.keys:normalised",
    ),
    "08": ("harness.measure.load.queueing:waits_ms",),
    "10": (
        "harness.fast_assistants:large_assistant",
        "harness.fast_assistants:small_assistant",
    ),
}
_lock = Lock()
_calls: Counter[str] = Counter()  # calls in progress, by number of a lab
_withheld: dict[str, dict[FunctionType, CodeType]] = {}  # during calls, by number of a lab


def functions(lab: str) -> Iterator[tuple[str, FunctionType]]:
    """Yield the answers to lab number `lab` with their names. Raises ImportError or AttributeError."""
    for answer in ANSWERS.get(lab, ()):
        module, _, name = answer.partition(":")
        yield f"{module}.{name}", attrgetter(name)(import_module(module))


def withhold(lab: str) -> dict[FunctionType, CodeType]:
    """Let every answer to lab number `lab` raise in this process, however it has been imported.

    Returns their code, which is lost where nobody keeps it.
    """
    code = {}
    for name, function in functions(lab):
        code[function] = function.__code__
        function.__code__ = _refusing(lab, name)
    return code


@contextmanager
def withheld(lab: str) -> Iterator[None]:
    """Withhold the answers to lab number `lab` during the block, in which a learner's function is called."""
    with _lock:
        if not _calls[lab]:
            _withheld[lab] = withhold(lab)
        _calls[lab] += 1
    try:
        yield
    finally:
        with _lock:
            _calls[lab] -= 1
            if not _calls[lab]:
                for function, code in _withheld.pop(lab).items():
                    function.__code__ = code


def _refusing(lab: str, name: str) -> CodeType:
    """Return the code of a function that raises, whatever it is called with."""
    text = f"{name} is an answer to lab {lab}, whose exercises ask for a function of your own."
    names: dict[str, FunctionType] = {}
    exec(f"def refuse(*_, **__):\n    raise RuntimeError({text!r})", names)
    return names["refuse"].__code__
