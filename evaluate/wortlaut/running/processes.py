"""The processes of this machine: who started whom, how one is ended, and the cores that they may use."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any


def usable_cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def children() -> dict[int, list[int]]:
    """Process → those that it started; empty where the system does not say."""
    found: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            # The name, in parentheses, may hold anything.
            parent = int(stat.read_text(errors="replace").rpartition(")")[2].split()[1])
            found.setdefault(parent, []).append(int(stat.parent.name))
    return found


def descendants(pid: int, known: Mapping[int, Sequence[int]] | None = None) -> list[int]:
    """The processes that it started, and those that they did; ``known`` is what :func:`children` said."""
    below = children() if known is None else known
    found = list(below.get(pid, ()))
    for each in found:
        found += below.get(each, ())
    return found


def kill_tree(process: subprocess.Popen[Any]) -> None:
    """Kill a process and whatever it started, also what was left behind in its group."""
    started = descendants(process.pid)
    process.kill()
    for pid in started:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def signal_name(number: int) -> str:
    """``SIGKILL``; ``signal 35`` for one that has no name."""
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
