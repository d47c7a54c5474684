import pytest

from harness import knobs, store
from harness.knobs import Calibration, Knobs, YardstickWork

KNOBS = Knobs(rtt_ms=20, turns=5, scanned=60_000, max_tokens=40, comparisons=400)
SPANS = [
    {"name": "request", "start_ms": 0, "duration_ms": 3200},
    {"name": "generate", "start_ms": 100, "duration_ms": 3000, "depth": 1},
]
RECORD = Calibration(
    knobs=KNOBS,
    yardstick=YardstickWork(tokens=9, rows=4000, rtt_ms=12.5),
    yardstick_ratio=0.156,
    key="k",
    stages_ms={"network": 100.0},
    e2e_ms=3200,
    n=5,
    typical=SPANS,
    machine={},
)


def test_a_record_survives_the_disk():
    knobs.save(RECORD)
    assert knobs.load() == RECORD


def test_no_record_says_what_to_run():
    with pytest.raises(store.StoreError, match="under500 prepare"):
        knobs.load()


def test_a_damaged_record_is_refused():
    knobs.save(RECORD)
    knobs.path().write_text(knobs.path().read_text().replace("3200", "3201"))
    with pytest.raises(store.CorruptFileError):
        knobs.load()


def test_a_record_of_another_version_is_refused():
    with store.atomic_write(knobs.path()) as part:
        part.write_text('{"knobs": {"speed": 9}}')
    with pytest.raises(store.CorruptFileError, match="another version"):
        knobs.load()
