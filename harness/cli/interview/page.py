"""under500 interview --page: the interview as a web page, without JupyterLab."""

from __future__ import annotations

from pathlib import Path

from harness.cli.output import console

NOTEBOOK = Path(__file__).parents[2] / "interview" / "notebook" / "page.ipynb"
DENIED_EXTENSIONS = ["@jupyter/nbgrader"]  # needs JupyterLab
# Voilà's template requests an icon font from a CDN. The page does not need it: nothing leaves this machine.
OWN_STYLES = {"headers": {"Content-Security-Policy": "style-src 'self' 'unsafe-inline'"}}


def serve(port: int, browser: bool) -> None:
    """Serve the page with Voilà, on localhost only, until interrupted."""
    from voila.app import Voila

    address = f"http://localhost:{port}/"
    console.print(f"The interview is at {address} (Ctrl+C stops the server).", highlight=False)
    preset = f"{address}?scenario=S01&seed=7&minutes=20"
    console.print(
        f"For the same numbers in a whole class: {preset}", highlight=False, soft_wrap=True
    )
    Voila.launch_instance(argv=arguments(port, browser))


def arguments(port: int, browser: bool) -> list[str]:
    """Return Voilà's command line."""
    options = {
        "Voila.ip": "localhost",
        "Voila.port": port,
        "Voila.open_browser": browser,
        "Voila.tornado_settings": OWN_STYLES,
        "VoilaConfiguration.extension_denylist": DENIED_EXTENSIONS,
        "VoilaConfiguration.file_allowlist": [],  # serve no files beside the page
    }
    return [str(NOTEBOOK), *(f"--{name}={value}" for name, value in options.items())]
