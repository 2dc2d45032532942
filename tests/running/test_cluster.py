"""Ray clusters that are not there."""

from __future__ import annotations

import pytest

from wortlaut.evaluation.evaluate import evaluate


def test_a_cluster_that_is_not_there_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="ray is not installed: python -m pip install 'wortlaut[ray]'")
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    monkeypatch.setattr("ray.init", lambda *_, **__: pytest.fail("Ray itself tries for minutes"))
    (system,) = evaluate("quotes-de", samples=0, engine="ray", on_error="keep").systems
    assert system.failed is not None
    assert system.failed.startswith("127.0.0.1:1: no Ray cluster answers: ")
    assert "RAY_ADDRESS names one" in system.failed
