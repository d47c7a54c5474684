"""An nbgrader collector that verifies who submitted, what, and when.

Everybody may put folders into the exchange's inbox, so the learner and time in a folder's name are only
claims. nbgrader warns about a folder of another owner but collects it, follows links out of the folder, and
trusts the time in the name. This collector checks the owner, the links, and the time on the exchange's disk.
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

# Environment variable with the names by user id as JSON, {"first": 20000, "names": [...]}: see
# deploy/values.yaml.
ROSTER = "UNDER500_ROSTER"
Record = dict[str, Any]  # nbgrader's description of a submitted folder
TIMESTAMP = "timestamp.txt"
# A claimed time counts if it differs from the disk's by at most this: clocks of two machines differ by
# seconds.
SKEW = timedelta(minutes=2)
TIME_FORMAT = "%Y-%m-%d %H:%M:%S.%f UTC"


class Collect(ExchangeCollect):
    """nbgrader's collector, limited to folders that the named learner really submitted."""

    def init_src(self) -> None:
        """Find the newest valid submission of each learner."""
        super().init_src()
        newest: dict[str, Record] = {}
        valid = filter(self._is_valid, self._all())
        for record in sorted(valid, key=lambda record: record["timestamp"]):
            # With `before_duedate`, a late submission counts only if there is no earlier one.
            if record["username"] not in newest or not self._too_late(record):
                newest[record["username"]] = record
        self.src_records = list(newest.values())

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy a folder without links, and write the verified submission time into it."""
        if self.get_size(src) > 1000 * self.coursedir.max_dir_size:  # the setting is in kB
            self.log.warning("%s is too large: it is not collected", src)
            return
        ignored = ignore_patterns(self.coursedir.ignore, log=self.log)
        shutil.copytree(src, dest, symlinks=True, ignore=ignored)
        for path in Path(dest).rglob("*"):  # a link may appear between the check and the copy
            if path.is_symlink():
                path.unlink()
        (Path(dest) / TIMESTAMP).write_text(
            self._record(Path(src))["timestamp"].strftime(TIME_FORMAT)
        )

    def _all(self) -> list[Record]:
        pattern = f"{self.coursedir.student_id or '*'}+{self.coursedir.assignment_id}+*"
        return [self._record(path) for path in Path(self.inbound_path).glob(pattern)]

    def _record(self, path: Path) -> Record:
        record = self._path_to_record(str(path))
        return record | {"timestamp": submission_time(path, record["timestamp"])}

    def _is_valid(self, record: Record) -> bool:
        folder = Path(self.inbound_path) / record["filename"]
        if reason := problem(folder, record["username"]):
            self.log.warning("%s is not collected: %s", folder.name, reason)
        return not reason

    def _too_late(self, record: Record) -> bool:
        enforced = self.duedate is not None and self.before_duedate
        return enforced and record["timestamp"] > self.duedate


def problem(folder: Path, student: str) -> str:
    """Return why a folder of the inbox must not be collected, or ""."""
    try:
        owner = person(folder.lstat().st_uid)
    except OSError:
        owner = "nobody"
    if owner != student:
        return f"it belongs to {owner}"
    paths = (Path(root) / name for root, dirs, files in os.walk(folder) for name in dirs + files)
    if folder.is_symlink() or any(map(_is_irregular, paths)):
        return "it contains a link or a special file"
    return ""


def _is_irregular(path: Path) -> bool:
    """Return True for a symbolic link, a device, a pipe, or a hard link to another file."""
    if path.is_symlink():
        return True
    return not path.is_dir() and (not path.is_file() or path.lstat().st_nlink > 1)


def person(uid: int) -> str:
    """Return the name for a user id, from the roster (pods have no accounts) or from the machine."""
    roster = json.loads(os.environ.get(ROSTER, "{}"))
    names = dict(enumerate(roster.get("names", ()), roster.get("first", 0)))
    if uid in names:
        return names[uid]
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return "nobody"


def submission_time(folder: Path, claimed: datetime) -> datetime:
    """Return the submission time, a naive datetime in UTC.

    It is the claimed one, or the disk's (ctime) if they differ by more than SKEW.
    """
    changed = datetime.fromtimestamp(folder.stat().st_ctime, UTC).replace(tzinfo=None)
    return claimed if abs(changed - claimed) <= SKEW else changed
