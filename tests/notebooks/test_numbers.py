"""Each number with a unit in a lab's text has a source that gives it: see numbers.yaml."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from grader.thresholds import thresholds
from harness import semconv
from harness.kb.articles import written
from harness.labs.quantization import phases
from harness.labs.retrieval import scale
from harness.measure.latency.journey import Journey
from harness.measure.latency.yardstick import BAR_MS
from harness.measure.model_files.quality_gate import MARGIN
from harness.models.engines.embedding import DIMENSIONS
from harness.setup.stage_costs import TARGETS_MS, TOTAL_MS
from harness.stages.fastest_draft import WORTH
from tests.notebooks.course import LABS, ROOT, solution

SOURCES = yaml.safe_load(Path(__file__).with_name("numbers.yaml").read_text(encoding="utf-8"))
UNITS = "ms|s|GB|MB|kB|tokens|times|of \\d+|dimensions|vectors|passages|layers|million|points|questions|nats"
NUMBER = re.compile(rf"(?<![\w.-])(\d[\d,]*(?:\.\d+)?)\s?(?:%|×|(?:{UNITS})\b)")
SPECIFIED = re.compile(r"title$|exercise|on-the-clock|q\d+-hints")  # points, and what a check asks
JOURNEY = Journey.model_validate_json((ROOT / "docs" / "journey.json").read_text())
FACTS = {
    "TOTAL": TOTAL_MS,
    "LLM": TARGETS_MS[semconv.GENERATE],
    "NETWORK": TARGETS_MS[semconv.NETWORK],
    "EMBED": TARGETS_MS[semconv.PREPROCESS],
    "SEARCH": TARGETS_MS[semconv.RETRIEVE],
    "BAR": BAR_MS,
    "PASSAGES": len(written()),
    "DECODED": phases.STEPS,
    "LAYERS": 30,  # of SmolLM2-135M, the large model; its weights are not loaded here
    "MARGIN_04": MARGIN,
    "WORTH": WORTH,
    "SCALES": scale.SIZES,
    "DIMENSIONS": DIMENSIONS,
    "SCALE_RECALL": scale.FLOOR,
    "WORK": thresholds("10-capstone").bar.work,
    "STEPS": {step.name: step for step in JOURNEY.steps},
}


def numbers(lab: str) -> dict[tuple[str, str], float]:
    """Return the numbers in a lab's markdown: (cell, as written) -> value."""
    return {
        (cell.id, found.group()): float(found.group(1).replace(",", ""))
        for cell in solution(lab).cells
        if cell.cell_type == "markdown"
        for found in NUMBER.finditer(cell.source)
        if not SPECIFIED.match(cell.id) or "points" not in found.group()
        if not re.match(r"exercise|q\d+-hints", cell.id)
    }


def source_of(lab: str, cell: str, number: str) -> str:
    """Return the expression of a number, or ""."""
    own = SOURCES.get(lab, {}).get(cell, {})
    return str(own.get(number, SOURCES["everywhere"].get(number, "")))


def value(lab: str, source: str) -> float:
    """Return what a source gives. Raises AssertionError if it names code that the lab does not contain."""
    code = "\n".join(cell.source for cell in solution(lab).cells if cell.cell_type == "code")

    def in_code(text: str) -> float:
        assert text in code, f"no code cell contains {text!r}"
        return float(re.findall(r"[\d.]+", text)[-1])

    return float(eval(source, {"__builtins__": {"round": round}}, FACTS | {"code": in_code}))


@pytest.mark.parametrize("lab", LABS)
def test_each_number_is_what_its_source_gives(lab):
    for (cell, number), written_value in numbers(lab).items():
        source = source_of(lab, cell, number)
        assert source, f"{cell}: {number!r} has no source in numbers.yaml"
        if source != "said":
            digits = len(number.partition(".")[2].split(" ")[0])
            assert round(value(lab, source), digits) == written_value, (cell, number)


@pytest.mark.parametrize("lab", LABS)
def test_no_source_is_left_of_a_number_that_is_gone(lab):
    listed = {(cell, number) for cell, of in SOURCES.get(lab, {}).items() for number in of}
    assert not listed - set(numbers(lab))
    assert set(SOURCES) <= {"everywhere", *LABS}
