"""Options of the verbs that take a service of one's own, and the questions and services they name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.output import console, problems
from harness.errors import WrongUseError

if TYPE_CHECKING:
    from harness.measure.latency.bench import Contestant
    from harness.measure.service.own_questions import OwnQuestion

RATE = 2.0  # requests a second: no load for a service that people use
MAX_TOKENS = 256
KEY_NAME = "UNDER500_API_KEY"

Questions = Annotated[
    Path | None,
    typer.Option(
        help="File of your own questions, one JSON object a line: `text`, and if wanted `fact`, "
        "`regex` or `reference`."
    ),
]
Rate = Annotated[
    float, typer.Option(min=0.01, max=100, help="Requests a second to an address, at most.")
]
MaxTokens = Annotated[
    int, typer.Option(min=1, max=100_000, help="Tokens of an answer from an address, at most.")
]
KeyName = Annotated[
    str, typer.Option("--key-name", help="Environment variable that holds the API key.")
]


def own(path: Path) -> list[OwnQuestion]:
    """Return the questions of a file, after a sentence for each bad line. Raises WrongUseError."""
    from harness.measure.service.own_questions import read_questions

    questions, bad = read_questions(path)
    for sentence in bad:
        problems.print(sentence, highlight=False, soft_wrap=True, markup=False)
    return questions


def is_service(name: str) -> bool:
    """Return whether this names an address or an object, and not an entry."""
    from harness.measure.service.notebook_entry import is_notebook

    return ":" in name and not is_notebook(name)


def is_address(name: str) -> bool:
    """Return whether this names a server."""
    return "://" in name


@dataclass(frozen=True)
class Services:
    """How services are asked. models: one for both sides of a comparison, or one for each."""

    models: Sequence[str]
    rate: float
    max_tokens: int
    key_name: str

    def sides(self, a: str, b: str, requests: tuple[int, int]) -> tuple[Contestant, Contestant]:
        """Return both sides; says first what an address may cost. requests: to A and to B.

        Raises WrongUseError.
        """
        if len(self.models) > 2:
            raise WrongUseError("A comparison has two sides: give --model once for both, or twice.")
        first, last = (self.models[0], self.models[-1]) if self.models else (None, None)
        return self._side(a, first, requests[0]), self._side(b, last, requests[1])

    def _side(self, name: str, model: str | None, requests: int) -> Contestant:
        from harness import entries
        from harness.measure.service.service_run import Plan
        from harness.measure.service.targets import Pace, target

        if not is_service(name):
            return entries.entry_named(name)
        found = target(name, model, self.key_name, self.max_tokens, Pace(self.rate))
        if found.client:
            plan = Plan(requests, self.rate, self.max_tokens)
            console.print(f"{found.name}: {plan}.", highlight=False, soft_wrap=True, markup=False)
        return found
