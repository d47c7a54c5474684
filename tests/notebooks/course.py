"""A course in a temporary folder, graded by the real nbgrader commands."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook

ROOT = Path(__file__).resolve().parents[2]
# run with an assistant that answers at once
LIGHT = ("00-start-here", "01-profile", "02-streaming")
LABS = (
    *LIGHT,
    "03-smaller-models",
    "04-quantization",
    "05-speculative-decoding",
    "06-retrieval-hnsw",
    "07-caching",
    "08-batching-and-load",
    "09-architecture",
    "10-capstone",
    "11-mock-interview",
)

# Kernels of the course run this first: the same HTTP and spans, and an answer in milliseconds.
FAKE_ASSISTANT = """
import time
from contextlib import contextmanager

import numpy as np

from harness import baseline
from harness.assistant import Answer, Query
from harness.pipeline import Pipeline
from harness.serve.deployment import Deployment
from harness.serve.network import Network


def written(question, chunks):
    yield "Hold "
    time.sleep(0.05)  # as the slow model: the server sends text that follows at once in one event
    yield "the button."


def pipeline(setting=None):
    return Pipeline(
        preprocess=lambda question: Query(question.text, np.ones(1, np.float32)),
        retrieve=lambda query, k: [],
        generate=written,
        postprocess=lambda question, chunks, text: Answer(text),
    )


def network(setting=None):
    return Network(rtt_ms=1.0)


@contextmanager
def deployed():
    with Deployment(pipeline(), network()) as client:
        yield client


baseline.pipeline, baseline.network, baseline.deployed = pipeline, network, deployed
"""


def solution(lab: str) -> NotebookNode:
    return nbformat.read(ROOT / "solutions" / lab / f"{lab}.ipynb", as_version=4)


def released(lab: str) -> NotebookNode:
    return nbformat.read(ROOT / "labs" / lab / f"{lab}.ipynb", as_version=4)


def solved(lab: str) -> NotebookNode:
    """Return the released lab with every gap filled correctly."""
    answers = {cell.id: cell.source for cell in solution(lab).cells}
    notebook = released(lab)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = answers[cell.id]
    return notebook


def cell(notebook: NotebookNode, cell_id: str) -> NotebookNode:
    return next(one for one in notebook.cells if one.id == cell_id)


@dataclass(frozen=True)
class Course:
    """The folder of a course; `fake`: kernels know only the fake assistant, and an empty cache."""

    root: Path
    fake: bool

    def __post_init__(self) -> None:
        if self.fake:
            startup = self.root / "ipython" / "profile_default" / "startup"
            startup.mkdir(parents=True)
            (startup / "00-fake-assistant.py").write_text(FAKE_ASSISTANT)

    def nbgrader(self, *arguments: str) -> str:
        """Run a command of nbgrader in the course; returns what it wrote."""
        home = {"JUPYTER_RUNTIME_DIR": f"{self.root}/run", "IPYTHONDIR": f"{self.root}/ipython"}
        if self.fake:
            home["UNDER500_HOME"] = f"{self.root}/home"
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=self.root,
            env={**os.environ, **home},
            capture_output=True,
            text=True,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        return said

    def add(self, lab: str, notebook: NotebookNode) -> None:
        self._write(self.root / "solutions" / lab / f"{lab}.ipynb", notebook)

    def submit(self, student: str, lab: str, notebook: NotebookNode) -> None:
        self._write(self.root / "submitted" / student / lab / f"{lab}.ipynb", notebook)

    def scores(self, student: str, lab: str) -> dict[str, float | None]:
        """Points by grade id, as autograde gave them."""
        with Gradebook(f"sqlite:///{self.root}/gradebook.db") as book:
            notebook = book.find_submission_notebook(lab, lab, student)
            return {grade.name: grade.auto_score for grade in notebook.grades}

    def released(self, lab: str) -> NotebookNode:
        return nbformat.read(self.root / "labs" / lab / f"{lab}.ipynb", as_version=4)

    def feedback(self, student: str, lab: str) -> str:
        return (self.root / "feedback" / student / lab / f"{lab}.html").read_text()

    @staticmethod
    def _write(path: Path, notebook: NotebookNode) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(nbformat.writes(notebook), encoding="utf-8")
