"""My page: the learner's progress as HTML, and as the notebook that `make start` opens."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import nbformat
from jinja2 import Environment
from nbformat.sign import NotebookNotary
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from harness.errors import WrongUseError
from harness.progress.my_progress import LIMIT_MS, MyProgress, my_progress
from harness.progress.progress_text import named, number, open_exercises
from harness.show.palette import BLUE, GREEN, ORANGE

HERE = Path(__file__).parent
NAME = "my-page.ipynb"
SHOWN = 8  # timed runs, the latest
TITLE = "# My page\n\nRun the cell below (Shift+Enter) to see your newest results."
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
CODE = "from harness.progress.progress_page import my_page\n\nmy_page()"


@dataclass(frozen=True)
class Page:
    """The learner's progress, shown by Jupyter as HTML. folder: that of the page, for links to the labs."""

    progress: MyProgress
    folder: Path

    def _repr_html_(self) -> str:
        return html(self.progress, self.folder)

    def __repr__(self) -> str:
        return str(self.progress.next)


def my_page() -> Page:
    """Return the page of the learner at this machine. Raises PlainError if a file of it is damaged."""
    return Page(my_progress(), Path.cwd())


def html(progress: MyProgress, folder: Path) -> str:
    """Return the page as a piece of HTML; its links are relative to `folder`."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((HERE / "page.html.j2").read_text(encoding="utf-8"))
    runs = progress.latencies[-SHOWN:]
    links = {standing.lab.name: _link(standing.lab.path, folder) for standing in progress.labs}
    return template.render(
        css=(HERE / "page.css").read_text(encoding="utf-8"),
        progress=progress,
        links=links,
        next_link=_link(progress.next.path, folder) if progress.next.path else "",
        earned=f"{sum(standing.points for standing in progress.labs):g}",
        out_of=f"{sum(standing.out_of for standing in progress.labs):g}",
        runs=runs,
        limit_ms=LIMIT_MS,
        widest_ms=1.05 * max([LIMIT_MS, *(run.scaled_ms for run in runs)]),
        fastest_title=_fastest(progress),
        **(_scores(progress) if progress.interviews else {}),
        open_exercises=open_exercises,
        named=named,
        number=number,
        blue=BLUE,
        green=GREEN,
        orange=ORANGE,
    )


def _link(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _fastest(progress: MyProgress) -> str:
    best = progress.fastest
    return f"Your fastest entry: {best.scaled_ms:,.0f} ms, the bar is 500 ms" if best else ""


def _scores(progress: MyProgress) -> dict[str, object]:
    """Return the scores of the latest interviews by dimension, the oldest first, and what they mean."""
    # Imported only for somebody who has played, because the interview takes seconds to import.
    from harness.interview.report.dimension_bars import ADVANCE, MAX_SCORE
    from harness.interview.report.scorecard_text import NAMES

    latest = progress.interviews[-SHOWN:]
    dimensions = {NAMES[name]: [played.scores.get(name) for played in latest] for name in NAMES}
    return {"dimensions": dimensions, "advance": ADVANCE, "top_score": MAX_SCORE}


def write_notebook(path: Path, progress: MyProgress) -> None:
    """Write the page as a notebook that shows the progress at once and whose cell renews it.

    It is signed, so that Jupyter trusts its style. Raises WrongUseError if it cannot be written.
    """
    page = Page(progress, path.absolute().parent)
    data = {"text/html": page._repr_html_(), "text/plain": repr(page)}
    cell = new_code_cell(CODE, outputs=[new_output("execute_result", data, execution_count=1)])
    cell.execution_count, cell.metadata["jupyter"] = 1, {"source_hidden": True}
    notebook = new_notebook(cells=[new_markdown_cell(TITLE), cell], metadata=KERNEL)
    try:
        nbformat.write(notebook, path)
    except OSError as error:
        raise WrongUseError(
            f"{path} cannot be written ({error.strerror}): choose a folder that you may write to."
        ) from error
    NotebookNotary().sign(notebook)
