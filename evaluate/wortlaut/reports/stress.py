"""What transformations cost: a table and worst cases for the terminal, a heat map as a page of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise, product

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table

from wortlaut.errors import counted
from wortlaut.reports.cells import (
    difference,
    differences,
    heading,
    interval_text,
    number,
    p_value,
    short,
)
from wortlaut.reports.console import Text
from wortlaut.reports.tables import grid
from wortlaut.reports.templates import asset, fill
from wortlaut.stress.registry import Broken, Transformation
from wortlaut.stress.run import Applied, Case, Row, Stress

#: A change whose adjusted p-value is at most this is marked by an asterisk.
LEVEL = 0.05
MEANINGS = {
    "same": "meaning unchanged: a good system finds the same",
    "changed": "another text: a system should find as much",
    "blurred": "something lost: for a reader, too",
}
#: Columns of numbers that fit beside the names in 80 columns.
_COLUMNS = 6
_SLACK = 5e-4

Column = tuple[str, str]
Line = tuple[Applied, list[Row | None]]


def stress_view(report: Stress, *, cases: int = 3, everything: bool = False) -> Iterator[RenderableType]:
    """Changes of F1, what is found again, the worst cases, and what a reader must know."""
    yield Text(heading(report.corpus, report.documents, report.hash), style="bold")
    columns = _columns(report)
    schemas = list(dict.fromkeys(row.schema for row in report.rows))
    parts = [columns[begin : begin + _COLUMNS] for begin in range(0, len(columns), _COLUMNS)]
    for schema, part in product(schemas, parts):
        yield Text(f"F1 under {schema}, and its change", style="bold")
        yield _map(report, schema, part, _change)
    for schema, part in product(schemas[:1], parts):
        if any((row.same.share or 1) < 1 for row in report.rows):
            yield Text("found again: share of what is found before or after that is found both times", "bold")
            yield _map(report, schema, part, _share)
    if everything:
        yield from _long(report)
    yield from _worst(report, cases)
    for failure in report.failures:
        where = f" after {failure.transform}" if failure.transform else ""
        yield Text(f"{failure.system} failed{where}: {failure.why}", style="red")
    for line in _remarks(report):
        yield Text(line, style="dim")
    yield Text(report.signature, style="dim", overflow="fold")


def list_view(found: Sequence[Transformation | Broken]) -> Iterator[RenderableType]:
    """Every transformation: what it does, whether the meaning stays, what takes it back."""
    table = grid((), ())
    table.add_column("transformation", no_wrap=True)
    table.add_column("what it does", overflow="fold")
    table.add_column("meaning")
    table.add_column("taken back by")
    for one in found:
        if hasattr(one, "why"):
            table.add_row(one.name, Text(f"{one.why} ({one.source})", style="red"), "–", "–")
            continue
        source = "" if one.source == "wortlaut" else f" ({one.source})"
        table.add_row(one.name, Text(one.does + source), one.meaning, one.inverse or "–")
    yield table
    yield Text("meaning same: expected of a good system to find the same, and checked by the gate", "dim")
    yield Text("changed: another text, as good; blurred: a reader loses something, too", style="dim")


def _columns(report: Stress) -> list[Column]:
    return list(dict.fromkeys((row.system, row.layer) for row in report.rows))


def _matrix(report: Stress, schema: str, columns: Sequence[Column]) -> Iterator[tuple[str, list[Line]]]:
    """What a group of transformations means, and each with its row for each column."""
    rows = {(row.transform, row.system, row.layer): row for row in report.rows if row.schema == schema}
    for meaning, title in MEANINGS.items():
        group = [one for one in report.applied if one.meaning == meaning and one.changed]
        if group:
            yield title, [(one, [rows.get((one.name, *column)) for column in columns]) for one in group]


def _map(
    report: Stress, schema: str, columns: Sequence[Column], shown: Callable[[Row | None], str | Text]
) -> Table:
    table = grid((), ())
    table.add_column("", overflow="fold", max_width=22)
    for (before, _), (system, layer) in pairwise([("", ""), *columns]):
        name = "" if system == before else system
        name = name if len(name) <= 9 else name.rpartition(":")[2][:9]
        table.add_column(Text(f"{name}\n{layer}"), justify="right", no_wrap=True)
    if shown is _change:
        table.add_row("before", *(_before(report, schema, column) for column in columns))
        table.add_section()
    for title, group in _matrix(report, schema, columns):
        table.add_row(Text(title.partition(":")[0], style="italic"))
        for one, rows in group:
            table.add_row(Text(f" {one.name}"), *map(shown, rows))
    return table


def _before(report: Stress, schema: str, column: Column) -> str:
    """The score that most transformations start from: those that drop gold have one of their own."""
    values = [row.before for row in report.rows if (row.system, row.layer, row.schema) == (*column, schema)]
    return short(number(max(values, key=values.count))) if values else "–"


def _change(row: Row | None) -> Text:
    text = change_text(row)
    worse = row is not None and row.change is not None and row.change < -_SLACK
    return Text(text, style=("bold red" if text.endswith("*") else "red") if worse else "")


def change_text(row: Row | None) -> str:
    """``-.120*`` where the test supports it, ``·`` for no change, ``–`` where there is no score."""
    if row is None or row.change is None:
        return "–"
    text = "·" if abs(row.change) < _SLACK else short(difference(row.change))
    return text + ("*" if supported(row) else "")


def supported(row: Row) -> bool:
    return row.p_holm is not None and row.p_holm <= LEVEL


def _share(row: Row | None) -> str:
    if row is None or row.same.share is None:
        return "–"
    return "·" if row.same.share == 1 else short(number(row.same.share, 2))


def _long(report: Stress) -> Iterator[RenderableType]:
    """One line for each score, with both intervals."""
    for system in report.systems:
        table = grid(("transformation", "layer"), ("F1", "change", "95%", "p Holm", "again", "95%"))
        for row in report.rows:
            if row.system == system:
                layer = row.layer if row.schema == "strict" else f"{row.layer} {row.schema}"
                table.add_row(
                    Text(row.transform),
                    layer,
                    short(number(row.before)),
                    short(difference(row.change)),
                    short(differences(row.test.interval if row.test else None)),
                    short(p_value(row.p_holm)),
                    number(row.same.share, 2),
                    interval_text(row.same.interval, 2),
                )
        if table.row_count:
            yield Text(system, style="bold")
            yield table


def _worst(report: Stress, count: int) -> Iterator[RenderableType]:
    rows = worst(report, count)
    if rows:
        yield Text("worst cases", style="bold")
    for row in rows:
        yield Text(f"{_place(row, row.system)}: {_count(row)}")
        # Lost ones before spurious ones.
        for case in sorted(dict.fromkeys(row.cases), key=lambda case: case.kind != "lost")[:2]:
            for label, text in _case_lines(case):
                yield Padding(Text(f"{label} ", style="dim") + Text(text), (0, 0, 0, 2))
    if rows and (more := len([row for row in report.rows if row.lost or row.spurious]) - len(rows)) > 0:
        yield Text(f"and {more} more scores with cases (--cases, --json, --html)", style="dim")


def worst(report: Stress, count: int) -> list[Row]:
    """The scores that fell most, one of each transformation and system; where readers lose something last."""
    found: dict[tuple[str, str], Row] = {}
    lossy = {one.name for one in report.applied if one.meaning == "blurred"}
    for row in sorted(report.rows, key=lambda row: (row.transform in lossy, row.change or 0.0)):
        if row.cases and (row.change or 0.0) < 0:
            found.setdefault((row.transform, row.system), row)
    return list(found.values())[:count]


def _case_lines(case: Case) -> Iterator[tuple[str, str]]:
    if case.kind == "lost":
        yield f"lost {case.label}" if case.label else "lost", case.before
        yield "  after", case.after
        yield "  found", case.found or "nothing there"
    else:
        yield f"new {case.label}" if case.label else "new", case.after


def _place(row: Row, system: str) -> str:
    return f"{row.transform}, {system}, {row.layer}"


def _count(row: Row) -> str:
    return f"{counted(row.lost, 'item')} lost, {counted(row.spurious, 'new error')}"


def _remarks(report: Stress, *, page: bool = False) -> Iterator[str]:
    if report.rows:
        yield (
            f"{'0' if page else '·'}: no change; *: p ≤ {LEVEL:g} by paired randomisation, Holm over"
            f" {sum(row.test is not None for row in report.rows)} tests"
        )
    for note in report.notes:
        yield f"note: {note}"
    if dropped := _tally((one.name, one.dropped) for one in report.applied):
        yield (
            "note: gold that could not be carried along is in neither score, so that before is another one"
            f" ({'below' if page else '--all, --json'}): {dropped}."
        )
    if left := _tally((one.name, one.left) for one in report.applied):
        where = "below" if page else "--json"
        yield f"note: left as it was, because no rewriting is certain: {left} ({where})."


def _tally(found: Iterable[tuple[str, Sequence[object]]]) -> str:
    return ", ".join(f"{name} ({len(rows)})" for name, rows in found if rows)


# --- the heat map ---

#: From which drop on a cell has which shade.
_SHADES = ((0.3, "h4"), (0.15, "h3"), (0.05, "h2"), (_SLACK, "h1"))


def stress_page(report: Stress) -> str:
    """One HTML file without scripts that loads nothing: every number stands in its cell."""
    columns = _columns(report)
    return fill(
        "stress.html.jinja",
        report=report,
        style=asset("stress.css"),
        documents=counted(report.documents, "document"),
        columns=columns,
        systems=Counter(system for system, _ in columns),
        maps=[
            (
                schema,
                [_before(report, schema, column) for column in columns],
                _matrix(report, schema, columns),
            )
            for schema in dict.fromkeys(row.schema for row in report.rows)
        ],
        cell=_cell,
        remarks=_remarks(report, page=True),
        numbers=[(row.transform, _numbers(row)) for row in report.rows],
        cases=[
            (
                f"{_place(row, row.system)}: {short(difference(row.change))}, {_count(row)}",
                [(case.document, _case_lines(case)) for case in row.cases],
            )
            for row in worst(report, len(report.rows))
        ],
        left=[
            (f"{one.name}: {len(rows)} {what}", rows)
            for one in report.applied
            for what, rows in (("annotations dropped", one.dropped), ("places left", one.left))
            if rows
        ],
    )


def _cell(row: Row | None) -> tuple[str, str, str]:
    """The classes of a cell, the change, and what is found again."""
    text = change_text(row)
    if row is None or row.change is None:
        return "", text, ""
    shade = next((name for least, name in _SHADES if row.change < -least), "")
    shade = "up" if row.change > _SLACK else shade
    again = "" if row.same.share in (None, 1) else _share(row)
    return f"{shade} {'s' * supported(row)}".strip(), "0" if text == "·" else text, again


def _numbers(row: Row) -> list[str]:
    """A score with its intervals."""
    return [
        row.system,
        f"{row.layer} {row.schema}",
        number(row.before),
        number(row.after),
        short(difference(row.change)),
        short(differences(row.test.interval if row.test else None, " to ")),
        short(p_value(row.p_holm)),
        number(row.same.share),
        interval_text(row.same.interval),
    ]
