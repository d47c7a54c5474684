"""The prepared models of a workshop: one copy, which each person's cache folder leads to."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from grader.exercise import exclusive
from grader.workshop import accounts
from grader.workshop.accounts import AccountError
from grader.workshop.paths import Workshop
from harness import store

# Written by people or for one of them, so not shared.
PERSONAL = ("predictions", "interviews", "figures", "results", exclusive.FOLDER)


def share(workshop: Workshop) -> None:
    """Share the prepared models with everybody, as hard links if possible."""
    workshop.models.mkdir(exist_ok=True)
    for path in store.home().iterdir():
        target = workshop.models / path.name
        if path.name in PERSONAL or target.exists():
            continue
        if path.is_dir():
            shutil.copytree(path, target, copy_function=_link)
        else:
            _link(path, target)


def _link(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # on another disk
        shutil.copy2(source, target)


def link(workshop: Workshop, name: str) -> None:
    """Link the shared models into a person's cache folder, or say that it cannot be written to."""
    home = workshop.home(name)
    folder = home / ".cache" / "under500"
    models = sorted(map(str, workshop.models.iterdir()))
    try:
        accounts.as_person(name, "mkdir", "-p", str(folder), cwd=home)
        if models:
            accounts.as_person(name, "ln", "-sfn", "-t", str(folder), *models, cwd=home)
    except AccountError as error:  # the person's own doing: the class starts without their models
        sys.stderr.write(f"{name} has no models, because {folder} cannot be written to: {error}\n")
