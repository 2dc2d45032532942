"""What gold and system each did to a difference of F1: in the terminal, and as a table elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import attrgetter

from rich.console import RenderableType

from wortlaut.errors import counted
from wortlaut.evaluation.goldchange import GoldChange, GoldItem, GoldShare
from wortlaut.reports.cells import Column, Line, Numbers, short
from wortlaut.reports.console import Text
from wortlaut.reports.html import shortened
from wortlaut.reports.layout import Lines
from wortlaut.reports.tables import Table, grid
from wortlaut.scoring.compare import LEVEL
from wortlaut.text.excerpts import offsets

#: How many documents and items are named; JSON has all.
_SHOWN = 5
_NAMES = ("layer", "schema", "system then", "system now")
_GOLD, _SYSTEM = attrgetter("of.gold_interval"), attrgetter("of.system_interval")
_SHARES: Mapping[str, Column] = {
    "then": Column("then", "share", attrgetter("of.before")),
    "now": Column("now", "share", attrgetter("of.now")),
    "gold": Column("gold", "difference", attrgetter("of.gold"), _GOLD),
    "interval of gold": Column("95% of gold", "difference", _GOLD, _GOLD, apart="gold"),
    "system": Column("system", "difference", attrgetter("of.system"), _SYSTEM, bold=True),
    "interval": Column("95% of system", "difference", _SYSTEM, _SYSTEM, apart="system"),
    "p Holm": Column("p Holm", "p", attrgetter("of.p_holm")),
}


def gold_view(change: GoldChange) -> Iterator[RenderableType]:
    """What changed in the gold, and the shares of gold and system, pair by pair."""
    first, *more = what_changed(change)
    yield Text(first, style="bold")
    yield from map(Text, more)
    for item in change.items[:_SHOWN]:
        where = f"{item.document} {offsets(item.spans)} {item.layer}"
        yield Text(f"  {where}: {_relabelled(item)}: {shortened(item.text, 40)}")
    if len(change.items) > _SHOWN:
        yield Text(f"  and {counted(len(change.items) - _SHOWN, 'item')} more (--json)")
    for (old, new), shares in groupby(_moved(change), key=lambda one: (one.old, one.new)):
        yield Text(f"F1 of {old} then, of {new} now, and the shares of gold and system", style="bold")
        table = grid(_NAMES[:2], [column.head.partition(" of ")[0] for column in _SHARES.values()])
        for one in shares:
            table.add_row(one.layer, one.schema, *map(short, _cells(one)))
        yield table


def what_changed(change: GoldChange) -> Iterator[str]:
    """In sentences without a word of the texts."""
    kinds = ((change.changed, "changed"), (change.added, "new"), (change.removed, "gone"))
    parts = [f"{len(ids)} {what} ({_few(ids)})" for ids, what in kinds if ids]
    yield f"the gold changed: {change.old} → {change.new}"
    yield f"{counted(change.documents, 'document')}: {', '.join([f'{change.unchanged} unchanged', *parts])}"
    if same := len(change.shares) - len(_moved(change)):
        yield f"{same} of {counted(len(change.shares), 'score')} as before: neither gold nor system moved F1"


def gold_lines(change: GoldChange, notes: list[str]) -> Lines:
    """A row for each score."""
    rows = [
        Line(_names(one), one, change.new, best=one.p_holm is not None and one.p_holm < LEVEL)
        for one in change.shares
    ]
    bold = f"Bold: p Holm below {LEVEL}."
    title = f"F1 on {change.old} then and on {change.new} now, and the shares of gold and system"
    return Lines(_NAMES, rows, _SHARES, notes, [title], bold)


def gold_table(change: GoldChange) -> Table:
    """Of those that are not as before."""
    heads = [column.head for column in _SHARES.values()]
    return Table(_NAMES, heads, [(*_names(one), *_cells(one)) for one in _moved(change)])


def _names(one: GoldShare) -> tuple[str, ...]:
    return one.layer, one.schema, one.old, one.new


def _cells(one: GoldShare) -> list[str]:
    return [column.cell(Line((), one), Numbers()) for column in _SHARES.values()]


def _moved(change: GoldChange) -> list[GoldShare]:
    """The scores that gold or system changed, and those of which that is not known."""
    return [one for one in change.shares if not one.gold == 0 == one.system]


def _relabelled(item: GoldItem) -> str:
    if item.before is not None and item.now is not None:
        return f"{item.before} → {item.now}"
    kind, label = ("gone", item.before) if item.now is None else ("new", item.now)
    return f"{label} {kind}" if label else kind


def _few(ids: tuple[str, ...]) -> str:
    return ", ".join(ids[:_SHOWN]) + (", …" if len(ids) > _SHOWN else "")
