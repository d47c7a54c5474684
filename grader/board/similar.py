"""Learners whose code has much in common that neither the lab nor its solution has: a hint, and no proof.

A passage is LENGTH tokens in a row within one code cell. Variables, strings and learners' own functions count
as equal whatever they are called, comments and layout not at all, so that renaming and moving code changes
little. Passages of the released lab, of its solution, and of more than a few learners are left out, and so
are lines of more than 1,000 characters.
"""

from __future__ import annotations

import builtins
import csv
import io
import keyword
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations, islice

import nbformat
from nbformat import NotebookNode

from grader.board.code_tokens import tokens
from grader.board.marks_export import safe
from grader.course.course import Course, Submission
from grader.course.records import Record
from grader.grading.notebook import NotebookError, code_cells

Key = tuple[str, str]  # learner, as the board shows them, and lab
LENGTH = 12  # tokens: about two lines. Shorter passages are idioms that everybody writes
ENOUGH = 60  # passages of one's own: ten lines or so. Honest answers of three lines are alike
FROM = 0.5  # share of the smaller side's passages; of 63 pairs of right answers in other styles, at most 0.46
FEW = 4  # learners who may share a passage: what more have is how one writes it
FEW_SHARE = 0.1  # the same as a share of a large class
MAX_TOKENS = 50_000  # of a notebook; the longest solution has a sixth of it
LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
NOT_PROVEN = (
    "A hint, and no proof of copying: two who learned from one source, or worked together where that is "
    "allowed, write alike, and who rewrites a copy is not found. Read both notebooks and talk with both."
)
COLUMNS = (
    "lab",
    "learner",
    "other",
    "share",
    "passages_in_both",
    "passages_of_the_smaller",
    "hint",
)


@dataclass(frozen=True, slots=True)
class Similar:
    """Two learners' code for a lab: passages in both, and all of the one who has fewer."""

    lab: str
    students: tuple[str, str]
    both: int
    smaller: int

    @property
    def share(self) -> float:
        """Return the share of the smaller side's passages that are in both."""
        return self.both / self.smaller


# Passages by the digest of what was graded: the board is made again every 30 seconds.
_known: dict[str, frozenset[int]] = {}


def similar(
    course: Course, submissions: Mapping[Key, Submission], records: Mapping[Key, Record]
) -> list[Similar]:
    """Return the pairs of learners with similar code, by lab, the most similar first."""
    labs: defaultdict[str, dict[str, frozenset[int]]] = defaultdict(dict)
    for (student, lab), record in records.items():
        if record.digest not in _known:
            _known[record.digest] = _own(course, submissions[student, lab])
        labs[lab][student] = _known[record.digest]
    return [pair for lab, found in sorted(labs.items()) for pair in pairs(lab, found)]


def pairs(lab: str, found: Mapping[str, Set[int]]) -> list[Similar]:
    """Return the similar pairs among the passages of each learner, the most similar first."""
    few = max(FEW, FEW_SHARE * len(found))
    holders: defaultdict[int, list[str]] = defaultdict(list)
    for student, passages in found.items():
        for passage in passages:
            holders[passage].append(student)
    rare = [students for students in holders.values() if len(students) <= few]
    sizes = Counter(student for students in rare for student in students)
    both = Counter(pair for students in rare for pair in combinations(sorted(students), 2))
    alike = [Similar(lab, pair, n, min(sizes[one] for one in pair)) for pair, n in both.items()]
    alike = [pair for pair in alike if pair.smaller >= ENOUGH and pair.share >= FROM]
    return sorted(alike, key=lambda pair: (-pair.share, pair.students))


def own_passages(notebook: NotebookNode, *given: NotebookNode) -> frozenset[int]:
    """Return the passages in the code cells of `notebook` that are in none of the given notebooks."""
    names = frozenset(
        token for one in given for token in _tokens(_sources(one)) if token.isidentifier()
    )
    given_sources = {source for one in given for source in _sources(one)}
    sources = [source for source in _sources(notebook) if source not in given_sources]
    known = {passage for one in given for passage in _passages(_sources(one), names)}
    return frozenset(_passages(sources, names)) - known


def as_csv(found: Iterable[Similar]) -> str:
    """Return the pairs as CSV; each line says what it does not prove."""
    file = io.StringIO()
    table = csv.writer(file, quoting=csv.QUOTE_ALL)
    table.writerow(COLUMNS)
    for pair in found:
        students = map(safe, pair.students)
        table.writerow(
            [pair.lab, *students, f"{pair.share:.2f}", pair.both, pair.smaller, NOT_PROVEN]
        )
    return file.getvalue()


def _own(course: Course, submission: Submission) -> frozenset[int]:
    given = [course.released(submission.lab)]
    with suppress(OSError, ValueError):  # a course may keep its solutions elsewhere
        given.append(nbformat.read(course.solution(submission.lab), as_version=4))
    try:
        return own_passages(course.handed_in(submission).notebook(), *given)
    except NotebookError:
        return frozenset()


def _sources(notebook: NotebookNode) -> Iterator[str]:
    yield from (source for _, _, source in code_cells(notebook))


def _tokens(sources: Iterable[str]) -> Iterator[str]:
    for source in sources:
        # It need not be Python: what comes before an error counts.
        with suppress(tokenize.TokenError, SyntaxError):
            for token in tokens(source):
                if token.type == tokenize.STRING:
                    yield "''"
                elif token.type not in LAYOUT and token.string:
                    yield token.string


def _passages(sources: Iterable[str], names: Set[str]) -> Iterator[int]:
    left = MAX_TOKENS
    for source in sources:
        found = list(islice(_tokens([source]), left))
        left -= len(found)
        around = zip(["", *found], found, [*found[1:], ""], strict=False)
        plain = [_plain(names, *one) for one in around]
        yield from (hash(tuple(plain[n : n + LENGTH])) for n in range(len(plain) - LENGTH + 1))


def _plain(names: Set[str], before: str, token: str, after: str) -> str:
    """Return a token, or "name" for a name that a learner may have chosen."""
    if not token.isidentifier() or keyword.iskeyword(token) or before == ".":
        return token
    called = after == "(" and (token in names or hasattr(builtins, token))
    return token if called else "name"
