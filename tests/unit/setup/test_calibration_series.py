"""The series of calibrations that `tests.perf` measures, without calibrating."""

import subprocess

import pytest

from harness import store
from tests.perf import calibrations


@pytest.mark.parametrize("parts", [("models", "vectors"), ("models", "vectors", "interview")])
def test_a_temporary_home_has_what_is_prepared_and_nothing_else(tmp_path, monkeypatch, parts):
    for part in (*parts, "calibration"):
        (tmp_path / part).mkdir()
    monkeypatch.setenv(store.HOME_VARIABLE, str(tmp_path))
    with calibrations.temporary_home():
        found = {entry.name for entry in store.home().iterdir()}
        assert found == set(parts) and all((store.home() / part).exists() for part in found)
    assert store.home() == tmp_path


def test_the_errors_of_a_calibration_that_fails_are_shown(tmp_path, monkeypatch, capfd):
    failing = tmp_path / "under500"
    failing.write_text("#!/bin/sh\necho no models >&2\nexit 1\n")
    failing.chmod(0o755)
    monkeypatch.setattr(calibrations, "UNDER500", failing)
    with pytest.raises(subprocess.CalledProcessError):
        calibrations.calibrated()
    assert "no models" in capfd.readouterr().err
