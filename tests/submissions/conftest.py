"""Grading in tests keeps its secret in the test's own folder."""

import pytest

from grader import secret


@pytest.fixture(autouse=True)
def private_key(tmp_path, monkeypatch):
    monkeypatch.setattr(secret.key, "__defaults__", (tmp_path / "key",))
    monkeypatch.setattr(secret.seed, "__kwdefaults__", {"file": tmp_path / "key"})
