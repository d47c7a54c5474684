"""Addresses of a workshop: every server, the board and the hub have an origin of their own.

Browsers share cookies, windows and frames among pages of one origin, so that a page of a learner's server on
the instructor's origin could act as the instructor. JupyterHub therefore gives each server a subdomain.
Without a domain, these are names under localhost, which Chrome, Edge and Firefox take for their own machine:
there, the workshop itself or a tunnel's end answers.
"""

from __future__ import annotations

import json
import re
from typing import Any

from grader.workshop.paths import INSTRUCTOR, LOCAL, Workshop
from harness.errors import WrongUseError

LOOPBACK = "127.0.0.1"
BOARD = "board"  # the name of the board's service
DOMAIN = re.compile(
    r"(?=.{1,200}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]"
)


def check(workshop: Workshop) -> None:
    """Raise WrongUseError for a domain that is no host name, or files of TLS that are not there."""
    if workshop.domain != LOCAL and not DOMAIN.fullmatch(workshop.domain):
        raise WrongUseError(
            f"{workshop.domain!r} is no host name: give the name that people open, such as class.example, "
            "without scheme, port and capitals. An address in numbers has no subdomains."
        )
    if missing := [path for path in workshop.tls if not path.is_file()]:
        raise WrongUseError(
            f"There is no file {missing[0]}: --tls takes CERTIFICATE,KEY, two PEM files."
        )


def hub(workshop: Workshop) -> str:
    """Return the address where people log in.

    Behind a TLS proxy of one's own, that is the domain without a port.
    """
    return _address(workshop, workshop.domain)


def server(workshop: Workshop, name: str) -> str:
    """Return the address of a person's server."""
    return _address(workshop, _subdomain(workshop, name, "user"))


def board(workshop: Workshop) -> str:
    """Return the address of the instructor's board."""
    host = _address(workshop, _subdomain(workshop, BOARD, "service"))
    return f"{host}/services/{BOARD}/"


def reason(workshop: Workshop) -> str:
    """Return why there are several addresses and which is the instructor's."""
    return (
        f"Everybody logs in at {hub(workshop)}, and types the password nowhere else. Each server has an "
        "address of its own, so that a page in one cannot act in another: the instructor's is "
        f"{server(workshop, INSTRUCTOR)}."
    )


def hub_settings(workshop: Workshop) -> dict[str, Any]:
    """Return the values of `c.JupyterHub` for addresses, TLS and cookies."""
    https, host = _https(workshop), listens_on(workshop)
    certificate, key = workshop.tls or ("", "")
    return {
        "bind_url": f"{'https' if workshop.tls else 'http'}://{host}:{workshop.port}",
        "ssl_cert": str(certificate),
        "ssl_key": str(key),
        "subdomain_host": hub(workshop),
        # By TLS, a subdomain can neither read nor replace another's cookies.
        "cookie_host_prefix_enabled": https,
        "tornado_settings": {"cookie_options": _cookie_options(workshop)},
        "template_vars": {"announcement_login": reason(workshop)},
    }


def listens_on(workshop: Workshop) -> str:
    """Return the address that the proxy listens on, "" for all.

    Without TLS, only this machine, a tunnel or a proxy on it may connect.
    """
    return "" if workshop.tls and workshop.domain != LOCAL else LOOPBACK


def cookie_variables(workshop: Workshop) -> dict[str, str]:
    """Return the same settings of cookies as variables, which a service does not get from the hub."""
    return {
        "JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED": str(int(_https(workshop))),
        "JUPYTERHUB_COOKIE_OPTIONS": json.dumps(_cookie_options(workshop)),
    }


def _https(workshop: Workshop) -> bool:
    return hub(workshop).startswith("https:")


def _cookie_options(workshop: Workshop) -> dict[str, Any]:
    return {"samesite": "Lax", "secure": _https(workshop)}


def _address(workshop: Workshop, host: str) -> str:
    if workshop.domain != LOCAL and not workshop.tls:
        return f"https://{host}"
    return f"{'https' if workshop.tls else 'http'}://{host}:{workshop.port}"


def _subdomain(workshop: Workshop, name: str, kind: str) -> str:
    from jupyterhub.utils import subdomain_hook_idna  # comes with the extra `workshop`

    return subdomain_hook_idna(name, workshop.domain, kind)
