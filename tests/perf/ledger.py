"""A log of measurements on disk, so that an interrupted run of hours continues after its last line."""

import json
import os
import time
from pathlib import Path

import psutil


class Ledger:
    """JSON lines, one per measurement: key, value, seconds and the machine's load average."""

    def __init__(self, path):
        self.path = Path(path)
        self.rows = dict(self._read())

    def once(self, key, measure, *arguments):
        """Return the value under `key`; measure it first if it is missing."""
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
        """Return the rows whose key starts with `prefix`, in order of measurement."""
        return [row for key, row in self.rows.items() if key.startswith(prefix)]

    def _read(self):
        if self.path.exists():
            for line in self.path.read_text().splitlines():
                try:
                    row = json.loads(line)
                except ValueError:
                    continue  # an incomplete last line
                yield row["key"], row

    def _write(self, row):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")
            file.flush()
            os.fsync(file.fileno())
