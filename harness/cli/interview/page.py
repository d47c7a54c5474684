"""under500 interview --page: the interview in a browser, without JupyterLab around it."""

from __future__ import annotations

from pathlib import Path

from harness.cli.output import console

NOTEBOOK = Path(__file__).parents[2] / "interview" / "notebook" / "page.ipynb"
WITHOUT = ["@jupyter/nbgrader"]  # wants a JupyterLab around it
# Voilà's template asks a CDN for an icon font: nothing here needs it, and nothing should leave this machine.
OWN_STYLES = {"headers": {"Content-Security-Policy": "style-src 'self' 'unsafe-inline'"}}


def served(port: int, browser: bool) -> None:
    """Serves the page with Voilà to this machine alone, until it is interrupted."""
    from voila.app import Voila

    address = f"http://localhost:{port}/"
    console.print(f"The interview is at {address} (Ctrl+C ends it).", highlight=False)
    same = f"{address}?scenario=S01&seed=7&minutes=20"
    console.print(f"The same numbers for a whole class: {same}", highlight=False, soft_wrap=True)
    Voila.launch_instance(argv=arguments(port, browser))


def arguments(port: int, browser: bool) -> list[str]:
    """What Voilà is told on its command line."""
    options = {
        "Voila.ip": "localhost",
        "Voila.port": port,
        "Voila.open_browser": browser,
        "Voila.tornado_settings": OWN_STYLES,
        "VoilaConfiguration.extension_denylist": WITHOUT,
        "VoilaConfiguration.file_allowlist": [],  # nothing beside the page
    }
    return [str(NOTEBOOK), *(f"--{name}={value}" for name, value in options.items())]
