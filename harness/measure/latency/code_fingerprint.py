"""A fingerprint of what code does: comments, docstrings, layout, imports and file locations do not count."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator

DIGITS = 12  # hex; a collision among a few hundred records is out of the question


def code_fingerprint(sources: Iterable[str], data: Iterable[bytes] = ()) -> str:
    """Return 12 hex digits that change with the parsed code or with the data.

    sources: Python source texts. Statements are compared as a set, so moving a function from one source to
    another changes nothing. data: binary content such as weights, in any order. Raises SyntaxError.
    """
    statements = {repr(_shape(statement)) for text in sources for statement in _statements(text)}
    parts = [hashlib.sha256(text.encode()).digest() for text in statements]
    parts += [hashlib.sha256(content).digest() for content in data]
    return hashlib.sha256(b"".join(sorted(parts))).hexdigest()[:DIGITS]


def _statements(text: str) -> Iterator[ast.stmt]:
    """Yield the top-level statements that are neither an import nor a docstring."""
    for statement in ast.parse(text).body:
        if not isinstance(statement, (ast.Import, ast.ImportFrom)) and not _is_text(statement):
            yield statement


def _shape(value: object) -> object:
    """Return a syntax node as nested tuples, without positions, docstrings, imports and empty fields.

    `ast.dump` prints empty fields in some Python versions and not in others.
    """
    if isinstance(value, list):
        return tuple(_shape(item) for item in value if not _ignored(item))
    if not isinstance(value, ast.AST):
        return value
    fields = ((name, _shape(field)) for name, field in ast.iter_fields(value))
    return (
        type(value).__name__,
        *((name, field) for name, field in fields if field not in (None, ())),
    )


def _ignored(node: object) -> bool:
    return isinstance(node, (ast.Import, ast.ImportFrom)) or _is_text(node)


def _is_text(node: object) -> bool:
    """Report whether `node` is a string on its own: a docstring, or a comment in that form."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
