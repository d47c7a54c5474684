"""Fixtures of the browser tests: Debian's Chromium, servers, a tab that keeps pictures of what it shows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import servers

ROOT = Path(__file__).resolve().parents[2]

SHOTS = ROOT / "screenshots"
REAL = os.environ.get("REAL") == "1"  # `make e2e REAL=1`: the labs ask the slow assistant itself
LABS = ("01-profile", "02-streaming", "04-quantization", "11-mock-interview")
WIDTH, HEIGHT = 1400, 1000
PATIENCE_MS = servers.PATIENCE_S * 1_000


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Yield one headless browser for all tests. Root has no sandbox, and nothing here comes from outside."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
    assert found, "There is no Chromium: `make e2e` installs Debian's, or install it and run again."
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=found, args=options)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="session")
def environment(folder: Path) -> dict[str, str]:
    """Return the servers' environment: the prepared files, without anybody's predictions or history."""
    return {
        "UNDER500_HOME": str(servers.home(folder / "home")),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_RUNTIME_DIR": str(folder / "run"),
        "IPYTHONDIR": str(folder / "ipython"),
    }


@pytest.fixture(scope="session")
def lab(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """Yield the address of a JupyterLab with the solved labs in it."""
    from tests.notebooks import course

    if not REAL:
        startup = folder / "ipython" / "profile_default" / "startup"
        startup.mkdir(parents=True, exist_ok=True)  # another server may have made the profile
        (startup / "00-fake-assistant.py").write_text(course.FAKE_ASSISTANT)
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    for name in LABS:
        nbformat.write(course.solved(name), notebooks / f"{name}.ipynb")
        nbformat.write(course.released(name), notebooks / f"untouched-{name}.ipynb")
    with servers.jupyterlab(notebooks, environment) as address:
        yield address


@pytest.fixture(scope="session")
def page(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """Yield the address of the interview's page."""
    with servers.interview_page(folder, environment) as address:
        yield address


@pytest.fixture
def tab(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Yield a fresh tab; at the end of the test, whatever it came to, a last picture is kept."""
    context = chromium.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    context.set_default_timeout(PATIENCE_MS)
    tab = context.new_page()
    yield tab
    shot(tab, f"{request.node.name}-end")
    context.close()


def shot(tab: Page, name: str) -> None:
    """Keeps a picture of what the tab shows, for a person to look at."""
    SHOTS.mkdir(exist_ok=True)
    tab.screenshot(path=SHOTS / f"{name.replace('[', '-').replace(']', '')}.png")
