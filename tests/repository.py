"""What the repository holds, for the tests that look at all of it."""

from __future__ import annotations

import subprocess

import pytest
from shared import ROOT


def repository_files() -> list[str]:
    """Paths as git sees them: tracked or new, not ignored; skips where there is no git checkout."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted({file for file in listed.split("\0") if file and (ROOT / file).is_file()})
