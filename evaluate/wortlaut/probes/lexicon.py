"""The words of the probes: tables of tab-separated columns, a row an entry, in ``data/lexicon``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from types import MappingProxyType

from wortlaut.errors import DataError

HALVES = ("development", "test")
TOPICS = ("politics", "economy", "police", "culture", "sport", "science")
#: Words that no text can do without: both halves have them.
SHARED = ("times", "verbs")


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """An entry: its cells by column, its table, and the half that has it; an empty half is both."""

    table: str
    cells: Mapping[str, str]
    half: str

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    @property
    def key(self) -> tuple[str, ...]:
        return (self.table, *self.cells.values())


@cache
def table(name: str) -> tuple[Row, ...]:
    """The rows of one table. Raises a DataError where a row has not as many cells as the heading."""
    lines = (files("wortlaut") / "probes" / "data" / "lexicon" / f"{name}.tsv").read_text("utf-8").split("\n")
    numbered = [(i, line) for i, line in enumerate(lines, 1) if line and not line.startswith("#")]
    columns = numbered[0][1].split("\t")
    rows = []
    for number, line in numbered[1:]:
        cells = line.split("\t")
        if len(cells) != len(columns):
            what = f"{len(cells)} cells, where the heading has {len(columns)}"
            raise DataError(what, where=f"{name}.tsv:{number}", hint="Separate cells by one tab.")
        rows.append(Row(name, MappingProxyType(dict(zip(columns, cells, strict=True))), _half(name, line)))
    return tuple(rows)


def _half(name: str, line: str) -> str:
    """By a hash of the row, so that a new entry moves no other."""
    return "" if name in SHARED else HALVES[sha256(f"{name}\t{line}".encode()).digest()[0] % 2]


@cache
def size() -> int:
    """How many entries all tables have together."""
    folder = files("wortlaut") / "probes" / "data" / "lexicon"
    return sum(len(table(one.name[:-4])) for one in folder.iterdir() if one.name.endswith(".tsv"))


@cache
def verbs(column: str) -> Mapping[str, Row]:
    """The verbs of statements by ``lemma``, and those of plans by ``inf``, with the particle."""
    return {row[column]: row for row in table("verbs")}


def verb(lemma: str) -> Row:
    """A finite verb of statements by its lemma. Raises a DataError where the table has none."""
    if lemma not in verbs("lemma"):
        raise DataError(f"no verb {lemma!r}", where="verbs.tsv", hint="Add its forms as a row.")
    return verbs("lemma")[lemma]
