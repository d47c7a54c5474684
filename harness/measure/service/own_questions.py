"""A user's own questions: a JSONL file with a text a line, and optionally what a right answer contains."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from harness.assistant import Question
from harness.chat.chat_replies import printable
from harness.errors import WrongUseError
from harness.kb.questions import Case, draw
from harness.measure.quality.facts import MOST_CHARS, holds_fact
from harness.measure.quality.spelling import parts
from harness.measure.service.bounded_file import read_bounded

AGREEING = 0.5  # F1 of words at which as many of them, of both texts together, agree as differ
WORD = re.compile(r"\w+")
SHORT = 160  # characters of a question, an expectation or an answer in a list of wrong answers


class OwnQuestion(BaseModel):
    """A question with at most one expectation: an exact fact, a regular expression, or a reference answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1, max_length=20_000)
    fact: str = ""
    regex: str = ""
    reference: str = ""

    @field_validator("text")
    @classmethod
    def _not_blank(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("there is no question in it")
        return text

    @field_validator("fact")
    @classmethod
    def _has_parts(cls, fact: str) -> str:
        if fact and not parts(fact):
            raise ValueError("a fact needs a word or a number")
        return fact

    @field_validator("regex")
    @classmethod
    def _compiles(cls, regex: str) -> str:
        try:
            re.compile(regex)
        except re.error as error:
            raise ValueError(f"no regular expression ({error})") from error
        return regex

    @field_validator("reference")
    @classmethod
    def _has_words(cls, reference: str) -> str:
        if reference and not WORD.search(reference):
            raise ValueError("a reference needs a word or a number")
        return reference

    @model_validator(mode="after")
    def _one_expectation(self) -> OwnQuestion:
        if sum(map(bool, (self.fact, self.regex, self.reference))) > 1:
            raise ValueError("only one of `fact`, `regex` and `reference` can be judged")
        return self

    @property
    def question(self) -> Question:
        """Return the question alone, as an assistant gets it."""
        return Question(self.text)

    @property
    def expected(self) -> str:
        """Return the expectation in words; "" if there is none."""
        return self.fact or (f"/{self.regex}/" if self.regex else self.reference)

    def right(self, answer: str) -> bool | None:
        """Return whether the answer is as expected; None if nothing was expected."""
        text = answer[:MOST_CHARS]
        if self.fact:
            return holds_fact(answer, self.fact)
        if self.regex:
            return re.search(self.regex, text) is not None
        if self.reference:
            return agreement(text, self.reference) >= AGREEING
        return None


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """An answer that is not as expected, shortened."""

    question: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"“{self.question}” expected “{self.expected}”, got “{self.got}”"


def wrong_answer(
    asked: OwnQuestion, answer: str, hide: Callable[[str], str] = str
) -> WrongAnswer | None:
    """Return the answer if it is wrong, and None otherwise. hide: takes keys out of what a service says."""
    if asked.right(answer) is not False:
        return None
    return WrongAnswer(*map(_short, (asked.text, asked.expected, hide(answer))))


def _short(text: str) -> str:
    line = " ".join(printable(text[: 4 * SHORT]).split())
    return line if len(line) <= SHORT else f"{line[:SHORT]} …"


def agreement(text: str, reference: str) -> float:
    """Return the F1 of the words of both, 0 to 1, as SQuAD (Rajpurkar et al., 2016) but with articles."""
    ours, theirs = (Counter(WORD.findall(each.casefold())) for each in (text, reference))
    shared = sum((ours & theirs).values())
    return 2 * shared / max(1, sum(ours.values()) + sum(theirs.values()))


def read_questions(path: Path) -> tuple[list[OwnQuestion], list[str]]:
    """Return the questions, and a sentence for each line that cannot be read.

    Raises WrongUseError if the file cannot be read, is too large, or has no question.
    """
    data = read_bounded(path)
    questions, problems = [], []
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            questions.append(OwnQuestion.model_validate_json(line))
        except ValidationError as error:
            problems.append(f"Line {number} of {path.name} is left out: {_first(error)}.")
    if not questions:
        found = problems[0] if problems else "It is empty."
        raise WrongUseError(
            f'{path} has no question: write lines like {{"text": "How long …?"}}. {found}'
        )
    return questions, problems


def halden_questions(n: int, seed: int) -> list[OwnQuestion]:
    """Return `n` questions of this project's help centre, without a conversation before them."""
    return [_own(case) for case in draw("dev", n, seed, history_turns=0)]


def _own(case: Case) -> OwnQuestion:
    return OwnQuestion(text=case.question.text, fact=case.fact)


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {first['msg']}" if where else first["msg"]
