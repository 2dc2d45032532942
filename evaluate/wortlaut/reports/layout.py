"""How a table for a paper is laid out: its rows and columns in their order, and its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import unquote

from wortlaut.errors import DataError, unknown_name
from wortlaut.reports import tables
from wortlaut.reports.cells import (
    COMPARISONS,
    CONCLUSIONS,
    OF_RUNS,
    ON_REQUEST,
    PAIRS,
    PROBED,
    SCORES,
    Column,
    Line,
    Numbers,
)
from wortlaut.reports.tables import Bold, Table

#: What chooses rows: option → the heads of the columns that it looks at.
_CHOICES = {
    "corpora": ("corpus",),
    "layers": ("layer",),
    "schemas": ("schema",),
    "systems": ("system", "a", "b"),
}
#: The columns that a command may show; others show those of scores.
_PAIR = ("layer", "schema", "a", "b")
_SCORES = ("corpus", "layer", "schema", "system", "label", *SCORES)
_PROBED = {by: ("corpus", "system", "a", "b", "tests", by, *columns) for by, columns in PROBED.items()}
_COLUMNS = {
    "compare": (*_PAIR, "corpus", *COMPARISONS, *PAIRS),
    "audit": (*_PAIR, *CONCLUSIONS),
    "atlas": ("corpus", "protocol", "score", "system", "P", "R", "F1", "interval"),
}


@dataclass(frozen=True)
class Layout:
    """What :meth:`wortlaut.Result.to_latex` takes."""

    columns: Sequence[str] = ()
    corpora: Sequence[str] = ()
    layers: Sequence[str] = ()
    schemas: Sequence[str] = ()
    systems: Sequence[str] = ()
    labels: Sequence[str] = ()
    by: str = ""
    sort: str = ""
    percent: bool = False
    digits: int | None = None
    interval: str = ""
    bold: bool = True
    caption: bool | str = False
    main: bool = False

    @classmethod
    def of(cls, **options: Any) -> Layout:
        """Checked as far as no value is needed for it. Raises UnknownNameError and DataError."""
        known = {field.name for field in fields(cls)}
        for name in options:
            if name not in known:
                raise unknown_name("option of a table", name, known)
        several = ("columns", *_CHOICES, "labels")
        for name in several:
            if isinstance(one := options.get(name), str):
                options[name] = [one]
        made = cls(**options)
        if made.interval and made.interval not in _BESIDE:
            raise unknown_name("form of intervals", made.interval, _BESIDE)
        if made.digits is not None and not 0 <= made.digits <= 15:
            raise DataError(f"{made.digits} digits", hint="A number has 0 to 15 digits behind its point.")
        return made

    @classmethod
    def parse(cls, query: str) -> Layout:
        """From ``columns=P,R,F1&percent``; values are percent-decoded."""
        options: dict[str, Any] = {}
        for part in filter(None, query.split("&")):
            name, equals, text = part.partition("=")
            if name in options:
                raise DataError(f"the option {name} is given twice", where=query)
            options[name] = _read(name, text, bool(equals))
        return cls.of(**options)

    def check_columns(self, command: str) -> None:
        """Raises UnknownNameError for a column that no table of the command has."""
        known = {*_COLUMNS.get(command, _SCORES), *_PROBED.get(self.by, ()), self.by}
        for name in filter(None, [*self.columns, self.sort]):
            if name not in known:
                raise unknown_name("column", name, known - {""})

    @property
    def numbers(self) -> Numbers:
        return Numbers(self.percent, self.digits, " to ")


def _read(name: str, text: str, given: bool) -> Any:
    """The value of an option as it is typed: a list, a number, a switch, or a text."""
    if name in ("columns", *_CHOICES, "labels"):
        return [unquote(one) for one in text.split(",") if one]
    if name == "digits":
        if not text.isdecimal():
            raise DataError(f"digits={text} is no number", hint="Write digits=1, for example.")
        return int(text)
    if name in ("percent", "bold", "main") or (name == "caption" and not given):
        if text not in ("", "yes", "no"):
            raise DataError(f"{name}={text} is no switch", hint=f"Write {name}, or {name}=no.")
        return text != "no"
    return unquote(text)


@dataclass(frozen=True)
class Lines:
    """A table before it is laid out: all of its rows, under the heads of their names."""

    heads: Sequence[str]
    lines: Sequence[Line]
    figures: Mapping[str, Column]
    notes: Sequence[str]
    signatures: Sequence[str]
    #: What bold print says, and letters; how they were found, or why there are none.
    bold: str = ""
    letters: str = ""
    tests: str = ""
    #: What the marks of lines say.
    marks: str = ""

    @property
    def labelled(self) -> bool:
        """Whether rows of labels stand beside rows of everything."""
        return not all(line.whole for line in self.lines)


#: What stands beside a score.
_BESIDE = {
    "range": "In brackets the 95% interval.",
    "pm": "± the further end of the 95% interval.",
    "sd": "± the standard deviation over runs.",
}


@dataclass(frozen=True)
class Laid:
    """The rows and columns that are shown; what stands in all rows is in ``common`` instead."""

    heads: Sequence[str]
    lines: Sequence[Line]
    columns: Sequence[Column]
    common: Mapping[str, str]
    layout: Layout
    found: Lines

    def _breaks(self) -> list[int]:
        """The rows before which another layer, schema, … begins, where those of each stand together."""
        last = self.heads.index("protocol") + 1 if "protocol" in self.heads else -1
        groups = [tuple(line.names[:last]) for line in self.lines]
        places = [i for i in range(1, len(groups)) if groups[i] != groups[i - 1]]
        return places if len(places) < len(set(groups)) < len(groups) else []

    def table(self) -> Table:
        marked = next((head for head in ("schema", "phenomenon") if head in self.heads), self.heads[-1])
        place = self.heads.index(marked)
        rows = [
            [*(n + line.mark * (i == place) for i, n in enumerate(line.names)), *self._cells(line)]
            for line in self.lines
        ]
        heads = [column.head for column in self.columns]
        floating = self.layout.caption is not False
        below = self._says(), self.found.signatures, self.found.notes
        return Table(self.heads, heads, rows, self._breaks(), *below, floating)

    def _cells(self, line: Line) -> list[str]:
        numbers, interval = self.layout.numbers, self.layout.interval
        cells = [column.cell(line, numbers, interval) for column in self.columns]
        if line.of is None:
            return ["failed", *cells[1:]]
        if self.layout.bold and line.best:
            cells = [Bold(c) if column.bold else c for c, column in zip(cells, self.columns, strict=True)]
        return cells

    def records(self) -> tuple[list[str], list[list[Any]]]:
        """For a program: heads, and rows of numbers, each with its signature."""
        numbers, interval = self.layout.numbers, self.layout.interval
        heads = [head for column in self.columns for head in column.heads(interval)]
        ranges = [c for c in self.columns if any(c.upper(line) is not None for line in self.lines)]
        heads += [f"{column.head} upper" for column in ranges]
        rows = [
            [
                *line.names,
                *(v for c in self.columns for v in c.values(line, numbers, interval)),
                *(c.most(line, numbers) for c in ranges),
                line.signature,
            ]
            for line in self.lines
        ]
        return [*self.heads, *heads, "signature"], rows

    def latex(self) -> str:
        return tables.latex(self.table()).joined(self._breaks())

    def markdown(self) -> str:
        return tables.markdown(self.table()).joined()

    def csv(self) -> str:
        return tables.csv(*self.records()).joined() + "\n"

    def _says(self) -> list[str]:
        """What a reader must know of the figures."""
        said = [self.layout.caption] if isinstance(self.layout.caption, str) and self.layout.caption else []
        if self.common:
            names = ", ".join(f"{head} {name}" for head, name in self.common.items())
            said.append(f"Of all rows: {names}.")
        if self.layout.percent:
            said.append("Scores in percent.")
        numbers, beside = self.layout.numbers, self.layout.interval
        cells = (
            (one.cell(line, numbers), one.cell(line, numbers, beside))
            for one in self.columns
            for line in self.lines
        )
        if any(alone != cell for alone, cell in cells):
            said.append(_BESIDE[beside])
        asked = []
        if any(line.mark for line in self.lines):
            said.append(self.found.marks)
        if any(getattr(line.of, "uneven", False) for line in self.lines):
            said.append("!: the runs are uneven, one may have failed, and the interval does not hold.")
        if self.layout.bold and any(column.bold for column in self.columns):
            asked.append(self.found.bold if any(line.best for line in self.lines) else "")
        if any(column.head == "letters" for column in self.columns):
            asked.append(self.found.letters if any(line.letters for line in self.lines) else "")
        return [one for one in (*said, *asked, self.found.tests if asked else "") if one]


def laid_out(found: Lines, layout: Layout) -> Laid:
    """The rows and columns that a layout chooses. Raises UnknownNameError, and DataError (see below)."""
    heads, lines = list(found.heads), list(found.lines)
    if found.labelled and not layout.labels:
        heads, lines = heads[:-1], [replace(one, names=one.names[:-1]) for one in lines if one.whole]
    if layout.main:
        # Others only where they are named.
        usual_names = {name for one in lines if one.main for name in one.names}
        named = {*layout.layers, *layout.schemas} - usual_names
        lines = [one for one in lines if one.main or named & {*one.names}]
    chosen = {head: getattr(layout, option) for option, looked in _CHOICES.items() for head in looked}
    if heads[-1] not in chosen:
        chosen[heads[-1]] = [] if "*" in layout.labels else layout.labels
    _check_choices(heads, lines, layout)
    for i, head in enumerate(heads):
        if wanted := chosen.get(head):
            # A system that failed has no layer that could be chosen.
            lines = [one for one in lines if one.names[i] in wanted or (one.of is None and head != "system")]
    figures, names = _columns(heads, lines, found.figures, layout)
    if names != sorted(names) or any(chosen.values()):
        ranks = [_ranks(chosen.get(heads[i], ()), [one.names[i] for one in lines]) for i in names]
        lines.sort(key=lambda one: [rank[one.names[i]] for i, rank in zip(names, ranks, strict=True)])
    common = {
        head: lines[0].names[i]
        for i, head in enumerate(heads)
        # What names that are shown imply differs, and a system that failed has no layer.
        if i not in names and len({one.names[i] for one in lines if one.of is not None}) == 1
    }
    lines = [replace(one, names=[one.names[i] for i in names]) for one in lines]
    if layout.sort:
        column = found.figures.get(layout.sort)
        if column is None or layout.sort == ON_REQUEST:
            raise unknown_name("column to sort by", layout.sort, set(found.figures) - {ON_REQUEST})
        groups = _ranks((), [tuple(one.names[:-1]) for one in lines])
        lines.sort(key=lambda one: (groups[tuple(one.names[:-1])], *_highest(column, one)))
    return Laid([heads[i] for i in names], lines, figures, common, layout, found)


def _check_choices(heads: Sequence[str], lines: Sequence[Line], layout: Layout) -> None:
    for option, looked in {**_CHOICES, "labels": (heads[-1],)}.items():
        wanted = [name for name in getattr(layout, option) if name != "*"]
        places = [i for i, head in enumerate(heads) if head in looked]
        there = {line.names[i] for line in lines for i in places}
        if wanted and (not places or (option == "labels" and heads[-1] in ("system", "b", "corpus"))):
            raise DataError(f"{option} cannot be chosen", hint=f"Its rows are named by {', '.join(heads)}.")
        for name in wanted:
            if name not in there:
                raise unknown_name(looked[0], name, there)


def _columns(
    heads: Sequence[str], lines: Sequence[Line], known: Mapping[str, Column], layout: Layout
) -> tuple[list[Column], list[int]]:
    """The columns of figures, and which of the names are shown: those that differ, unless some are named."""
    for name in layout.columns:
        if name not in heads and name not in known:
            raise unknown_name("column", name, [*heads, *known])
    figures = [name for name in layout.columns if name in known] or usual(known, lines, layout)
    scored = [line for line in lines if line.of is not None]
    differing = [i for i in range(len(heads)) if len({line.names[i] for line in scored}) > 1]
    names = [heads.index(name) for name in layout.columns if name in heads]
    if not layout.columns:
        names = list(range(len(heads)))
    elif not names:
        names = differing or [len(heads) - 1]
    keys = [tuple(line.names[i] for i in names) for line in scored]
    if lacking := [heads[i] for i in differing if i not in names and len(set(keys)) < len(keys)]:
        raise DataError(
            f"the columns do not tell the rows apart: {', '.join(lacking)} is not shown",
            hint=f"Add it to the columns, or choose one by {lacking[0]}s=…",
        )
    return [known[name] for name in figures], names


def usual(known: Mapping[str, Column], lines: Sequence[Line], layout: Layout) -> list[str]:
    """The columns of figures where none are named."""
    left_out = {ON_REQUEST, {"": "", "sd": OF_RUNS}.get(layout.interval, "interval")}
    if not any(line.of and known[OF_RUNS].value(line) for line in lines if OF_RUNS in known):
        left_out.add(OF_RUNS)
    return [name for name in known if name not in left_out]


def _ranks(first: Sequence[Any], names: Sequence[Any]) -> dict[Any, int]:
    return {name: rank for rank, name in enumerate(dict.fromkeys([*first, *names]))}


def _highest(column: Column, line: Line) -> tuple[bool, float]:
    """Undefined ones come last."""
    value = None if line.of is None else column.value(line)
    if isinstance(value, tuple):
        value = value[0]
    return value is None, -(value or 0)
