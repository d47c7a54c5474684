"""Options of the verbs that take a service of one's own, and the questions and services they name."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.output import problems, say
from harness.errors import WrongUseError

if TYPE_CHECKING:
    from harness.chat.chat_options import ChatOptions
    from harness.measure.latency.bench import Contestant
    from harness.measure.service.own_questions import OwnQuestion

RATE = 2.0  # requests a second: no load for a service that people use
MAX_TOKENS = 256
TIMEOUT_S = 60.0  # twice a slow answer of a large model
KEY_NAME = "UNDER500_API_KEY"
EXAMPLE = """'{"temperature": 0}'"""

Questions = Annotated[
    Path | None,
    typer.Option(
        help="File of your own questions, one JSON object a line: `text`, and if wanted `fact`, "
        "`regex` or `reference`."
    ),
]
Rate = Annotated[
    float,
    typer.Option(
        min=0.01,
        max=100,
        help="Most requests a second to an address: 2 starts one each half second at the soonest, 0.1 one "
        "each ten seconds.",
    ),
]
MaxTokens = Annotated[
    int, typer.Option(min=1, max=100_000, help="Tokens of an answer from an address, at most.")
]
Timeout = Annotated[
    float,
    typer.Option(
        "--timeout",
        metavar="SECONDS",
        min=0.1,
        max=3600,
        help="Most seconds for a whole answer; then the request counts as one without an answer.",
    ),
]
KeyName = Annotated[
    str, typer.Option("--key-name", help="Environment variable that holds the API key.")
]
Headers = Annotated[
    list[str] | None,
    typer.Option(
        "--header",
        metavar="NAME=VARIABLE",
        help="Header for an address, as NAME=VARIABLE: its value is read from that environment variable. May "
        "be repeated.",
    ),
]
Body = Annotated[
    str | None,
    typer.Option(
        "--body",
        metavar="JSON",
        help="Further fields of each request to an address, as one JSON object.",
    ),
]
NoUsage = Annotated[
    bool,
    typer.Option(
        "--no-usage",
        help="Do not ask an address for its number of tokens (`stream_options`), which some gateways refuse.",
    ),
]


def read_own_questions(path: Path) -> list[OwnQuestion]:
    """Return the questions of a file, after a sentence for each bad line. Raises WrongUseError."""
    from harness.measure.service.own_questions import read_questions

    questions, bad = read_questions(path)
    for sentence in bad:
        say(sentence, problems)
    return questions


def chat_options(
    key_name: str,
    max_tokens: int,
    headers: Sequence[str] | None,
    body: str | None,
    no_usage: bool,
    timeout_s: float = TIMEOUT_S,
) -> ChatOptions:
    """Return how services at an address are asked, as the options say. Raises WrongUseError."""
    from harness.chat.chat_options import ChatOptions, ServiceAccess

    if key_name != KEY_NAME and key_name not in os.environ:  # not quoted: it may be the key itself
        raise WrongUseError(
            "The environment variable named by --key-name is not set: export it, and give its name and not "
            "its value."
        )
    pairs = [text.partition("=")[::2] for text in headers or ()]
    if not all(name and variable for name, variable in pairs):  # not quoted: it may be a key
        raise WrongUseError("--header needs NAME=VARIABLE, the name of an environment variable.")
    access = ServiceAccess(key_name, dict(pairs))
    return ChatOptions(access, max_tokens, not no_usage, _fields(body), timeout_s)


def say_unused(
    names: Sequence[str], rate: float, options: ChatOptions, model: object = None
) -> None:
    """Say which options do nothing, because none of the services is at an address."""
    given = {
        "--model": model,
        "--rate": rate != RATE,
        "--max-tokens": options.max_tokens != MAX_TOKENS,
        "--key-name": options.access.key_name != KEY_NAME,
        "--header": options.access.variables,
        "--body": options.body,
        "--no-usage": not options.usage,
    }
    unused = [name for name, value in given.items() if value]
    if unused and not any(map(is_address, names)):
        say(
            f"Without effect, because nothing here is at an address: {', '.join(unused)}.", problems
        )


def _fields(body: str | None) -> dict[str, object]:
    try:
        found = json.loads(body or "{}")
    except (ValueError, RecursionError) as error:
        raise WrongUseError(
            f"--body is no JSON ({error}): write an object like {EXAMPLE}."
        ) from error
    try:
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()  # as httpx sends it
    except ValueError as error:
        raise WrongUseError(
            "--body has a value that cannot be sent (NaN, Infinity, or half of a character): write an object "
            f"like {EXAMPLE}."
        ) from error
    if not isinstance(found, dict):
        raise WrongUseError(f"--body is a {type(found).__name__}: write an object like {EXAMPLE}.")
    return found


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
    options: ChatOptions

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
        found = target(name, model, self.options, Pace(self.rate))
        if found.client:
            plan = Plan(requests, self.rate, self.options.max_tokens)
            say(f"{found.name}: {plan}.")
        return found
