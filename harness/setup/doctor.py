"""A report of what is ready on this machine, what is missing, and what to run."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import entry_points

from rich.table import Table

from harness import knobs, store
from harness.measure.machine import describe as machine
from harness.models.engines.free_memory import free_memory
from harness.setup import preparation, stage_costs

GB = 1e9
CACHE_GB = 2.8  # models, vectors and calibration of the offline tier, on Linux
# Largest memory of the labs that take most, kernel and servers together, measured on Linux with two cores.
LAB_GB = {"08": 1.4, "10": 3.8}
COMPILERS = ("c++", "g++", "clang++", "cl")
MARKS = {"ok": "[green]ready[/]", "missing": "[red]missing[/]", "note": "[yellow]note[/]"}


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. state: "ok", "missing" (nothing works without it) or "note"."""

    name: str
    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """All findings, and the machine they describe."""

    findings: tuple[Finding, ...]
    machine: dict[str, object]

    @property
    def ready(self) -> bool:
        """Return whether nothing is missing."""
        return all(finding.state != "missing" for finding in self.findings)

    def to_json(self) -> dict[str, object]:
        """Return plain values for `--json`."""
        findings = [asdict(finding) for finding in self.findings]
        return {
            "ready": self.ready,
            "home": str(store.home()),
            "findings": findings,
            "machine": self.machine,
        }

    def table(self) -> Table:
        """Return the findings as a table for the terminal and the notebook."""
        table = Table("", "state", "detail", title="under500 doctor", title_justify="left")
        for finding in self.findings:
            table.add_row(finding.name, MARKS[finding.state], finding.detail)
        return table

    def __rich__(self) -> Table:
        return self.table()

    def _repr_mimebundle_(
        self, include: Sequence[str] = (), exclude: Sequence[str] = ()
    ) -> dict[str, str]:
        return self.table()._repr_mimebundle_(include, exclude)  # rich renders itself in a notebook


def doctor() -> Report:
    """Check everything without building anything."""
    description = machine.describe()
    resources = [memory(free_memory()), disk(shutil.disk_usage(store.home()).free, _built())]
    ready = [*_steps(), *_calibration(), *_others()]
    findings = [_system(), _python(), _compiler(), *resources, *ready, _load()]
    return Report(tuple(findings), asdict(description))


def _system() -> Finding:
    name = f"{platform.system()} {platform.release()}, {platform.machine()}"
    if sys.platform == "win32":
        return Finding("system", "missing", f"{name}: install WSL 2 and run everything there")
    return Finding("system", "ok", name)


def memory(free_bytes: int) -> Finding:
    """Return whether the free memory is enough for every lab, and for which it is not."""
    free_gb = free_bytes / GB
    short = [f"lab {lab} needs {gb} GB" for lab, gb in LAB_GB.items() if gb > free_gb]
    detail = f"{free_gb:.1f} GB free"
    if short:
        return Finding(
            "memory", "note", f"{detail}; {', '.join(short)}: close other programs first"
        )
    return Finding("memory", "ok", f"{detail}, enough for every lab")


def disk(free_bytes: int, built: bool) -> Finding:
    """Return whether what is still to be built fits on the disk of the cache folder."""
    detail = f"{free_bytes / GB:.1f} GB free in {store.home()}"
    if built or free_bytes > CACHE_GB * GB:
        return Finding("disk", "ok", detail)
    return Finding("disk", "note", f"{detail}; models and vectors take {CACHE_GB} GB")


def _built() -> bool:
    return store.sealed(knobs.path())


def _others() -> list[Finding]:
    """Return what packages above this one have found, through the entry points of `under500.findings`."""
    found = []
    for entry in sorted(entry_points(group="under500.findings"), key=lambda entry: entry.name):
        with suppress(ImportError):  # a learner's process in the jail has no grader
            found.append(Finding(entry.name, *entry.load()()))
    return found


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", "ok" if sys.version_info >= (3, 11) else "missing", version)


def _compiler() -> Finding:
    path = next((path for name in COMPILERS if (path := shutil.which(name))), None)
    detail = path or "none found; only needed to install llama-cpp-python and hnswlib again"
    return Finding("C++ compiler", "ok" if path else "note", detail)


def _steps() -> list[Finding]:
    return [
        Finding(step.name, "ok", "intact") if step.ready() else _missing(step.name)
        for step in preparation.steps()
    ]


def _missing(name: str) -> Finding:
    return Finding(name, "missing", "run `under500 prepare`")


def _calibration() -> list[Finding]:
    if not preparation.calibrated():
        return []
    record = knobs.load()
    stages = ", ".join(f"{stage} {ms:.0f}" for stage, ms in record.stages_ms.items())
    fits = stage_costs.within_contract(record.stages_ms, record.e2e_ms)
    how = "estimated" if record.estimated else f"n={record.n}"
    detail = f"end-to-end p50 {record.e2e_ms:.0f} ms ({how}): {stages}"
    if record.estimated:
        detail += f". {preparation.estimated_note(record.estimated)}"
    return [Finding("baseline", "ok" if fits and not record.estimated else "note", detail)]


def _load() -> Finding:
    load = machine.busy()
    return Finding("load", "note" if load.too_busy else "ok", load.sentence())
