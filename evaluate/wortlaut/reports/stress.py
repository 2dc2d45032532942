"""What transformations cost: a table and worst cases for the terminal, a heat map as a page of its own."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from wortlaut.errors import counted
from wortlaut.reports.cells import (
    difference,
    differences,
    heading,
    interval_text,
    number,
    p_value,
    short,
    short_name,
)
from wortlaut.reports.html import policy_hash
from wortlaut.reports.tables import grid

if TYPE_CHECKING:
    from rich.console import RenderableType

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


def stress_view(report: Stress, *, cases: int = 3, everything: bool = False) -> Iterator[RenderableType]:
    """Changes of F1, what is found again, the worst cases, and what a reader must know."""
    from rich.text import Text

    yield Text(heading(report.corpus, report.documents, report.hash), style="bold")
    columns = _columns(report)
    schemas = list(dict.fromkeys(row.schema for row in report.rows))
    for schema in schemas:
        for begin in range(0, len(columns), _COLUMNS):
            part = columns[begin : begin + _COLUMNS]
            yield Text(f"F1 under {schema}, and its change", style="bold")
            yield _matrix(report, part, schema, "change")
    if schemas and any((row.same.share or 1) < 1 for row in report.rows):
        for begin in range(0, len(columns), _COLUMNS):
            part = columns[begin : begin + _COLUMNS]
            yield Text("found again: share of what is found before or after that is found both times", "bold")
            yield _matrix(report, part, schemas[0], "same")
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
    from rich.text import Text

    table = grid((), ())
    table.add_column("transformation", no_wrap=True)
    table.add_column("what it does", overflow="fold")
    table.add_column("meaning")
    table.add_column("taken back by")
    for one in found:
        if hasattr(one, "why"):
            table.add_row(Text(one.name), Text(f"{one.why} ({one.source})", style="red"), "–", "–")
            continue
        source = "" if one.source == "wortlaut" else f" ({one.source})"
        table.add_row(Text(one.name), Text(one.does + source), one.meaning, one.inverse or "–")
    yield table
    yield Text("meaning same: expected of a good system to find the same, and checked by the gate", "dim")
    yield Text("changed: another text, as good; blurred: a reader loses something, too", style="dim")


def _columns(report: Stress) -> list[Column]:
    return list(dict.fromkeys((row.system, row.layer) for row in report.rows))


def _rows_of(report: Stress, schema: str) -> dict[tuple[str, str, str], Row]:
    return {(row.transform, row.system, row.layer): row for row in report.rows if row.schema == schema}


def _groups(report: Stress) -> Iterator[tuple[str, list[Applied]]]:
    for meaning, title in MEANINGS.items():
        if group := [one for one in report.applied if one.meaning == meaning and one.changed]:
            yield title, group


def _matrix(report: Stress, columns: Sequence[Column], schema: str, what: str) -> RenderableType:
    from rich.text import Text

    rows = _rows_of(report, schema)
    table = grid((), ())
    table.add_column("", overflow="fold", max_width=22)
    before = ""
    for system, layer in columns:
        name = "" if system == before else short_name(system)
        before = system
        name = name if len(name) <= 9 else name.rpartition(":")[2][:9]
        table.add_column(Text(f"{name}\n{layer}"), justify="right", no_wrap=True)
    if what == "change":
        table.add_row(Text("before"), *(_before(report, schema, column) for column in columns))
        table.add_section()
    for title, group in _groups(report):
        table.add_row(Text(title.partition(":")[0], style="italic"))
        for one in group:
            cells = [rows.get((one.name, *column)) for column in columns]
            if what == "same":
                table.add_row(Text(f" {one.name}"), *(_share(row) for row in cells))
            else:
                table.add_row(Text(f" {one.name}"), *(_change(row) for row in cells))
    return table


def _before(report: Stress, schema: str, column: Column) -> str:
    """The score that most transformations start from: those that drop gold have one of their own."""
    values = [row.before for row in report.rows if (row.system, row.layer, row.schema) == (*column, schema)]
    return short(number(max(values, key=values.count))) if values else "–"


def _change(row: Row | None) -> RenderableType:
    from rich.text import Text

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
    from rich.text import Text

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
            yield Text(short_name(system), style="bold")
            yield table


def _worst(report: Stress, count: int) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    rows = worst(report, count)
    if rows:
        yield Text("worst cases", style="bold")
    for row in rows:
        yield Text(f"{row.transform}, {short_name(row.system)}, {row.layer}: {_count(row)}")
        for case in _telling(row):
            for label, text in _case_lines(case):
                yield Padding(Text(f"{label} ", style="dim") + Text(text), (0, 0, 0, 2))
    if rows and (more := len([row for row in report.rows if row.lost or row.spurious]) - len(rows)) > 0:
        yield Text(f"and {more} more scores with cases (--cases, --json, --html)", style="dim")


def worst(report: Stress, count: int) -> list[Row]:
    """The scores that fell most, one of each transformation and system; where readers lose something last."""
    seen: set[tuple[str, str]] = set()
    found = []
    lossy = {one.name for one in report.applied if one.meaning == "blurred"}
    for row in sorted(report.rows, key=lambda row: (row.transform in lossy, row.change or 0.0)):
        key = (row.transform, row.system)
        if row.cases and (row.change or 0.0) < 0 and key not in seen:
            seen.add(key)
            found.append(row)
    return found[:count]


def _telling(row: Row) -> list[Case]:
    """Two cases of a row: lost ones before spurious ones."""
    return sorted(dict.fromkeys(row.cases), key=lambda case: case.kind != "lost")[:2]


def _case_lines(case: Case) -> Iterator[tuple[str, str]]:
    if case.kind == "lost":
        yield f"lost {case.label}" if case.label else "lost", case.before
        yield "  after", case.after
        yield "  found", case.found or "nothing there"
    else:
        yield f"new {case.label}" if case.label else "new", case.after


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
    dropped = {one.name: len(one.dropped) for one in report.applied if one.dropped}
    if dropped:
        listed = ", ".join(f"{name} ({count})" for name, count in dropped.items())
        yield (
            "note: gold that could not be carried along is in neither score, so that before is another one"
            f" ({'below' if page else '--all, --json'}): {listed}."
        )
    left = {one.name: len(one.left) for one in report.applied if one.left}
    if left:
        listed = ", ".join(f"{name} ({count})" for name, count in left.items())
        where = "below" if page else "--json"
        yield f"note: left as it was, because no rewriting is certain: {listed} ({where})."


# --- the heat map ---

_CSS = """
:root{color-scheme:light dark;--line:#8888;--h1:#fff0e0;--h2:#ffdcb8;--h3:#ffbf85;--h4:#ff9a4d;--up:#dcebff}
@media (prefers-color-scheme:dark){:root{--h1:#3a2a18;--h2:#553616;--h3:#7a4512;--h4:#9c520c;--up:#17324f}}
body{font:16px/1.5 system-ui,sans-serif;margin:1.5rem auto;max-width:76rem;padding:0 1rem}
h1{font-size:1.4rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .3rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:.3rem 0}
th,td{border:1px solid var(--line);padding:.25rem .6rem;text-align:right;font-weight:400;white-space:nowrap}
thead th{font-weight:600}tbody th{text-align:left}
.scroll tbody th:first-child{position:sticky;left:0;background:Canvas}
.scroll tr.group th{position:static}.group span{display:inline-block;position:sticky;left:.6rem}
tr.group th{font-weight:600;padding-top:.9rem;border-left:0;border-right:0}
td small{display:block}
.h1{background:var(--h1)}.h2{background:var(--h2)}.h3{background:var(--h3)}.h4{background:var(--h4)}
.up{background:var(--up)}.s{font-weight:700}
td.does,th.does{text-align:left;white-space:normal;min-width:14rem}.key td{white-space:normal;text-align:left}
dl{margin:.2rem 0 1rem 1rem}dt{opacity:.8}dd{margin:0 0 .2rem 1.5rem;overflow-wrap:anywhere}
.note{font-size:.9rem}code{font-size:.85rem;overflow-wrap:anywhere}
@media print{.scroll{overflow:visible}}
"""
#: From which drop on a cell has which shade.
_SHADES = ((0.3, "h4"), (0.15, "h3"), (0.05, "h2"), (_SLACK, "h1"))


def stress_page(report: Stress) -> str:
    """One HTML file without scripts that loads nothing: every number stands in its cell."""
    documents = counted(report.documents, "document")
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src '{policy_hash(_CSS)}'; base-uri 'none'; form-action 'none'\">",
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>Wortlaut stress: {_escaped(report.corpus)}</title><style>{_CSS}</style></head><body><main>",
        "<h1>What transformations of the text cost</h1>",
        f"<p>{_escaped(report.corpus)}, {documents}, {report.units} {report.unit}s, seed {report.seed}.</p>",
    ]
    for schema in dict.fromkeys(row.schema for row in report.rows):
        parts += _heat_map(report, schema)
    parts += _key()
    parts += [f'<p class="note">{_escaped(line)}</p>' for line in _remarks(report, page=True)]
    for failure in report.failures:
        where = f" after {failure.transform}" if failure.transform else ""
        parts.append(f"<p><strong>{_escaped(failure.system + ' failed' + where)}:</strong>")
        parts.append(f"{_escaped(failure.why)}</p>")
    parts += _numbers(report)
    parts += _page_cases(report)
    parts += _page_left(report)
    parts.append(f"<p><code>{_escaped(report.signature)}</code></p></main></body></html>")
    return "\n".join(parts) + "\n"


def _heat_map(report: Stress, schema: str) -> Iterator[str]:
    columns = _columns(report)
    rows = _rows_of(report, schema)
    spans: dict[str, int] = {}
    for system, _ in columns:
        spans[system] = spans.get(system, 0) + 1
    heads = "".join(
        f'<th scope="colgroup" colspan="{n}">{_escaped(short_name(name))}</th>' for name, n in spans.items()
    )
    layers = "".join(f'<th scope="col">{_escaped(layer)}</th>' for _, layer in columns)
    # No caption: a table that scrolls would take it out of sight.
    title = f"Change of F1 under {_escaped(schema)}; below it the share that is found again"
    yield f"<p>{title}</p>"
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="{title}"><table>'
    does = '<th scope="col" rowspan="2" class="does">what it does</th>'
    yield f'<thead><tr><td rowspan="2"></td>{heads}{does}</tr><tr>{layers}</tr></thead>'
    before = "".join(f"<td>{_before(report, schema, column)}</td>" for column in columns)
    yield f'<tbody><tr><th scope="row">F1 before</th>{before}<td></td></tr></tbody>'
    for title, group in _groups(report):
        head = f'<th scope="rowgroup" colspan="{len(columns) + 2}"><span>{_escaped(title)}</span></th>'
        yield f'<tbody><tr class="group">{head}</tr>'
        for one in group:
            cells = "".join(_cell(rows.get((one.name, *column))) for column in columns)
            name = f'<th scope="row">{_escaped(one.name)}</th>'
            yield f'<tr>{name}{cells}<td class="does">{_escaped(one.does)}</td></tr>'
        yield "</tbody>"
    yield "</table></div>"


def _cell(row: Row | None) -> str:
    text = change_text(row)
    if row is None or row.change is None:
        return f"<td>{text}</td>"
    shade = next((name for least, name in _SHADES if row.change < -least), "")
    shade = "up" if row.change > _SLACK else shade
    classes = " ".join(part for part in (shade, "s" if supported(row) else "") if part)
    again = "" if row.same.share in (None, 1) else f"<small>again {_share(row)}</small>"
    attribute = f' class="{classes}"' if classes else ""
    return f"<td{attribute}>{'0' if text == '·' else text}{again}</td>"


def _numbers(report: Stress) -> Iterator[str]:
    """Each score with its intervals."""
    head = ("F1 before", "after", "change", "95%", "p (Holm)", "found again", "95%")
    yield '<details><summary>All numbers, with their intervals</summary><div class="scroll"><table>'
    names = "".join(f'<th scope="col">{name}</th>' for name in ("transformation", "system", "layer", *head))
    yield f"<thead><tr>{names}</tr></thead><tbody>"
    for row in report.rows:
        layer = f"{row.layer} {row.schema}"
        texts = "".join(f"<td>{_escaped(text)}</td>" for text in (short_name(row.system), layer))
        cells = (
            number(row.before),
            number(row.after),
            short(difference(row.change)),
            short(differences(row.test.interval if row.test else None, " to ")),
            _escaped(short(p_value(row.p_holm))),
            number(row.same.share),
            interval_text(row.same.interval),
        )
        numbers = "".join(f"<td>{cell}</td>" for cell in cells)
        yield f'<tr><th scope="row">{_escaped(row.transform)}</th>{texts}{numbers}</tr>'
    yield "</tbody></table></div></details>"


def _key() -> list[str]:
    shades = [("h1", "up to .05 lower"), ("h2", "up to .15"), ("h3", "up to .30"), ("h4", "more than .30")]
    cells = "".join(f'<td class="{name}">{text}</td>' for name, text in (*shades, ("up", "higher")))
    return [f'<table class="key"><caption>Shades</caption><tbody><tr>{cells}</tr></tbody></table>']


def _page_cases(report: Stress) -> Iterator[str]:
    rows = worst(report, len(report.rows))
    if rows:
        yield "<h2>Cases, the worst first</h2>"
    for row in rows:
        title = f"{row.transform}, {row.system}, {row.layer}: {short(difference(row.change))}, {_count(row)}"
        yield f"<details><summary>{_escaped(title)}</summary>"
        for case in row.cases:
            lines = "".join(
                f"<dt>{_escaped(label.strip())}</dt><dd lang='de'>{_escaped(text)}</dd>"
                for label, text in _case_lines(case)
            )
            yield f"<dl><dt>document</dt><dd>{_escaped(case.document)}</dd>{lines}</dl>"
        yield "</details>"


def _page_left(report: Stress) -> Iterator[str]:
    told = [(one, kind, rows) for one in report.applied for kind, rows in _kinds(one) if rows]
    if told:
        yield "<h2>What could not be carried along, and what was left as it was</h2>"
    for one, kind, rows in told:
        yield f"<details><summary>{_escaped(f'{one.name}: {len(rows)} {kind}')}</summary><ul>"
        yield from (f"<li>{_escaped(f'{name}: {what}')}</li>" for name, what in rows[:200])
        if len(rows) > 200:
            yield f"<li>and {len(rows) - 200} more (--json)</li>"
        yield "</ul></details>"


def _kinds(one: Applied) -> tuple[tuple[str, Sequence[tuple[str, str]]], ...]:
    return ("annotations dropped", one.dropped), ("places left", one.left)


def _escaped(text: str) -> str:
    return html.escape("".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text))
