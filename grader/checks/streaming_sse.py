"""The checks of lab 02 for server-sent events, written to bytes and read from bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice, pairwise
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.observed_stream import WORDS, ObservedStream, read_stream
from grader.exercise.randomness import fresh_rng

ROUNDS = 30  # fresh inputs per check

FRAME = Exercise("02", 2, "frame")
PARSE = Exercise("02", 3, "parse")

Event = tuple[str, str]  # name, data


@check
def frame(function: Callable[[str, str], bytes]) -> None:
    """Check that a reader of server-sent events turns the bytes back into the same event."""
    limits, rng = CallLimits(FRAME), fresh_rng()
    for name, data in [*_fixed(), *(_message(rng) for _ in range(ROUNDS))]:
        got = limits.call(function, name, data)
        FRAME.returned(
            got, bytes, "bytes, because a network sends no str", look=".encode() at the end"
        )
        read = _events_in(_text(got))
        if read != [(name, data)]:
            FRAME.fail(
                f"a frame that reads as {(name, data)}",
                f"{got!r:.120}, which reads as {read or 'nothing yet'}",
                _look_at_frame(got, name, data, read),
            )
    FRAME.passed("Umlauts, emoji and blank lines arrive as they left.")


def _fixed() -> list[Event]:
    return [("token", "plain"), ("token", " lasts"), ("done", "a\nb"), ("token", "a\n\nb\n")]


def _message(rng: Random) -> Event:
    lines = (" ".join(rng.sample(WORDS, rng.randint(0, 3))) for _ in range(rng.randint(1, 3)))
    return rng.choice(("token", "done")), "\n".join(lines) or "é"


def _text(got: bytes) -> str:
    try:
        return got.decode()
    except UnicodeDecodeError:
        FRAME.fail("UTF-8", f"{got!r:.80}", "the encoding: .encode() without arguments is UTF-8")


def _events_in(text: str) -> list[Event]:
    """Return the events in `text` by the specification of server-sent events (WHATWG HTML, 9.2.6)."""
    events = []
    for block in re.split(r"\n\n", text.replace("\r\n", "\n"))[:-1]:
        fields = [line.partition(":") for line in block.split("\n") if line and line[0] != ":"]
        values = [(name, value[1:] if value[:1] == " " else value) for name, _, value in fields]
        data = [value for name, value in values if name == "data"]
        names = [value for name, value in values if name == "event"]
        if data:
            events.append((names[-1] if names else "message", "\n".join(data)))
    return events


def _look_at_frame(got: bytes, name: str, data: str, read: list[Event]) -> str:
    if not got.endswith(b"\n\n"):
        return "the end: a blank line says that the event is complete"
    if "\n" in data and data not in [d for _, d in read]:
        return "the line breaks in the data: each line gets its own `data: `, an empty one too"
    if read and data.startswith(" ") and read[0][1] == data.removeprefix(" "):
        return "the space after the colon: readers drop one, so write one"
    if read and read[0][0] != name:
        return "the line `event: NAME`, before the data"
    return "`event: NAME`, a `data: ` for each line of the data, a blank line"


@dataclass(frozen=True, slots=True)
class Wire:
    """A way to write events that the standard allows. look: what to check if a reader stumbles over it."""

    look: str
    end: str = "\n"
    colon: str = ": "
    extra: tuple[str, ...] = ()  # before an event, one of these lines or blocks, or nothing

    def before(self, rng: Random, n: int) -> list[str]:
        """Return what precedes each of `n` events: every extra, and nothing, about equally often.

        If each were drawn by itself, chance could leave an extra out, and with it the mistake it tells.
        """
        kinds = rng.sample(("", *self.extra), len(self.extra) + 1)
        return rng.sample(list(islice(cycle(kinds), n)), n)

    def frame(self, event: Event, before: str) -> str:
        """Return one event; the name `message` is not written, because it is the default."""
        name, data = event
        named = [] if name == "message" else [f"event{self.colon}{name}"]
        lines = [*named, *(f"data{self.colon}{line}" for line in data.split("\n")), ""]
        return (before + "".join(f"{line}\n" for line in lines)).replace("\n", self.end)


PLAIN = Wire(
    "lines first, fields second: split the bytes at b'\\n', decode whole lines only",
    extra=(": still here\n\n",),
)
CRLF = Wire("the line breaks of this stream: `\\r\\n`; `\\r` is no part of the line", "\r\n")
TIGHT = Wire("`data:x`, a colon without a space: it is a data line, too", colon=":")
FIELDS = Wire(
    "lines such as `id: 7`: fields that you do not know are no data",
    extra=("id: 7\n", "retry: 900\n", "event: ping\n\n"),
)


@check
def parse(function: Callable[[Iterator[bytes]], Iterator[Event]]) -> None:
    """Check the events read from bytes that are cut anywhere, each as soon as its blank line is there."""
    limits, rng = CallLimits(PARSE), fresh_rng()
    drawn = [(_messages(rng), PLAIN) for _ in range(ROUNDS)]
    for turn, (sent, wire) in enumerate([*drawn, *_edges(rng)]):
        chunks, ends = _cut(rng, sent, wire, whole=turn == 0)
        source = ObservedStream(chunks)
        seen = read_stream(limits, "(event, data) pairs", function, source, inspect=_inspect)
        got = [event for _, event in seen]
        PARSE.expect(got, sent, "as your events", _look_at_parse, sent, wire)
        for (n_read, event), end in zip(seen, ends, strict=True):
            if n_read > end:
                PARSE.fail(
                    f"{event} as soon as chunk {end} of {len(chunks)} completes it",
                    f"you yield it after reading {n_read} chunks",
                    "a list or a join: the loop should yield while it reads",
                )
    PARSE.passed("Your parser survives a cut in the middle of an emoji.")


def _messages(rng: Random) -> list[Event]:
    return [_message(rng) for _ in range(rng.randint(1, 5))]


def _edges(rng: Random) -> list[tuple[list[Event], Wire]]:
    """Return what is asked about in every run, with drawn words: spaces, names, and ways to write a line."""
    one, two, three = rng.sample(WORDS, 3)
    name = f"token {rng.randrange(100)}"
    edges = [
        ([(name, f" {one}"), (name, f"{two} ")], PLAIN),
        ([(name, one), ("message", two), (name, three)], PLAIN),
        ([("message", f"{one}: {two}"), (name, ""), (name, f":{three}")], PLAIN),
        ([(name, one), (name, f"{two}\n{three}")], CRLF),
        ([(name, one), (name, f"{two}\n{three}")], TIGHT),
        ([(name, one), ("message", two), (name, three)] * 3, FIELDS),
    ]
    return rng.sample(edges, len(edges))


def _cut(rng: Random, sent: list[Event], wire: Wire, whole: bool) -> tuple[list[bytes], list[int]]:
    """Return the written events, cut at random, and the chunk that completes each of them."""
    text, lengths = b"", []
    for event, before in zip(sent, wire.before(rng, len(sent)), strict=True):
        text += wire.frame(event, before).encode()
        lengths.append(len(text))
    text += b"event: done\ndata: the connection br"  # unfinished: the reader must drop it
    places = sorted(rng.sample(range(1, len(text)), 0 if whole else min(len(text) // 3, 40)))
    edges = [0, *places, len(text)]
    chunks = [text[a:b] for a, b in pairwise(edges)]
    ends = [next(n for n, edge in enumerate(edges) if edge >= length) for length in lengths]
    return chunks, ends


def _inspect(event: object) -> None:
    if not isinstance(event, tuple) or [type(part) for part in event] != [str, str]:
        PARSE.fail("pairs of text, (event, data)", kind(event), "what you yield")


def _look_at_parse(got: list[Event], sent: list[Event], wire: Wire) -> str:
    data, wanted = [d for _, d in got], [d for _, d in sent]
    if got[: len(sent)] == sent:
        return "what is unfinished at the end: without a blank line it is not an event"
    if data == wanted:
        return "the name: it belongs to one event; afterwards it is `message` again until named"
    if data == [d.replace("\n", "") for d in wanted]:
        return "several data lines: join them with a newline"
    if wire is PLAIN and [d.strip() for d in data] == [d.strip() for d in wanted]:
        return "white space: remove one space after the colon and keep all other"
    if wire is PLAIN and len(got) < len(sent) and data == [d for d in wanted if d.strip("\n")]:
        return "an event whose data is empty: it has a data line, so it is an event"
    if wire is PLAIN and len(got) < len(sent):
        return "what remains of a chunk after its last line break: it begins the next line"
    return wire.look
