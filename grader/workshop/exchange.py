"""Collecting submissions as they are, not as they claim to be.

Everybody may put folders into the exchange's inbox, so a name in it is a claim. nbgrader remarks on a folder
of somebody else and takes it all the same, follows links that lead out of it, and believes the time that is
written in the name. Here each of the three is looked at: owner, links, and the clock of the exchange's disk.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect
from nbgrader.utils import ignore_patterns

ROSTER = "UNDER500_ROSTER"  # {"first": 20000, "names": [...]}: see deploy/values.yaml
Record = dict[str, Any]
STAMP = "timestamp.txt"
# Clocks of two machines differ by seconds; a deadline is not missed by less than this, nor met by more.
SKEW = timedelta(minutes=2)
FORM = "%Y-%m-%d %H:%M:%S.%f UTC"


class Collect(ExchangeCollect):
    """nbgrader's collect, for what really is the learner's own."""

    def init_src(self) -> None:
        """The newest submission of each learner among those that are theirs."""
        super().init_src()
        newest: dict[str, Record] = {}
        for record in sorted(filter(self._theirs, self._all()), key=lambda one: one["timestamp"]):
            before = newest.get(record["username"])
            if not (before and self._too_late(record)):
                newest[record["username"]] = record
        self.src_records = list(newest.values())

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """The folder without links, and with the time at which it was handed in by the disk's clock."""
        if self.get_size(src) > 1000 * self.coursedir.max_dir_size:  # the setting is in kB
            self.log.warning("%s is too large: it stays where it is", src)
            return
        left_out = ignore_patterns(self.coursedir.ignore, log=self.log)
        shutil.copytree(src, dest, symlinks=True, ignore=left_out)
        for path in Path(dest).rglob("*"):  # one that came between our look and the copy
            if path.is_symlink():
                path.unlink()
        (Path(dest) / STAMP).write_text(self._record(Path(src))["timestamp"].strftime(FORM))

    def _all(self) -> list[Record]:
        wanted = f"{self.coursedir.student_id or '*'}+{self.coursedir.assignment_id}+*"
        return [self._record(path) for path in Path(self.inbound_path).glob(wanted)]

    def _record(self, path: Path) -> Record:
        found = self._path_to_record(str(path))
        return found | {"timestamp": handed_in(path, found["timestamp"])}

    def _theirs(self, record: Record) -> bool:
        folder = Path(self.inbound_path) / record["filename"]
        if why := strange(folder, record["username"]):
            self.log.warning("%s is left where it is: %s", folder.name, why)
        return not why

    def _too_late(self, record: Record) -> bool:
        wanted = self.duedate is not None and self.before_duedate
        return wanted and record["timestamp"] > self.duedate


def strange(folder: Path, student: str) -> str:
    """Why a folder of the inbox is not collected; "" when it may be."""
    try:
        owner = person(folder.lstat().st_uid)
    except OSError:
        owner = "nobody"
    if owner != student:
        return f"it belongs to {owner}"
    if folder.is_symlink() or any(
        _odd(Path(at) / n) for at, ds, fs in os.walk(folder) for n in ds + fs
    ):
        return "it holds a link or something that is no file"
    return ""


def _odd(path: Path) -> bool:
    """A link, a device, a pipe, or a second name of a file from elsewhere."""
    if path.is_symlink():
        return True
    return not path.is_dir() and (not path.is_file() or path.lstat().st_nlink > 1)


def person(uid: int) -> str:
    """Whose number it is: by the roster where pods have numbers and no accounts, else by the machine."""
    roster = json.loads(os.environ.get(ROSTER, "{}"))
    names = dict(enumerate(roster.get("names", ()), roster.get("first", 0)))
    if uid in names:
        return names[uid]
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return "nobody"


def handed_in(folder: Path, claimed: datetime) -> datetime:
    """When, in UTC: as it says, unless the clock of its disk says something else."""
    changed = datetime.fromtimestamp(folder.stat().st_ctime, UTC).replace(tzinfo=None)
    return claimed if abs(changed - claimed) <= SKEW else changed
