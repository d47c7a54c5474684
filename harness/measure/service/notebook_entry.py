"""An Entry from the user's own notebook, such as the capstone.

Its cells run in this process, without a jail.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from harness.errors import WrongUseError
from harness.serve.entry import Entry

if TYPE_CHECKING:
    from nbformat import NotebookNode

FUNCTION = "entry"  # as in the capstone
NAMED = re.compile(r"(?P<file>.+\.ipynb)(?::(?P<function>\w+))?")
MEASURES = "measures"  # tag of a slow measuring cell
MODULE = "own_notebook"
DEFINING = (
    ast.FunctionDef,
    ast.ClassDef,
    ast.Import,
    ast.ImportFrom,
    ast.Assign,
    ast.AnnAssign,
)


class NoShell:
    """The place of IPython's shell, which is not here: magics and commands of the system do nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Return a function that does nothing."""
        return lambda *arguments: None


def is_notebook(name: str) -> bool:
    """Return whether this names a notebook, FILE.ipynb or FILE.ipynb:function."""
    return NAMED.fullmatch(name) is not None


def notebook_entry(name: str) -> Entry:
    """Return what the notebook's `entry()`, or the function named after a colon, returns.

    Of the cells up to the last one that defines this function, those with a definition, an import or an
    assignment at their top level run whole, in order. The others, such as checks, do not, nor do those with
    the tag MEASURES. Raises WrongUseError, with the number of the cell at fault.
    """
    found = NAMED.fullmatch(name)
    assert found is not None
    path, function = Path(found["file"]), found["function"] or FUNCTION
    cells = list(_parsed(path))
    defining = [index for index, (_, tree) in enumerate(cells) if _defines(tree, function)]
    if not defining:
        raise WrongUseError(f"{path} has no function `{function}()`: write one, or name yours.")
    module = ModuleType(MODULE)
    module.get_ipython = NoShell
    sys.modules[MODULE] = module  # dataclasses of the notebook look for their module
    sys.path.insert(0, str(path.resolve().parent))
    for number, tree in cells[: defining[-1] + 1]:
        if any(isinstance(statement, DEFINING) for statement in tree.body):
            _run(path, number, tree, module)
    return _called(path, function, module)


def _parsed(path: Path) -> Iterator[tuple[int, ast.Module]]:
    """Yield each code cell's number in the notebook, from 1, and its statements."""
    from IPython.core.inputtransformer2 import TransformerManager  # slow to import

    for number, cell in enumerate(_cells(path), start=1):
        if cell.cell_type != "code" or MEASURES in cell.metadata.get("tags", ()):
            continue
        try:
            yield number, ast.parse(TransformerManager().transform_cell(cell.source))
        except SyntaxError as error:
            raise WrongUseError(f"Cell {number} of {path} is no Python ({error.msg}).") from error


def _cells(path: Path) -> Sequence[NotebookNode]:
    import nbformat

    try:
        return nbformat.read(path, as_version=4).cells
    except OSError as error:
        raise WrongUseError(f"{path} cannot be read ({error.strerror}).") from error
    except Exception as error:  # nbformat raises whatever its parsers raise
        raise WrongUseError(f"{path} is no notebook ({type(error).__name__}).") from error


def _defines(tree: ast.Module, function: str) -> bool:
    return any(isinstance(node, ast.FunctionDef) and node.name == function for node in tree.body)


def _run(path: Path, number: int, tree: ast.Module, module: ModuleType) -> None:
    try:
        code = compile(tree, f"{path.name}, cell {number}", "exec", dont_inherit=True)
        exec(code, module.__dict__)
    except (Exception, SystemExit) as error:  # a user's cell may raise anything
        sentence = f"Cell {number} of {path} failed ({type(error).__name__}: {error})."
        raise WrongUseError(sentence) from error


def _called(path: Path, function: str, module: ModuleType) -> Entry:
    try:
        entry = getattr(module, function)()
    except (Exception, SystemExit) as error:  # as above
        sentence = f"{function}() of {path} failed ({type(error).__name__}: {error})."
        raise WrongUseError(sentence) from error
    if not isinstance(entry, Entry):
        kind = type(entry).__name__
        raise WrongUseError(f"{function}() of {path} returns a {kind}: it must return an Entry.")
    return entry
