"""Word lists that come with the package: lines, and sections under headings in brackets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def read_lines(package: str, name: str) -> tuple[str, ...]:
    """The lines of a file in the ``data`` of a package that are not empty and no comment."""
    lines = (files(package) / "data" / name).read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


@cache
def read_sections(package: str, name: str) -> Mapping[str, tuple[str, ...]]:
    """The words below each heading ``[section]``, in their order."""
    sections: dict[str, tuple[str, ...]] = defaultdict(tuple)
    section = ""
    for line in read_lines(package, name):
        if line.startswith("["):
            section = line.strip("[]")
        else:
            sections[section] += tuple(line.split())
    return dict(sections)
