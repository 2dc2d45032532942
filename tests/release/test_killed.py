"""Killed at any step, `build` and `publish` leave the old folder or the new one; the next run clears up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from shared import ROOT

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="each run is a fork")


def kills(folder, *arguments):
    """How many kills the runs of tests/release/killed.py stood."""
    done = subprocess.run(
        [sys.executable, ROOT / "tests/release/killed.py", *arguments[:3], folder, *arguments[3:]],
        env=os.environ | {"PYTHONPATH": str(ROOT / "evaluate")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize(
    ("what", "how", "before"),
    [
        pytest.param("publish", "exchange", "old", marks=pytest.mark.long),
        ("publish", "renames", "old"),
        pytest.param("publish", "exchange", "none", marks=pytest.mark.long),
        pytest.param("build", "exchange", "old", marks=pytest.mark.long),
        pytest.param("build", "renames", "old", marks=pytest.mark.long),
        pytest.param("build", "exchange", "none", marks=pytest.mark.long),
    ],
)
@pytest.mark.long
def test_killed_at_each_change_of_a_folder(what, how, before, tmp_path):
    assert kills(tmp_path, what, how, before) > 15


@pytest.mark.long
@pytest.mark.parametrize(("what", "how"), [("build", "exchange"), ("publish", "renames")])
def test_killed_at_each_system_call(what, how, tmp_path):
    tracing = shutil.which("strace") and subprocess.run(["strace", "-o", os.devnull, "true"], check=False)
    if not tracing or tracing.returncode:
        pytest.skip("strace is not installed, or may not trace here")
    assert kills(tmp_path, what, how, "old", "strace") > (100 if what == "publish" else 40)
