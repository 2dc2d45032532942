"""The quotation atlas in the terminal, on a page, and in tables for papers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

from wortlaut.evaluation.atlas import ALL, FOR_ALL, Atlas, AtlasRow
from wortlaut.reports.cells import SCORES, Line, interval_text, number, short
from wortlaut.reports.console import Text
from wortlaut.reports.layout import Lines
from wortlaut.reports.tables import grid, noted

if TYPE_CHECKING:
    from rich.console import RenderableType

HEADS = ("corpus", "protocol", "score", "system")
#: Said of a row that was not run.
_QUOTED = "†: published, quoted and not run here"


def atlas_lines(atlas: Atlas) -> Lines:
    """A row for each score, and for each published number, whose source is among the notes."""
    shown = [
        Line((row.corpus, row.protocol, row.score, row.system), row.scores, row.quoted, mark=_mark(row))
        for row in atlas.rows
    ]
    figures = {name: SCORES[name] for name in ("P", "R", "F1", "interval")}
    return Lines(HEADS, shown, figures, _notes(atlas), _signatures(atlas), marks=f"{_QUOTED}.")


def own_table(atlas: Atlas) -> dict[str, Any]:
    """The scores by each corpus's own protocol and the published numbers, for the page."""
    rows = [
        [row.corpus, row.protocol, row.score, f"{row.system}{_mark(row)}", *_figures(row)]
        for row in atlas.rows
        if row.protocol != FOR_ALL
    ]
    return {"heads": [*HEADS, "F1", "95%"], "rows": rows, "notes": [f"{_QUOTED}.", *_notes(atlas)]}


def atlas_view(atlas: Atlas) -> Iterator[RenderableType]:
    """The protocol for all with a line a system, then each corpus's own, and what was published."""
    yield Text("F1 by one protocol for all, with 95% intervals", style="bold")
    heads = [
        f"{key.task.removesuffix('s')}\n{key.schema.removeprefix('overlap') or 'overlap'}" for key in ALL
    ]
    table = grid(["corpus, system"], heads)
    cells: dict[str, dict[str, dict[str, AtlasRow]]] = {}
    for row in atlas.rows:
        if row.protocol == FOR_ALL:
            cells.setdefault(row.corpus, {}).setdefault(row.system, {})[row.score] = row
    for corpus, systems in cells.items():
        table.add_row(corpus, style="bold")
        for system, own in systems.items():
            shown = (own.get(f"{key.layer} {key.variant}") for key in ALL)
            table.add_row(f"  {system}", *("\n".join(_figures(row, 2)) if row else "–" for row in shown))
    yield table
    yield Text("F1 by each corpus's own protocol, and as published", style="bold")
    table = grid(["score", "system"], ["F1", "95%"])
    for place, rows in groupby(atlas.rows, key=lambda row: f"{row.corpus}: {row.protocol}"):
        if not place.endswith(f": {FOR_ALL}"):
            table.add_row(place, style="bold")
            for row in rows:
                table.add_row(f"  {row.score}", f"{row.system}{_mark(row)}", *_figures(row))
    yield table
    yield Text(f"–: the corpus has none. {_QUOTED}.", style="dim")
    yield from noted(_notes(atlas))


def _mark(row: AtlasRow) -> str:
    return "†" if row.quoted else ""


def _figures(row: AtlasRow, digits: int = 3) -> list[str]:
    interval = "" if row.quoted else short(interval_text(row.scores.f1_interval, digits))
    return [short(number(row.scores.f1)), interval]


def _notes(atlas: Atlas) -> list[str]:
    """Where published numbers stand, and what is not in the tables."""
    sources: Mapping[str, None] = dict.fromkeys(
        f"{row.system}† on {row.corpus}: {row.quoted}" for row in atlas.rows if row.quoted
    )
    return [*sources, *atlas.left_out]


def _signatures(atlas: Atlas) -> list[str]:
    return [str(one.signature) for one in atlas.evaluations]
