"""Reading of one submission in the exchange's inbox, where everybody may put anything.

Only files that are known by name are opened, by descriptor and without following a link, and each must be a
plain file of the submission's owner. So nothing that is exchanged for something else meanwhile, and nothing
that lies beside the notebooks, reaches the course.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import secrets
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from grader.course.handed_in import FOLDER, ONLY_THIS, HandedIn
from grader.grading.notebook import MAX_BYTES

# Environment variable with the names by user id as JSON, {"first": 20000, "names": [...]}: see
# deploy/values.yaml.
ROSTER = "UNDER500_ROSTER"
TIMESTAMP = "timestamp.txt"
SECRET = "submission_secret.txt"  # with which nbgrader names a learner's feedback
A_SECRET = re.compile(rb"[0-9a-f]{32,256}")
# A claimed time counts if it differs from the disk's by at most this: clocks of two machines differ by
# seconds.
SKEW = timedelta(minutes=2)
TIME_FORMAT = "%Y-%m-%d %H:%M:%S.%f UTC"
FOLDER_NAME = "{student}\\+{lab}\\+(?P<time>[^+]+)(\\+[^+]*)?"


class NotCollectedError(Exception):
    """The reason why a folder of the inbox is not collected."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A folder of the inbox, and the time in its name; `student` is its owner, as its name says."""

    folder: str
    student: str
    uid: int
    time: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """What a learner submitted: the notebooks by name, the secret, and the verified time, naive in UTC."""

    notebooks: dict[str, bytes]
    secret: bytes
    time: datetime

    def stored(self) -> dict[str, bytes]:
        """Return the files that the course keeps, by name: of a notebook, only what is graded."""
        notebooks = {
            name: HandedIn(name, content).stored() for name, content in self.notebooks.items()
        }
        return notebooks | {
            SECRET: self.secret,
            TIMESTAMP: self.time.strftime(TIME_FORMAT).encode(),
        }


def claim(inbox: int, folder: str, lab: str) -> Claim:
    """Return who submitted a folder of the inbox for a lab, and when it says so.

    Raises NotCollectedError if it is not a folder of the learner in its name, and OSError.
    """
    found = os.stat(folder, dir_fd=inbox, follow_symlinks=False)
    owner = person(found.st_uid)
    pattern = FOLDER_NAME.format(student=re.escape(owner), lab=re.escape(lab))
    matched = re.fullmatch(pattern, folder)
    if not matched:
        raise NotCollectedError(f"it belongs to {owner}, or its name is not a submission's")
    if not stat.S_ISDIR(found.st_mode):
        raise NotCollectedError("it is a link or a file, not a folder")
    try:
        claimed = datetime.strptime(matched["time"], TIME_FORMAT)
    except ValueError:
        raise NotCollectedError("its name contains no time") from None
    return Claim(folder, owner, found.st_uid, submission_time(found.st_ctime, claimed))


def received(inbox: int, claimed: Claim, notebooks: Iterable[str]) -> Received:
    """Return the notebooks of a submission that are there. Raises NotCollectedError, OSError."""
    folder = os.open(claimed.folder, FOLDER, dir_fd=inbox)
    try:
        found = os.fstat(folder)
        if found.st_uid != claimed.uid:
            raise NotCollectedError("it was exchanged")
        there = [name for name in notebooks if _exists(name, folder)]
        if not there:
            raise NotCollectedError("it contains no notebook of the lab")
        read = {name: _read(name, folder, claimed.uid) for name in there}
        secret = _secret(folder, claimed.uid)
    finally:
        os.close(folder)
    # A file that is written later than its folder was submitted later.
    changed = max(found.st_ctime, *(changed for _, changed in read.values()))
    contents = {name: content for name, (content, _) in read.items()}
    return Received(contents, secret, submission_time(changed, claimed.time))


def _exists(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _read(name: str, folder: int, owner: int) -> tuple[bytes, float]:
    """Return a file's content, and when it was last changed."""
    with os.fdopen(os.open(name, ONLY_THIS, dir_fd=folder), "rb") as file:
        found = os.fstat(file.fileno())
        # A second name may be that of a file which only its owner can read.
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or found.st_uid != owner:
            raise NotCollectedError(f"{name} is not a plain file of its own")
        if found.st_size > MAX_BYTES:
            raise NotCollectedError(f"{name} has more than {MAX_BYTES / 1e6:.0f} MB")
        content = file.read(found.st_size)
        return content, os.fstat(file.fileno()).st_ctime


def _secret(folder: int, owner: int) -> bytes:
    """Return the submission's secret, or a new one: without one, nbgrader releases nobody's feedback."""
    try:
        content = _read(SECRET, folder, owner)[0]
    except (OSError, NotCollectedError):
        content = b""
    return content if A_SECRET.fullmatch(content) else secrets.token_hex(64).encode()


def submission_time(changed: float, claimed: datetime) -> datetime:
    """Return the submission time, a naive datetime in UTC.

    It is the claimed one, or the disk's (ctime) if they differ by more than SKEW.
    """
    disk = datetime.fromtimestamp(changed, UTC).replace(tzinfo=None)
    return claimed if abs(disk - claimed) <= SKEW else disk


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
