"""Where the corpora of others lie, for the tests that measure on them; absent ones skip."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("WORTLAUT_SHARED", ROOT.parent / "shared"))


def shared_data(name: str) -> Path:
    """The folder of a corpus of others; skips the test with the reason where it is absent."""
    path = SHARED / "data" / name
    if not path.exists():
        pytest.skip(f"the corpus {name} is not here (set WORTLAUT_SHARED to the folder that holds data/)")
    return path
