"""The README's pictures: `python -m harness.cli.readme_pictures` draws them, `--measure` measures before.

The film shows one real request of each assistant. Of N pairs it is the one with the median ratio among those
that both answered right, so that the film is typical and compares like with like.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from harness.assistant import Assistant, Question, Token
from harness.measure.latency.journey import Journey
from harness.measure.latency.trace import Span, Trace
from harness.measure.quality.facts import holds_fact
from harness.show.dark import on_dark
from harness.show.journey_picture import journey_picture
from harness.show.style import DPI
from harness.show.two_answers import Answered, two_answers
from harness.show.waterfall import waterfalls

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
RECORD = FOLDER / "two-answers.json"
N = 9  # pairs, of which some have no answer or a wrong one; a minute
SIDES = {"baseline": "before", "reference": "after: the course's solution"}


def measure() -> dict[str, object]:
    """Ask both assistants N new questions in turn, through HTTP; return the record of the median pair."""
    from harness.entries import entry_named
    from harness.kb.questions import draw
    from harness.measure.latency.trace import recording
    from harness.measure.machine.describe import describe

    entries, pairs = [entry_named(name) for name in SIDES], []
    with entries[0].deployed() as slow, entries[1].deployed() as fast:
        for number, case in enumerate(draw("dev", N + 2, secrets.randbelow(10**9))):
            with recording() as recorder:
                answers = []
                for entry, client in zip(entries, (slow, fast), strict=True):
                    entry.reset()
                    answers.append(_answered(SIDES[entry.name], client, case.question))
                traces = recorder.traces()
            # The first two warm up.
            if number >= 2 and case.answerable and all(_right(a, case.fact) for a in answers):
                pairs.append((answers, traces, case))
    pairs = sorted(
        pairs[: len(pairs) - 1 + len(pairs) % 2], key=lambda pair: _ratio(pair[0])
    )  # odd
    answers, traces, case = pairs[len(pairs) // 2]
    return {
        "day": datetime.now(UTC).date().isoformat(),
        "machine": describe().cpu,
        "right": len(pairs),
        "question": case.question.text,
        "answers": [asdict(answer) for answer in answers],
        "traces": [asdict(trace) for trace in traces],
    }


def _answered(name: str, assistant: Assistant, question: Question) -> Answered:
    start, pieces = time.perf_counter(), []
    for event in assistant.stream(question):
        if isinstance(event, Token):
            pieces.append((1e3 * (time.perf_counter() - start), event.text))
    return Answered(name, tuple(pieces), 1e3 * (time.perf_counter() - start))


def _right(answer: Answered, fact: str) -> bool:
    return holds_fact("".join(text for _, text in answer.pieces), fact)


def _ratio(answers: Sequence[Answered]) -> float:
    slow, fast = answers
    return slow.e2e_ms / fast.e2e_ms


def films(record: Mapping[str, object]) -> dict[str, str]:
    """Return the film on a light and on a dark page, by file name."""
    slow, fast = (
        Answered(a["name"], tuple(map(tuple, a["pieces"])), a["e2e_ms"]) for a in record["answers"]
    )
    note = (
        "One request each, through HTTP, nothing cached; distance is SIM. The median by ratio of "
        f"{record['right']} pairs that both answered right. {record['machine']}, {record['day']}."
    )
    return {
        f"two-answers-{shade}.svg": two_answers(
            record["question"], slow, fast, note, shade == "dark"
        )
        for shade in ("light", "dark")
    }


def draw() -> None:
    """Write all pictures from the kept records."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    for name, svg in films(record).items():
        (FOLDER / name).write_text(svg, encoding="utf-8")
    traces = [Trace(tuple(Span(**span) for span in trace["spans"])) for trace in record["traces"]]
    journey = Journey.model_validate_json((FOLDER.parent / "journey.json").read_text())
    for name, figure in (
        ("waterfalls", lambda: waterfalls(list(zip(("before", "after"), traces, strict=True)))),
        ("journey", lambda: journey_picture(journey)),
    ):
        figure().savefig(FOLDER / f"{name}-light.png", dpi=DPI)
        on_dark(figure()).savefig(FOLDER / f"{name}-dark.png", dpi=DPI)


def main(arguments: Sequence[str]) -> int:
    """Measure if asked to, then draw; return the exit status."""
    if "--measure" in arguments:
        FOLDER.mkdir(parents=True, exist_ok=True)
        RECORD.write_text(json.dumps(measure(), indent=1) + "\n", encoding="utf-8")
    draw()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
