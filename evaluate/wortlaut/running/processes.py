"""The processes of this machine: who started whom, and what ended one."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path


def family() -> dict[int, list[int]]:
    """Process → those that it started; empty where the system does not say."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            # The name, in parentheses, may hold anything.
            parent = int(stat.read_text(errors="replace").rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    return children


def descendants(pid: int, children: Mapping[int, Sequence[int]]) -> list[int]:
    """The processes that it started, and those that they did, by what :func:`family` says."""
    found: list[int] = []
    todo = [pid]
    while todo:
        below = children.get(todo.pop(), ())
        found += below
        todo += below
    return found


def signal_name(number: int) -> str:
    """``SIGKILL``; ``signal 35`` for one that has no name."""
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
