"""The checks of lab 02 on server-sent events as the standard has them: lines first, then fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, explanation, kind
from grader.exercise.observed_stream import WORDS, ObservedStream, read_stream
from grader.exercise.randomness import asked, fresh_rng

ROUNDS = 15  # fresh inputs per check, beside the edge cases
PATIENCE = 4  # chunks, a byte each, of the next character: whether it is the \n of a \r\n

LINES_OF = Exercise("02", 6, "lines_of")
EVENTS_OF = Exercise("02", 7, "events_of")

Event = tuple[str, str, str, int | None]  # name, data, last id, ms until a new connection


# ---- exercise 6: lines ----------------------------------------------------------------------------------


@check
def lines_of(function: Callable[[Iterator[bytes]], Iterator[str]]) -> None:
    """Check the lines in bytes that are cut anywhere, each as soon as its end has arrived."""
    limits, rng = CallLimits(LINES_OF), fresh_rng()
    drawn = [_wire(rng) for _ in range(ROUNDS)]
    cases = [
        *_edges(rng),
        *((chunks, "one line break after the other, by hand") for chunks in drawn),
    ]
    read = asked(lambda case: _seen(limits, function, case[0]), cases)
    for (chunks, look), seen in read:
        LINES_OF.expect([line for _, line in seen], _lines(chunks), f"of {chunks!r:.60}", look)
    for (chunks, _), seen in read:
        _judge_delays(chunks, seen)
    LINES_OF.passed("Three kinds of line breaks, and a cut in the middle of one.")


def _seen(
    limits: CallLimits, function: Callable[[Iterator[bytes]], Iterator[str]], chunks: list[bytes]
) -> list[tuple[int, object]]:
    return read_stream(limits, "lines (str)", function, ObservedStream(chunks), inspect=_is_line)


def _judge_delays(chunks: list[bytes], seen: list[tuple[int, object]]) -> None:
    for n, (n_read, line) in enumerate(seen):
        if n_read > _complete(chunks, n) + PATIENCE:
            LINES_OF.fail(
                "each line as soon as its end has arrived",
                f"line {n}, {line!r:.30}, after {n_read} of {len(chunks)} chunks",
                "a list or a join: the loop should yield while it reads",
            )


def _is_line(line: object) -> None:
    if not isinstance(line, str):
        got = (
            f"{line!r:.60} ({type(line).__name__})"  # 60 characters without a space fit into a line
        )
        LINES_OF.fail("lines as text (str)", got, "what you yield, and where you decode")


def _lines(chunks: Sequence[bytes]) -> list[str]:
    return re.split("\r\n|\r|\n", b"".join(chunks).decode("utf-8-sig"))[:-1]


def _complete(chunks: Sequence[bytes], n: int) -> int:
    """Return how many chunks hold line number n and its end."""
    for read in range(len(chunks) + 1):
        text = b"".join(chunks[:read]).decode("utf-8-sig", errors="ignore")
        if len(re.split("\r\n|\r|\n", text)) > n + 1:
            return read
    return len(chunks)


def _edges(rng: Random) -> list[tuple[list[bytes], str]]:
    """Return what is asked in every run, with drawn words, and what to look at; the plainest come first."""
    one, two, three = rng.sample(WORDS, 3)
    texts = {
        "white space: it belongs to the line": f" {one} \n\t{two}\n",
        "empty lines: they end an event, so they count": f"{one}\n\n\n{two}\n",
        "`\\r\\n`: it is one line break and no part of the line": f"{one}\r\n\r\n{two}\r\n",
        "`\\r` alone: it ends a line, too": f"{one}\r{two}\r\r{three}\n\r{one}\n",
        "`splitlines`: it also cuts at characters that end no line here": (
            f"{one}\u2028{two}\x0b{three}\x85{one}\n"
        ),
        "the byte order mark: at the very start of the stream it is no text": (
            f"\ufeff{one}\n{two}\n"
        ),
        "the byte order mark: only at the very start; later it is text": f"{one}\n\ufeff{two}\n",
        "what is unfinished at the end: it is no line": f"{one}\n{two}",
    }
    cut = "a cut between `\\r` and `\\n`: the next chunk begins with the second half of the break"
    cuts = [
        [f"{one}\r".encode(), f"\n{two}\r\n".encode()],
        [f"{one}\r".encode(), b"", f"\n\n{two}\n".encode()],
        [bytes([byte]) for byte in f"Größe {three} 🙂\r\n\n{one}\n".encode()],
    ]
    mark = [b"\xef", b"\xbb\xbf", f"{one}\n".encode()]
    return [
        *(([text.encode()], look) for look, text in texts.items()),
        *((chunks, cut) for chunks in cuts),
        (mark, "the byte order mark: its three bytes may come in several chunks"),
        ([], "a stream without chunks: it has no lines"),
    ]


def _wire(rng: Random) -> list[bytes]:
    """Return drawn lines with drawn ends, cut at drawn places."""
    text = "".join(
        " ".join(rng.sample(WORDS, rng.randint(0, 3))) + rng.choice(("\n", "\r", "\r\n"))
        for _ in range(rng.randint(2, 8))
    )
    wire = text.encode() + b"half a li"
    places = sorted(rng.sample(range(1, len(wire)), min(len(wire) - 1, rng.randint(1, 25))))
    return [wire[a:b] for a, b in zip([0, *places], [*places, len(wire)], strict=True)]


# ---- exercise 7: fields ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """A way to read fields; the defaults are the standard's."""

    one_space: bool = True
    strip: bool = False
    reset_name: bool = True
    default: str = "message"
    keep_id: bool = True
    keep_retry: bool = True
    nul: bool = False
    any_retry: bool = False
    needs_data: bool = True
    needs_colon: bool = False
    comments: bool = True
    join: str = "\n"
    pending: bool = False

    def __call__(self, lines: Iterable[str]) -> list[Event]:
        events, name, data, last_id, retry = [], "", [], "", None
        for line in lines:
            field, colon, value = line.partition(":")
            if self.strip:
                value = value.strip()
            elif self.one_space:
                value = value.removeprefix(" ")
            if not line:
                if data or not self.needs_data:
                    events.append((name or self.default, self.join.join(data), last_id, retry))
                data, name = [], "" if self.reset_name else name
                last_id = last_id if self.keep_id else ""
                retry = retry if self.keep_retry else None
            elif field == "event":
                name = value
            elif (field == "data" and (colon or not self.needs_colon)) or (
                not self.comments and not field
            ):
                data.append(value)
            elif field == "id" and (self.nul or "\0" not in value):
                last_id = value
            elif field == "retry" and (
                (value.isascii() and value.isdecimal()) or (self.any_retry and _is_int(value))
            ):
                retry = int(value)
        if self.pending and data:
            events.append((name or self.default, self.join.join(data), last_id, retry))
        return events


def _is_int(value: str) -> bool:
    try:
        return int(value) is not None
    except ValueError:
        return False


READING = Reading()
READING_SLIPS: Mapping[str, Callable[[Iterable[str]], list[Event]]] = {
    "white space: remove one space after the colon and keep all other": Reading(strip=True),
    "the space after the colon: it is no part of the value": Reading(one_space=False),
    "the name: it belongs to one event; afterwards it is `message` again": Reading(
        reset_name=False
    ),
    "the name of an event that has none: `message`": Reading(default=""),
    "the id: it stays the last one until another comes": Reading(keep_id=False),
    "retry: it stays until another comes": Reading(keep_retry=False),
    "an id with the character NUL: ignore it": Reading(nul=True),
    "retry: a value that is not all digits 0 to 9 is ignored": Reading(any_retry=True),
    "an event without a data line: it is none, but its id counts": Reading(needs_data=False),
    "a line `data` without a colon: a data line with an empty value": Reading(needs_colon=True),
    "a line that begins with a colon: a comment": Reading(comments=False),
    "several data lines: join them with a line break": Reading(join=""),
    "the end: an event without its empty line is unfinished": Reading(pending=True),
}


@check
def events_of(function: Callable[[Iterable[str]], Iterator[Event]]) -> None:
    """Check the events in lines: names, data, the last id and the time until a new connection."""
    limits, rng = CallLimits(EVENTS_OF), fresh_rng()
    cases = [*_known(rng), *(_drawn(rng) for _ in range(ROUNDS))]
    answers = [
        ((lines,), got) for lines, got in asked(lambda lines: _read(limits, function, lines), cases)
    ]
    for (lines,), got in answers:
        look = explanation(READING_SLIPS, answers) or "one line after the other, by hand"
        EVENTS_OF.expect(got, READING(lines), f"of {lines!r:.160}", look)
    EVENTS_OF.passed("A browser reads this stream no differently.")


def _read(limits: CallLimits, function: Callable, lines: list[str]) -> list[Event]:
    what = "(name, data, id, retry) tuples"
    seen = read_stream(limits, what, function, ObservedStream(lines), inspect=_is_event)
    return [tuple(event) for _, event in seen]


def _is_event(event: object) -> None:
    if not isinstance(event, tuple | list) or len(event) != 4:
        EVENTS_OF.fail("tuples of (name, data, id, retry)", kind(event), "what you yield")


def _known(rng: Random) -> list[list[str]]:
    """Return what is asked in every run, with drawn words."""
    one, two, name = rng.choice(WORDS), rng.choice(WORDS), f"token {rng.randrange(100)}"
    return [
        [f"data:  {one} ", ""],
        [f"event: {name}", f"data: {one}", "", f"data: {two}", ""],
        [f"data: {one}", "data", f"data:{two}", ""],
        ["data", "", "data:", ""],
        ["id: 7", f"data: {one}", "", f"data: {two}", "", "id", f"data: {one}", ""],
        ["id: 8", "", f"data: {one}", "", "id: 9\0", f"data: {two}", ""],
        ["retry: 900", f"data: {one}", "", "retry: +7", "retry: 1_0", f"data: {two}", ""],
        ["retry: ٣", f"data: {one}", "", "retry: -1", "retry:", f"data: {two}", ""],
        [f": {one}", f"data: {two}", "", ":", ""],
        [f"event: {name}", "", f"data: {one}", ""],
        [f"data: {one}: {two}", f"note: {one}", "Data: x", " data: x", "", f"data: {one}"],
        ["event:", f"data: {one}", ""],
    ]


def _drawn(rng: Random) -> list[str]:
    kinds = ("data: {}", "data:{}", "event: {}", "id: {}", ": {}", "retry: 500", "", "", "{}: x")
    return [rng.choice(kinds).format(rng.choice(WORDS)) for _ in range(rng.randint(4, 14))] + [""]
