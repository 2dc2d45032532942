"""An export in parts, each of them whole: how they become what one ``write`` of all documents would give.

A format that can be joined has ``join(path, parts)``. The parts stay as they are, so that joining can be
broken off and done again.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path


def link_or_copy(file: Path, path: Path) -> None:
    """``file`` under another name, without a second copy of its bytes where the file system can do that."""
    try:
        path.hardlink_to(file)
    except OSError:
        shutil.copyfile(file, path)


def concatenate(
    path: Path, parts: Sequence[Path], *, head: bytes = b"", between: bytes = b"", tail: bytes = b""
) -> None:
    """One file after the other; what each begins and ends with stands there once, ``between`` between two."""
    if len(parts) == 1:
        link_or_copy(parts[0], path)
        return
    with path.open("wb") as file:
        file.write(head)
        for number, part in enumerate(parts):
            content = part.read_bytes()
            file.write((between if number else b"") + content[len(head) : len(content) - len(tail)])
        file.write(tail)
