"""References in the learner's process: numbers for objects of its own, proxies for objects of the referee."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from grader.exercise.exported import CALL, ExportedProxy, RemoteDict, make_proxy
from grader.remote.codec import Json, decode, encode, lazy_iterator
from grader.remote.connection import RpcConnection
from grader.remote.framing import Request
from grader.remote.opaque import described
from grader.remote.remote_errors import to_exception


@dataclass
class LearnerReferences:
    """The objects that the referee refers to, and proxies for those that it exports.

    objects: a position is the number that the referee knows. dicts: shared between calls, by the referee's
    number.
    """

    connection: RpcConnection
    objects: list[object] = field(default_factory=list)
    dicts: dict[int, dict] = field(default_factory=dict)
    _numbers: dict[int, int] = field(default_factory=dict)  # id() of each object -> its number
    _proxies: dict[int, object] = field(default_factory=dict)  # by the referee's number
    _uses: Iterator[int] = field(default_factory=itertools.count)

    def encode(self, value: object) -> Json:
        """Return `value` as JSON, with functions, assistants, streams and unknown objects as references."""
        return encode(value, self._refer)

    def decode(self, sent: Json) -> object:
        """Return the value that `sent` encodes, with proxies for exported objects."""
        return decode(sent, self._resolve)

    def _refer(self, value: object) -> Json | None:
        if isinstance(value, ExportedProxy):
            return {"$exported": value._export_id}
        if not isinstance(value, Iterator) and (callable(value) or hasattr(value, "stream")):
            return {"$remote": self._number(value)}
        if (iterator := lazy_iterator(value)) is not None:
            return {"$lazy": self._number(iterator)}
        shown = described(value)
        return shown and {"$object": [self._number(value), *shown]}

    def _number(self, value: object) -> int:
        number = self._numbers.setdefault(id(value), len(self.objects))
        if number == len(self.objects):
            self.objects.append(value)  # kept, so that no other object gets its id()
        return number

    def _resolve(self, tag: str, body: Json) -> object:
        """Return the object that the reference {tag: body} stands for."""
        if tag == "$exported":
            return self._proxy(*body)
        if tag == "$remote_dict":
            number, looked_up = body
            hook = self._proxy(looked_up, "looked_up", {CALL: True})
            return self.dicts.setdefault(number, RemoteDict(hook))
        return self.objects[body]

    def _proxy(self, number: int, name: str, members: Mapping[str, bool]) -> object:
        """Return the proxy of an exported object, always the same one, so that `is` and list lookups work."""
        if number not in self._proxies:
            self._proxies[number] = make_proxy(number, name, members, partial(self._use, number))
        return self._proxies[number]

    def _use(
        self, number: int, member: str, arguments: tuple, options: Mapping[str, object]
    ) -> object:
        """Return what a member of an exported object returns. Raises what it raises."""
        request = Request(
            number=str(next(self._uses)),
            verb="use",
            name=member,
            object_id=number,
            arguments=[self.encode(argument) for argument in arguments],
            options={name: self.encode(option) for name, option in options.items()},
        )
        [reply] = self.connection.ask(request)
        if reply.failure is not None:
            raise to_exception(reply.failure)
        return self.decode(reply.value)
