"""The budget as one page of HTML without anything from elsewhere; in Jupyter, in a frame."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from pathlib import Path

from jinja2 import Environment

from harness.measure.machine.busy import beside_note
from harness.measure.service.budget import Budget
from harness.show.palette import STAGE_COLOURS

HERE = Path(__file__).parent
FRAME_PX = 1500  # height in a notebook: all of the page at the width of a cell
OTHER = "#E69F00"  # of parts that are none of our stages, in the colours of the pictures


def budget_page(budget: Budget, techniques: Sequence[Mapping[str, object]]) -> str:
    """Return the page. Its policy allows only its own script and style, so that no text in it can act."""
    data = {"budget": budget.to_json(), "techniques": list(techniques)}
    data["warning"] = beside_note(budget.beside).strip()
    data["colours"] = {**STAGE_COLOURS, "other": OTHER}
    style, script = ((HERE / f"budget.{kind}").read_text("utf-8") for kind in ("css", "js"))
    template = Environment(autoescape=True).from_string(
        (HERE / "budget.html.j2").read_text("utf-8")
    )
    # "</script>" in a name must not end the block of data
    values = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    return template.render(
        name=budget.name,
        style=style,
        script=script,
        data=values,
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'",
    )


@dataclass(frozen=True)
class BudgetView:
    """The page in a notebook."""

    page: str

    def _repr_html_(self) -> str:
        frame = f'sandbox="allow-scripts allow-downloads" srcdoc="{escape(self.page)}"'
        return f'<iframe {frame} width="100%" height="{FRAME_PX}" frameborder="0"></iframe>'


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
