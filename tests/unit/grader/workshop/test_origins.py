"""Addresses of a workshop: which name answers for whom, and how the hub is told."""

from pathlib import Path
from urllib.parse import urlparse

import pytest

from grader.workshop import origins
from grader.workshop.paths import INSTRUCTOR, VARIABLE, Workshop, current, variable
from harness.errors import WrongUseError

pytest.importorskip("jupyterhub", reason="comes with the extra `workshop`")
TLS = (Path("/etc/cert.pem"), Path("/etc/key.pem"))
WORKSHOPS = {
    "a tunnel": Workshop(Path("/w"), 8000),
    "a proxy": Workshop(Path("/w"), 8000, "class.example"),
    "TLS": Workshop(Path("/w"), 443, "class.example", TLS),
}
every = pytest.mark.parametrize("workshop", WORKSHOPS.values(), ids=WORKSHOPS)


@every
def test_no_two_servers_share_an_origin_or_a_host(workshop):
    urls = [origins.hub(workshop), origins.board(workshop)]
    urls += [
        origins.server(workshop, name) for name in (INSTRUCTOR, "ada", "ada.b", "ada_b", "board")
    ]
    hosts = [urlparse(url).hostname for url in urls]
    assert len(set(hosts)) == len(urls)
    assert all(host == workshop.domain or host.endswith(f".{workshop.domain}") for host in hosts)


@every
def test_plain_http_is_for_this_machine_alone(workshop):
    settings = origins.hub_settings(workshop)
    bound = urlparse(settings["bind_url"])
    assert bound.scheme == "https" or bound.hostname == "127.0.0.1"
    assert origins.hub(workshop).startswith("https:") or workshop.domain == "localhost"


@every
def test_a_cookie_by_tls_belongs_to_one_name(workshop):
    settings = origins.hub_settings(workshop)
    https = origins.hub(workshop).startswith("https:")
    assert settings["cookie_host_prefix_enabled"] is https
    assert settings["tornado_settings"]["cookie_options"] == {"samesite": "Lax", "secure": https}


@every
def test_the_login_page_says_which_address_is_the_instructors(workshop):
    said = origins.hub_settings(workshop)["template_vars"]["announcement_login"]
    assert origins.server(workshop, INSTRUCTOR) in said and origins.hub(workshop) in said


@every
def test_the_hub_gets_the_same_workshop(workshop, monkeypatch):
    monkeypatch.setenv(VARIABLE, variable(workshop))
    assert current() == workshop


WRONG = [
    "class",
    "Class.example",
    "https://class.example",
    "class.example:443",
    "10.0.0.5",
    "-a.b",
    "",
]


@pytest.mark.parametrize("domain", WRONG)
def test_a_domain_that_has_no_subdomains_is_refused(domain):
    with pytest.raises(WrongUseError, match="host name"):
        origins.check(Workshop(Path("/w"), 8000, domain))


def test_a_missing_certificate_is_named(tmp_path):
    with pytest.raises(WrongUseError, match=r"there\.pem"):
        origins.check(Workshop(Path("/w"), 443, "class.example", (tmp_path / "there.pem",) * 2))
