"""The commands of a page in docs/, as it shows them, and what stands in for those that take ten minutes."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"\s#\s.*")
# Installing takes minutes and network: the environment of the tests stands in for what `make` installs, and
# a step fails if the machine does not have what `apt-get` would bring.
STANDING_IN = """set -eu
make() { ln -s {venv} .venv; }
apt-get() { for tool in "$@"; do case "$tool" in bubblewrap) command -v bwrap > /dev/null;; esac; done; }
export BROWSER='cp %s seen.html'
unset VIRTUAL_ENV PYTHONPATH
"""


def blocks(page: Path) -> list[str]:
    """Return the blocks of shell commands on a page, in their order."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def commands(page: Path, program: str) -> list[list[str]]:
    """Return the words of each command on a page that starts with `program`, up to a comment or a pipe."""
    lines = (COMMENT.sub("", line) for block in blocks(page) for line in block.splitlines())
    words = (shlex.split(line.partition(" | ")[0]) for line in lines)
    return [line[1:] for line in words if line and line[0] == program]


def script(source: str, repository: Path) -> str:
    """Return a block as a script that clones `repository` and uses the environment of this Python."""
    standing_in = STANDING_IN.replace("{venv}", shlex.quote(sys.prefix))
    return standing_in + source.replace("REPOSITORY", shlex.quote(str(repository)))


def run(
    source: str, repository: Path, folder: Path, timeout_s: float
) -> subprocess.CompletedProcess[str]:
    """Run a block with bash in `folder`."""
    return subprocess.run(
        ["bash", "-c", script(source, repository)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=timeout_s,
    )
