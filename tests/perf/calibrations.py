"""Measures calibration: `python -m tests.perf.calibrations LOG [--most N]`; needs a quiet machine.

Twenty times, every second time beside a busy process: calibrate as `under500 prepare --recalibrate` does, end
the busy process, measure five pairs of requests, and compare them with the contract. Each run is a line in
LOG; an interrupted series continues after the last one. A run takes 1.5 minutes, beside a busy process 2.5.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from harness import knobs, store
from harness.setup import calibrate, quiet
from harness.setup.interleaved_round import measure_round
from harness.setup.stage_costs import within_contract
from tests.perf.figures import BUSY, beside
from tests.perf.ledger import Ledger

RUNS, PAIRS = 20, 5
UNDER500 = Path(sys.executable).with_name("under500")


@contextmanager
def temporary_home():
    """Use a cache folder with the prepared models and vectors, but without their calibration."""
    prepared = store.home()
    with tempfile.TemporaryDirectory() as folder:
        for part in ("models", "vectors", "interview"):
            if (prepared / part).exists():
                (Path(folder) / part).symlink_to(prepared / part)
        before = os.environ.get(store.HOME_VARIABLE)
        os.environ[store.HOME_VARIABLE] = folder
        try:
            yield
        finally:
            del os.environ[store.HOME_VARIABLE]
            if before is not None:
                os.environ[store.HOME_VARIABLE] = before


def calibrated():
    """Calibrate in a new process; return the seconds that it took, and what it said.

    Its errors go to the terminal; CalledProcessError says only that there was one.
    """
    command = [UNDER500, "prepare", "--recalibrate", "--json"]
    ended = subprocess.run(command, text=True, stdout=subprocess.PIPE, check=True)
    *said, report = ended.stdout.strip().splitlines()
    return json.loads(report)["seconds"]["calibration"], said


def run(sources):
    """Calibrate beside programs with these sources, and return the times measured without them."""
    with beside(sources):
        seconds, said = calibrated()
    record = knobs.load()
    wait = partial(quiet.wait_for_quiet, print)
    load = wait()
    pairs = measure_round(record.knobs, record.yardstick, PAIRS, wait).pairs
    fit = calibrate.measured(record.knobs, record.yardstick, pairs)
    return {
        "seconds": seconds,
        "within": within_contract(fit.stages_ms, fit.e2e_ms),
        "stages_ms": {stage: round(ms, 1) for stage, ms in fit.stages_ms.items()},
        "e2e_ms": round(fit.e2e_ms, 1),
        "ratio": round(fit.ratio, 4),
        "n": fit.n,
        "recorded": {"stages_ms": record.stages_ms, "e2e_ms": record.e2e_ms, "n": record.n},
        "knobs": record.knobs.model_dump(),
        "yardstick": record.yardstick.model_dump(),
        "load": load.sentence(),
        "said": said,
    }


def table(ledger):
    """Yield (name, result) of the runs in the log."""
    for kind in ("quiet", "busy"):
        rows = [row["value"] for row in ledger.under(f"{kind}/")]
        if rows:
            seconds = [row["seconds"] for row in rows]
            took = f"p50 {statistics.median(seconds):.0f} s, slowest {max(seconds):.0f} s"
            yield f"{kind}: calibration", f"{took} (n={len(rows)})"
            yield (
                f"{kind}: within the contract",
                f"{sum(row['within'] for row in rows)} of {len(rows)}",
            )
            ratios = [row["ratio"] / calibrate.SHARE - 1 for row in rows]
            yield f"{kind}: yardstick off its target", ", ".join(f"{r:+.1%}" for r in ratios)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", type=Path)
    parser.add_argument("--most", type=int, default=RUNS, help="runs in this call")
    chosen = parser.parse_args()
    ledger = Ledger(chosen.log)
    keys = [f"{'busy' if number % 2 else 'quiet'}/{number // 2}" for number in range(RUNS)]
    missing = [key for key in keys if key not in ledger.rows]
    with temporary_home():
        for key in missing[: chosen.most]:
            ledger.once(key, run, (BUSY,) if key.startswith("busy") else ())
    for name, result in table(ledger):
        print(f"{name:<36} {result}")


if __name__ == "__main__":
    main()
