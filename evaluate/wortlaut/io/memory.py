"""How much memory what is packed may take when it is unpacked."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from wortlaut.errors import DataError

#: Of what is free: the values that are made of what is unpacked take as much again and more.
_SHARE = 4


def allowed() -> int:
    """Bytes that one part of a file may take: a quarter of what is free here."""
    free = [1 << 33]
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        free = [1024 * int(next(line for line in lines if line.startswith("MemAvailable")).split()[1])]
    with suppress(OSError, ValueError, AttributeError):
        free.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with suppress(OSError, ValueError):
        group = Path("/sys/fs/cgroup")
        used = int((group / "memory.current").read_text())
        free.append(int((group / "memory.max").read_text()) - used)
    return max(0, min(free)) // _SHARE


def check(size: int, where: str, most: int | None = None) -> None:
    """Raises DataError where ``size`` bytes are more than ``most``, which is by default what is allowed."""
    most = allowed() if most is None else most
    if size > most:
        raise DataError(
            f"takes {size / 1e6:,.0f} MB when it is unpacked, and {most / 1e6:,.0f} MB are allowed",
            where=where,
            hint="If that is right, split it into smaller parts, or give it more memory.",
        )
