"""Encoding of values as plain JSON between the referee and a learner's process.

The kinds of values form a closed list: numbers, text, bytes, containers, arrays and the project's vocabulary
travel by value; functions, assistants and streams stay in their process and travel as references. Everything
else becomes an `Opaque`, which a message can name and which has no behaviour. Pickle is never used, because a
learner controls the bytes.
"""

from __future__ import annotations

import base64
import dataclasses
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from functools import cache
from numbers import Integral, Real
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from grader.exercise.call_limits import UncopiedGenerator
from grader.exercise.traces import BareTrace
from grader.remote.opaque import MOST_REPR, description, opaque, shown, valid_text
from harness.assistant import Answer, Chunk, Done, Query, Question, Token
from harness.errors import PlainError
from harness.interview.scenario.cards import Card
from harness.interview.scenario.cards_figures import Figure
from harness.measure.latency.trace import Span
from harness.measure.model_files.quality_gate import Candidate
from harness.serve.entry import Division, Entry
from harness.serve.network import AS_SHIPPED, Network

Json = Any  # null, bool, int, float, str, list, dict: what JSON knows
Refer = Callable[[object], Json | None]  # returns a reference {tag: id} to an object, or None
Resolve = Callable[[str, Json], object]  # returns the proxy or original for a reference (tag, id)

MOST_ITEMS = 10_000  # of an iterator or collection: five times what fits into the model's context
FURTHEST_MS = 400.0  # round trip of a server on the other side of the world
EXACT = 2**53  # larger integers lose digits in JSON parsers that use floats
# Keys of a dictionary or items of a set that may share one hash: larger integers than LARGEST, tuples and
# other values whose hashes are not salted. Each then costs as many comparisons as there are.
LARGEST = 2**64
MOST_KEYS = 500
VOCABULARY = (
    Question,
    Chunk,
    Answer,
    Token,
    Done,
    Span,
    BareTrace,
    Network,
    Candidate,
    Card,
    Figure,
)
KIND_OF = {f"${kind.__name__}": kind for kind in VOCABULARY}
TAG_OF = {kind: tag for tag, kind in KIND_OF.items()}
HASHED = ("$set", "$frozenset")
REFERENCES = ("$remote", "$object", "$lazy", "$exported", "$remote_dict")
CONTAINERS = {"$tuple": tuple, "$set": set, "$frozenset": frozenset, "$iterator": iter}


class MalformedError(PlainError):
    """A received value that `encode` cannot have produced."""


def encode(value: object, refer: Refer | None = None) -> Json:
    """Return `value` as JSON. `refer` encodes objects by reference; without it they become opaque."""
    if value is None or isinstance(value, bool | np.bool_):
        return None if value is None else bool(value)
    if isinstance(value, Division):
        return {"$Division": value.value}
    if isinstance(value, str):
        return valid_text(value)
    if isinstance(value, Real):
        return _number(value)
    if type(value) in TAG_OF:
        return {TAG_OF[type(value)]: _fields(value, refer)}
    if isinstance(value, Query | Entry):
        return {f"${type(value).__name__}": _fields(value, refer)}
    reference = refer(value) if refer is not None else None
    return _container(value, refer) if reference is None else reference


def decode(sent: Json, resolve: Resolve | None = None) -> object:
    """Return the value that `sent` encodes. Raises MalformedError if `encode` cannot have produced it."""
    if isinstance(sent, list):
        return [decode(item, resolve) for item in sent]
    if not isinstance(sent, dict):
        if isinstance(sent, int) and abs(sent) > EXACT:
            raise MalformedError("A number is too large.")
        return sent
    if len(sent) != 1:
        raise MalformedError("A tagged value has exactly one tag.")
    [(tag, body)] = sent.items()
    try:
        return _tagged(tag, body, resolve)
    except (TypeError, ValueError, AttributeError, LookupError, OverflowError) as error:
        raise MalformedError(f"A value tagged {tag!r:.30} is malformed.") from error


def _number(value: Real) -> Json:
    if not isinstance(value, Integral):
        return float(value)
    return int(value) if abs(value) <= EXACT else {"$int": f"{int(value):x}"}


def _fields(value: object, refer: Refer | None) -> dict[str, Json]:
    return {
        field.name: encode(getattr(value, field.name), refer) for field in dataclasses.fields(value)
    }


def _container(value: object, refer: Refer | None) -> Json:
    if isinstance(value, Mapping):
        return {"$dict": [[encode(k, refer), encode(v, refer)] for k, v in value.items()]}
    if isinstance(value, list):
        return [encode(item, refer) for item in value]
    # Set includes the views of a dictionary's keys and items.
    kinds = (("$tuple", tuple), ("$frozenset", frozenset), ("$set", Set))
    for tag, kind in kinds:
        if isinstance(value, kind):
            return {tag: [encode(item, refer) for item in value]}
    if isinstance(value, Iterator):
        items = zip(range(MOST_ITEMS), value, strict=False)
        return {"$iterator": [encode(item, refer) for _, item in items]}
    return _binary(value, refer)


def _binary(value: object, refer: Refer | None) -> Json:
    """Encode bytes, arrays and generators; other collections as lists; anything else as opaque."""
    if isinstance(value, bytes | bytearray):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        body = [value.dtype.str, list(value.shape), base64.b64encode(value.tobytes()).decode()]
        return {"$array": body}
    # another seed is as good: checks judge results, not the generator
    if isinstance(value, UncopiedGenerator):
        return {"$generator": int(value.integers(EXACT))}
    if isinstance(value, np.ndarray):  # of text or objects
        return encode(value.tolist(), refer)
    # ranges, deques, views of values
    if isinstance(value, Collection) and len(value) <= MOST_ITEMS:
        return [encode(item, refer) for item in value]
    return {"$other": description(value)}


def lazy_iterator(value: object) -> Iterator | None:
    """Return an iterator for a value that is iterated item by item, such as a stream; None for any other."""
    if isinstance(value, Iterable) and not isinstance(value, Collection | np.ndarray):
        return iter(value)
    return None


def _tagged(tag: str, body: Json, resolve: Resolve | None) -> object:
    if tag in KIND_OF:
        fields = {name: decode(value, resolve) for name, value in body.items()}
        return _checked(KIND_OF[tag]).validate_python(fields)
    if tag in CONTAINERS:
        items = [decode(item, resolve) for item in body]
        return CONTAINERS[tag](_few(items) if tag in HASHED else items)
    if tag == "$dict":
        pairs = [(decode(k, resolve), decode(v, resolve)) for k, v in body]
        _few([key for key, _ in pairs])
        return dict(pairs)
    if tag in REFERENCES and resolve is not None:
        return resolve(tag, body)
    return _rest(tag, body, resolve)


def _few(keys: list[object]) -> list[object]:
    """Return `keys`. Raises MalformedError if more than MOST_KEYS of them may share one hash."""
    if sum(map(_may_collide, keys)) > MOST_KEYS:
        raise MalformedError(f"At most {MOST_KEYS} keys may be other than text and plain numbers.")
    return keys


def _may_collide(key: object) -> bool:
    if isinstance(key, int):
        return abs(key) >= LARGEST
    return not isinstance(key, str | float | bytes | None)


def _rest(tag: str, body: Json, resolve: Resolve | None) -> object:
    if tag == "$int":
        return int(body, 16)
    if tag == "$array":
        return _array(*body)
    if tag == "$bytes":
        return base64.b64decode(body, validate=True)
    if tag == "$generator":
        return UncopiedGenerator(np.random.PCG64(int(body)))
    if tag == "$Query":
        return Query(str(body["text"]), decode(body["vector"]))
    if tag == "$Division":
        return Division(body)
    if tag == "$Entry":
        return _entry(**{name: decode(value, resolve) for name, value in body.items()})
    if tag == "$other":
        return opaque(*body)
    raise MalformedError(f"{tag!r:.30} is not a known tag.")


@cache
def _checked(kind: type) -> TypeAdapter:
    """Return a validator of the declared field types; it accepts a list where a tuple is declared."""
    return TypeAdapter(kind)


def _array(dtype: str, shape: Json, data: str) -> np.ndarray:
    kind = np.dtype(str(dtype))
    if kind.kind not in "fiub":  # numbers only; "object" arrays could run code
        raise MalformedError("An array holds numbers.")
    sizes = [int(size) for size in shape]
    if 0 in sizes and math.prod(size for size in sizes if size) > MOST_ITEMS:
        raise MalformedError(
            "An array without numbers has few rows."
        )  # a list of them would be long
    flat = np.frombuffer(base64.b64decode(data, validate=True), kind)
    # an array over bytes would be read-only
    return flat.reshape(sizes).copy()


def _entry(
    name: object, assistant: object, network: object, division: object, forget: object
) -> object:
    """Return an Entry whose assistant and `forget` are remote, or an opaque value if a part is invalid."""
    parts = (str(name)[:MOST_REPR], assistant, network, division, forget)
    if not isinstance(network, Network) or not _crossable(network) or not callable(forget):
        return opaque("Entry", f"Entry({', '.join(map(shown, parts))})")
    return Entry(*parts)


def _crossable(network: Network) -> bool:
    """Return True if the referee's client may connect: plausible round trip, paths of AS_SHIPPED only."""
    paths = set(network.preflight) <= set(AS_SHIPPED.preflight) and len(network.preflight) < 10
    return paths and 0 <= network.rtt_ms <= FURTHEST_MS
