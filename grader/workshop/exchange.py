"""An nbgrader collector that verifies who submitted, what, and when, and a list of what it finds.

Everybody may put folders into the exchange's inbox, so the learner and time in a folder's name are only
claims. nbgrader warns about a folder of another owner but collects it, follows links out of it, copies
whatever is in it, trusts the time in the name, and stops at a name that it cannot read. This collector takes
the lab's notebooks of the folder's owner, with the time on the exchange's disk, and passes over the rest.
Of a notebook it keeps what is graded, so that opening it runs nothing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeCollect, ExchangeList

from grader.workshop import inbox
from grader.workshop.inbox import Claim, NotCollectedError, Received

MOST_READ = 200  # newest submissions of a learner to one lab that are looked at
MOST_SAID = 50  # warnings, so that a learner with a million folders does not fill the log


class Collect(ExchangeCollect):
    """nbgrader's collector, limited to notebooks that the named learner really submitted."""

    def init_src(self) -> None:
        """Find the submissions of each learner, newest first."""
        self.inbound_path = Path(self.root, self.coursedir.course_id, "inbound")
        if not self.coursedir.course_id or not self.inbound_path.is_dir():
            self.fail(f"There is no folder {self.inbound_path}: release a lab first.")
        self.duedate = None
        book = Gradebook(self.coursedir.db_url, self.coursedir.course_id)
        with suppress(MissingEntry), book as gradebook:
            self.duedate = gradebook.find_assignment(self._lab).duedate
        self.said = 0
        self.claims: dict[str, list[Claim]] = {}

    def copy_files(self) -> None:
        """Copy the submission of each learner that counts."""
        folder = os.open(self.inbound_path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for claim in sorted(self._claims(folder), key=lambda claim: claim.time, reverse=True):
                self.claims.setdefault(claim.student, []).append(claim)
            for student, claims in self.claims.items():
                self._collect(folder, student, claims[:MOST_READ])
        finally:
            os.close(folder)
        self.log.info("Learners with submissions of %s: %d", self._lab, len(self.claims))

    def _collect(self, folder: int, student: str, claims: list[Claim]) -> None:
        counts = self._counts(folder, claims)
        try:
            if counts and self._is_wanted(student, counts):
                self._store(student, counts)
        except OSError as error:  # such as a full disk
            self._say(f"{student}'s submission", error)

    @property
    def _lab(self) -> str:
        return self.coursedir.assignment_id

    def _claims(self, folder: int) -> Iterator[Claim]:
        wanted = self.coursedir.student_id
        for name in os.listdir(folder):
            if f"+{self._lab}+" not in name:
                continue
            try:
                claim = inbox.claim(folder, name, self._lab)
            except (OSError, NotCollectedError) as error:
                self._say(name, error)
                continue
            if wanted in ("", "*", claim.student):
                yield claim

    def _counts(self, folder: int, claims: list[Claim]) -> Received | None:
        """Return the newest submission; with `before_duedate`, the newest in time if there is one."""
        newest = None
        for claim in claims:
            try:
                received = inbox.received(folder, claim, self._notebooks())
            except (OSError, NotCollectedError) as error:
                self._say(claim.folder, error)
                continue
            newest = newest or received
            if not self._too_late(received):
                return received
        return newest

    def _notebooks(self) -> list[str]:
        return notebooks(self.coursedir, self._lab)

    def _too_late(self, received: Received) -> bool:
        enforced = self.duedate is not None and self.before_duedate
        return enforced and received.time > self.duedate

    def _is_wanted(self, student: str, received: Received) -> bool:
        """Return True if there is no submission yet, or `received` replaces it."""
        target = self._target(student)
        if not target.is_dir():
            return True
        existing = self.coursedir.get_existing_timestamp(str(target))
        newer = existing is None or received.time > existing
        return (self.update and newer) or (self.before_duedate and received.time != existing)

    def _store(self, student: str, received: Received) -> None:
        """Write a submission beside its place, and then replace the one that is there."""
        target = self._target(student)
        part = target.with_name(f".{target.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        for name, content in received.stored().items():
            (part / name).write_bytes(content)
        if target.exists():
            shutil.rmtree(target)
        part.rename(target)
        self.log.info("Collected: %s %s", student, self._lab)

    def _target(self, student: str) -> Path:
        directory = self.coursedir.submitted_directory
        return Path(self.coursedir.format_path(directory, student, self._lab))

    def _say(self, name: str, reason: object) -> None:
        self.said += 1
        if self.said <= MOST_SAID:
            self.log.warning("%r is not collected: %s", name, reason)
        elif self.said == MOST_SAID + 1:
            self.log.warning("More is not collected; the first %d are above.", MOST_SAID)


class List(ExchangeList):
    """nbgrader's list of submissions, which stops at a folder that it cannot read, without such folders."""

    def init_dest(self) -> None:
        """Find the folders to list."""
        super().init_dest()
        if self.inbound:
            self.assignments = [path for path in self.assignments if self._can_be_collected(path)]

    def _can_be_collected(self, path: str) -> bool:
        inbox_path, folder = os.path.split(path)
        lab = folder.split("+")[1]
        try:
            descriptor = os.open(inbox_path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                claim = inbox.claim(descriptor, folder, lab)
                inbox.received(descriptor, claim, notebooks(self.coursedir, lab))
            finally:
                os.close(descriptor)
        except (OSError, NotCollectedError) as error:
            self.log.warning("%r cannot be collected: %s", folder, error)
            return False
        return True


def notebooks(coursedir: CourseDirectory, lab: str) -> list[str]:
    """Return the names of a lab's notebooks, as released."""
    released = coursedir.format_path(coursedir.release_directory, ".", lab)
    names = sorted(path.name for path in Path(released).glob("*.ipynb"))
    return names or [f"{lab}.ipynb"]
