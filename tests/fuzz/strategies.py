"""What a learner may send or hand in: values, frames and notebooks, right, nearly right and wrong."""

from __future__ import annotations

import json
import string
import struct

from hypothesis import strategies as st

from grader.remote import codec
from tests.unit.grader.course.small_course import handed_in

IDS = ("01-setup", "01-gap-1", "01-q1", "01-gap-2", "01-q2", "", "99-other")
TAGS = (
    *codec.KIND_OF,
    *codec.CONTAINERS,
    *codec.REFERENCES,
    "$dict",
    "$int",
    "$array",
    "$counting",
)
TAGS += ("$bytes", "$generator", "$Query", "$Division", "$Entry", "$other", "$", "$unknown")
DTYPES = ("f8", "<f4", "i8", "u1", "b1", "O", "S9", "V8", "f8,f8", "M8[s]", "f99", "(2,3)f8", "")

texts = st.text(max_size=20) | st.sampled_from(
    ("\0", "\ud800", "~" * 9, "$x$", "<b>", "QUJD", "==")
)
numbers = st.integers() | st.floats() | st.sampled_from((2**53 + 1, -(2**64), 10**400, True))
leaves = st.none() | st.booleans() | numbers | texts
anything = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(texts | st.sampled_from(TAGS), inner, max_size=4)
    ),
    max_leaves=20,
)
# A body of the right form for its tag comes up too rarely by chance.
EMPTY = ("f8", [0], "")
shapes = st.lists(st.integers(-2, 9) | numbers, max_size=4)
arrays = st.just(EMPTY) | st.tuples(
    st.sampled_from(DTYPES) | anything, shapes | anything, texts | anything
)
codes = st.one_of(
    st.builds(lambda tag, body: {tag: body}, st.sampled_from(TAGS), anything),
    st.builds(lambda parts: {"$array": list(parts)}, arrays),
    st.builds(lambda parts, n: {"$counting": [*parts, n]}, arrays, numbers),
    st.builds(lambda text: {"$int": text}, st.text(string.hexdigits + "-_x", max_size=30)),
    st.builds(lambda n: {"$generator": n}, numbers),
    st.builds(lambda a, b, c: {"$other": [a, b, c]}, anything, anything, anything),
)
values = st.recursive(
    leaves | codes,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.builds(
            lambda tag, items: {tag: items},
            st.sampled_from(tuple(codec.CONTAINERS)),
            st.lists(inner, max_size=4),
        ),
        st.builds(
            lambda pairs: {"$dict": pairs}, st.lists(st.tuples(inner, inner).map(list), max_size=4)
        ),
        st.builds(
            lambda tag, fields: {tag: fields},
            st.sampled_from(tuple(codec.KIND_OF)),
            st.dictionaries(
                st.sampled_from(("text", "id", "vector", "answer", "name", "spans")), inner
            ),
        ),
    ),
    max_leaves=20,
)

fields = {
    "kind": st.sampled_from(("request", "reply", "", None)),
    "number": texts | st.just("0" * 16) | anything,
    "verb": texts | st.just("use"),
    "object_id": numbers,
    "arguments": st.lists(values, max_size=3) | anything,
    "limit_s": numbers,
    "value": values,
    "failure": st.fixed_dictionaries(
        {"kinds": st.lists(texts, max_size=25) | anything, "text": texts | anything},
        optional={"place": texts, "export_id": numbers},
    ),
    "more": st.booleans() | anything,
    "changed": st.dictionaries(numbers.map(str), values, max_size=2),
}
messages = st.fixed_dictionaries({}, optional=fields)
bodies = st.binary(max_size=200) | messages.map(lambda one: json.dumps(one).encode())
frames = st.one_of(
    bodies.map(lambda body: struct.pack(">I", len(body)) + body),
    st.builds(lambda size, body: struct.pack(">I", size) + body, st.integers(0, 2**32 - 1), bodies),
    st.binary(max_size=20),
)

cells = st.fixed_dictionaries(
    {
        "cell_type": st.sampled_from(("code", "markdown", "raw", "heading", "", None)) | anything,
        "source": texts | st.lists(texts | anything, max_size=3) | anything,
        "metadata": st.builds(lambda id_: {"nbgrader": {"grade_id": id_}}, st.sampled_from(IDS))
        | anything,
    },
    optional={"id": texts | anything, "outputs": anything, "attachments": anything},
)
own = [dict(cell) for cell in handed_in().cells]
notebooks = st.fixed_dictionaries(
    {"cells": st.lists(cells | st.sampled_from(own), max_size=12) | anything},
    optional={"metadata": anything, "nbformat": numbers | anything, "nbformat_minor": anything},
)
files = st.binary(max_size=100) | notebooks.map(lambda one: json.dumps(one).encode())
