"""What was measured, line by line on disk: a run of hours that is stopped goes on behind its last line."""

import json
import os
import time
from pathlib import Path

import psutil


class Ledger:
    """JSON lines, one a measurement: its key, its value, seconds it took, the machine's load."""

    def __init__(self, path):
        self.path = Path(path)
        self.rows = dict(self._read())

    def once(self, key, measure, *arguments):
        """The value under `key`, measured now unless it is there."""
        if key not in self.rows:
            began = time.monotonic()
            row = {
                "key": key,
                "value": measure(*arguments),
                "s": round(time.monotonic() - began, 2),
            }
            self._write(row | {"load": round(psutil.getloadavg()[0], 2)})
            self.rows[key] = row
        return self.rows[key]["value"]

    def under(self, prefix):
        """The rows whose key starts with `prefix`, in the order of measuring."""
        return [row for key, row in self.rows.items() if key.startswith(prefix)]

    def _read(self):
        if self.path.exists():
            for line in self.path.read_text().splitlines():
                try:
                    row = json.loads(line)
                except ValueError:
                    continue  # the line at which it was stopped
                yield row["key"], row

    def _write(self, row):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")
            file.flush()
            os.fsync(file.fileno())
