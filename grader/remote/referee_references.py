"""References in the referee: proxies for objects of the learner's process, numbers for objects of its own."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from grader.exercise.exported import ExportedObjects, RemoteDict, members
from grader.remote.codec import Json, decode, encode
from grader.remote.framing import Failure
from grader.remote.opaque import Opaque, opaque
from grader.remote.proxies import KINDS, RemoteObject, Requests
from grader.remote.remote_errors import to_exception


@dataclass(frozen=True, slots=True)
class RefereeReferences:
    """The objects that one session has exported, and the session that its proxies ask."""

    session: Requests
    exported: ExportedObjects = field(default_factory=ExportedObjects)

    def encode(self, value: object) -> Json:
        """Return `value` as JSON, with proxies and exported objects as references."""
        return encode(value, self._refer)

    def decode(self, sent: Json) -> object:
        """Return the value that `sent` encodes. Raises MalformedError."""
        return decode(sent, self._resolve)

    def exception(self, failure: Failure) -> BaseException:
        """Return the exception to raise for `failure`: the referee's own one, or the nearest built-in one."""
        with suppress(LookupError):  # no error of the referee's own, or one of a check that is over
            original = self.exported.get(failure.export_id)
            if isinstance(original, Exception):
                return original
        error = to_exception(failure)
        if isinstance(error, StopIteration):  # a generator cannot raise StopIteration
            return RuntimeError(f"StopIteration: {error}")
        return error

    def _refer(self, value: object) -> Json | None:
        """Return a reference: to the remote object of a proxy, or to an object that the referee exports."""
        if isinstance(value, RemoteObject | Opaque) and value.number is not None:
            return {"$remote": value.number}
        number = self.exported.number
        if isinstance(value, RemoteDict):
            return {"$remote_dict": [number(value), number(value.looked_up)]}
        exported = members(value)
        name = getattr(value, "__name__", type(value).__name__)
        return exported and {"$exported": [number(value), name, exported]}

    def _resolve(self, tag: str, body: Json) -> object:
        """Return what the reference {tag: body} stands for: an exported original, or a proxy."""
        if tag == "$exported":
            return self.exported.get(body)
        if tag == "$object":
            number, *shown = body
            return opaque(*shown, int(number))
        return KINDS[tag](self.session, int(body))
