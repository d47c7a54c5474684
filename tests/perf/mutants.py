"""Mutants of each solution, and what its check says to them: `python -m tests.perf.mutants [LAB ...]`.

A mutant differs from the solution in one place: a comparison, an operator, a constant, a removed statement,
swapped or missing arguments. One that passes shows what the check does not ask, unless it is equivalent to
the solution: then it is listed with the reason in `mutants.yaml`. The table counts the golden submissions,
too.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import io
import multiprocessing
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml

from grader import checks
from grader.exercise import call_limits
from grader.exercise.exercise import CheckFailed
from tests.unit.grader.checks.golden_submissions import FOLDER, SETUP

ROOT = Path(__file__).resolve().parents[2]
KNOWN = Path(__file__).with_name("mutants.yaml")
LIMIT_S = 20  # for one check; a mutant that loops for ever is stopped
CALL_S = 2.0  # for one call of a mutant: solutions take milliseconds, and one waits on purpose
SWAPS: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Div,),
}
REMOVED = (ast.Expr, ast.Assign, ast.AugAssign, ast.If, ast.For, ast.Break, ast.Continue)


@dataclass(frozen=True)
class Exercise:
    """One exercise: its lab and check, the solution, what earlier cells define, and points if given."""

    lab: str
    check: str
    source: str
    before: str
    out_of: float | None


def exercises(lab: str) -> Iterator[Exercise]:
    """Yield the exercises of a lab that need no model: functions for which golden submissions exist."""
    notebook = nbformat.read(ROOT / "solutions" / lab / f"{lab}.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    solved = {
        statement.name: cell.source
        for cell in cells
        if cell.metadata.get("nbgrader", {}).get("solution")
        for statement in ast.parse(cell.source).body
        if isinstance(statement, ast.FunctionDef)
    }
    imports = [s for cell in cells for s in ast.parse(cell.source).body if _is_import(s)]
    before = "\n".join([*map(ast.unparse, imports), *solved.values()])
    for cell in cells:
        call = _check_call(cell.source) if cell.metadata.get("nbgrader", {}).get("grade") else None
        if call and call.func.attr in golden() and len(call.args) == 1:
            out_of = {k.arg: ast.literal_eval(k.value) for k in call.keywords}.get("out_of")
            yield Exercise(lab, call.func.attr, solved[call.args[0].id], before, out_of)


def golden() -> dict[str, Counter[str]]:
    """Return how many golden submissions of each kind there are, by check."""
    found: dict[str, Counter[str]] = {}
    for file in FOLDER.rglob("*.yaml"):
        for kind, submissions in yaml.safe_load(file.read_text()).items():
            for one in submissions:
                found.setdefault(one["check"], Counter())[kind] += 1
    return found


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """Yield (what was changed, source) of each mutant; each differs from the others and from `source`."""
    tree = _Unguarded().visit(ast.parse(source))
    seen = {ast.unparse(tree)}
    for number, node in enumerate(ast.walk(tree)):
        for what, change in _changes(node):
            mutant = copy.deepcopy(tree)
            change(list(ast.walk(mutant))[number])
            text = ast.unparse(ast.fix_missing_locations(mutant))
            if text not in seen:
                seen.add(text)
                line = ast.unparse(node) if isinstance(node, ast.expr | ast.stmt) else ""
                yield f"{what}: {line.splitlines()[0] if line else ''}", text


class _Unguarded(ast.NodeTransformer):
    """A transformer that drops `strict` of zip: it guards against lengths that no check passes."""

    def visit_keyword(self, node: ast.keyword) -> ast.keyword | None:
        return None if node.arg == "strict" else self.generic_visit(node)


def _changes(node: ast.AST) -> Iterator[tuple]:
    """Yield (description, function that changes the same node of a copy)."""
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for new in SWAPS.get(type(operator), ()):
                yield new.__name__, lambda n, p=place, new=new: n.ops.__setitem__(p, new())
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign):
        for new in SWAPS.get(type(node.op), ()):
            yield new.__name__, lambda n, new=new: setattr(n, "op", new())
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield "without its sign", lambda n: setattr(n, "op", ast.UAdd())
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        news = (
            (not node.value,) if isinstance(node.value, bool) else (node.value + 1, node.value - 1)
        )
        for new in news:
            yield f"{new}", lambda n, new=new: setattr(n, "value", new)
    if isinstance(node, ast.Call):
        if len(node.args) > 1 and getattr(node.func, "id", "") not in ("min", "max"):
            yield "swapped", lambda n: n.args.__setitem__(slice(0, 2), n.args[1::-1])
        for place in range(len(node.keywords)):
            yield f"no {node.keywords[place].arg}", lambda n, p=place: n.keywords.pop(p)
    for name, block in ast.iter_fields(node):
        if isinstance(block, list) and name in ("body", "orelse", "finalbody"):
            for place, statement in enumerate(block):
                if isinstance(statement, REMOVED) and not _is_docstring(statement):
                    what = f"removed {ast.unparse(statement).splitlines()[0]}"
                    yield (
                        what,
                        lambda n, f=name, p=place: getattr(n, f).__setitem__(p, ast.Pass()),
                    )


def _is_import(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Import | ast.ImportFrom)


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _check_call(source: str) -> ast.Call | None:
    tree = ast.parse(source).body
    call = tree[-1].value if tree and isinstance(tree[-1], ast.Expr) else None
    ours = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
    return call if ours and all(isinstance(one, ast.Name) for one in call.args) else None


def passes(exercise: Exercise, source: str) -> bool:
    """Return whether `source` earns all points; the check runs in a process that is killed at the limit."""
    receive, send = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(
        target=_run, args=(exercise, source, send)
    )
    process.start()
    send.close()
    passed = bool(receive.poll(LIMIT_S) and _received(receive))
    process.kill()
    process.join()
    return passed


def _received(receive: object) -> bool:
    try:
        return receive.recv()
    except EOFError:
        return False


def _run(exercise: Exercise, source: str, send: object) -> None:
    call_limits.TIMEOUT_S = CALL_S
    names, options = dict(SETUP), {} if exercise.out_of is None else {"out_of": exercise.out_of}
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            exec(compile(exercise.before, "before", "exec"), names)
            exec(compile(source, "cell", "exec"), names)
            points = getattr(checks, exercise.check)(names[exercise.check], **options)
        except (Exception, CheckFailed):
            send.send(False)
            return
    send.send(points is None or points == exercise.out_of)


def main(labs: list[str]) -> int:
    """Try all mutants and print the table. Return 1 if one survives that is not listed as equivalent."""
    known = yaml.safe_load(KNOWN.read_text()) or {} if KNOWN.exists() else {}
    submissions, failed = golden(), 0
    print("| exercise | wrong answers | right answers | mutants | surviving | equivalent |")
    print("|---|--:|--:|--:|--:|--:|", flush=True)
    for lab in labs:
        for exercise in exercises(lab):
            if not passes(exercise, exercise.source):
                print(f"  {exercise.check}: the solution does not pass by itself", file=sys.stderr)
                failed += 1
                continue
            reasons = known.get(exercise.check, {})
            tried, alive, same = 0, [], 0
            for what, source in mutants(exercise.source):
                tried += 1
                if passes(exercise, source):
                    same += what in reasons
                    alive += [what] if what not in reasons else []
            kinds = submissions[exercise.check]
            wrong, right = kinds["bad"] + kinds["typical"], kinds["excellent"]
            print(
                f"| {lab[:2]} {exercise.check} | {wrong} | {right} | {tried} | {len(alive)} | {same} |",
                flush=True,
            )
            for what in alive:
                print(f"  survives {exercise.check}: {what!r}", file=sys.stderr, flush=True)
            failed += len(alive)
    return 1 if failed else 0


if __name__ == "__main__":
    every = sorted(folder.name for folder in (ROOT / "solutions").iterdir() if folder.is_dir())
    sys.exit(main(sys.argv[1:] or every))
