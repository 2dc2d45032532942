"""The word lists of the rules, read from the package once."""

from __future__ import annotations

from importlib.resources import files

_DATA = files("wortlaut.extractors.quotes_de") / "data"


def read_lines(name: str) -> list[str]:
    """The lines of a data file that are not empty and no comment."""
    lines = (_DATA / name).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _read_sections(name: str) -> dict[str, frozenset[str]]:
    sections: dict[str, set[str]] = {}
    current: set[str] = set()
    for line in read_lines(name):
        if line.startswith("["):
            current = sections.setdefault(line[1:-1], set())
        else:
            current.update(line.split())
    return {section: frozenset(words) for section, words in sections.items()}


#: Closed word classes and small lists by name, see ``data/words.txt``.
WORDS = _read_sections("words.txt")
