"""What gold and system each did to a difference: in the terminal, and in sentences for everywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from rich.console import RenderableType

from wortlaut.errors import counted
from wortlaut.evaluation.goldchange import GoldChange, GoldItem, GoldShare
from wortlaut.reports.cells import difference, differences, number, p_value, short
from wortlaut.reports.console import Text
from wortlaut.reports.tables import grid
from wortlaut.text.excerpts import offsets

#: How many documents and items are named; JSON has all.
_SHOWN = 5
_FIGURES = ("then", "now", "gold", "95%", "system", "95%", "p Holm")


def gold_view(change: GoldChange) -> Iterator[RenderableType]:
    """What changed in the gold, and the shares of gold and system, pair by pair."""
    first, *documents = _changed(change)
    yield Text(first, style="bold")
    yield from map(Text, documents)
    for (old, new), shares in groupby(change.shares, key=lambda one: (one.old, one.new)):
        yield Text(f"F1 of {old} then, of {new} now, and the shares of gold and system", style="bold")
        table = grid(("layer", "schema"), _FIGURES)
        for one in shares:
            then, _, *more = _figures(one)  # there is no room for the score between
            table.add_row(one.layer, one.schema, *map(short, (then, *more)))
        yield table


def gold_statements(change: GoldChange) -> Iterator[str]:
    """The same in sentences."""
    yield from _changed(change)
    for one in change.shares:
        then, on_new, now, gold, gold_ends, system, system_ends, p = _figures(one)
        what = f"{one.layer} {one.schema}, {one.old} then and {one.new} now: F1 {then} → {now}"
        if one.rescored is None:
            told = f"{system} ({system_ends}, p {p}) on {counted(one.units, 'unit')} of unchanged gold"
        else:
            by_gold, by_system = f"{gold} ({gold_ends})", f"{system} ({system_ends}, p {p})"
            told = f"{by_gold} by the gold, to {on_new}, and {by_system} by the system"
        yield f"{what}; {told}"


def _changed(change: GoldChange) -> Iterator[str]:
    kinds = ((change.changed, "changed"), (change.added, "new"), (change.removed, "gone"))
    parts = [f"{len(ids)} {what} ({_few(ids)})" for ids, what in kinds if ids]
    yield f"the gold changed: {change.old} → {change.new}"
    yield f"{counted(change.documents, 'document')}: {change.unchanged} unchanged, {', '.join(parts)}"
    for item in change.items[:_SHOWN]:
        yield f"  {item.document} {offsets(item.spans)} {item.layer}: {_relabelled(item)}: {item.text}"
    if (more := len(change.items) - _SHOWN) > 0:
        yield f"  and {counted(more, 'item')} more (--json)"


def _relabelled(item: GoldItem) -> str:
    if item.before is not None and item.now is not None:
        return f"{item.before} → {item.now}"
    kind, label = ("gone", item.before) if item.now is None else ("new", item.now)
    return f"{label} {kind}" if label else kind


def _few(ids: tuple[str, ...]) -> str:
    return ", ".join(ids[:_SHOWN]) + (", …" if len(ids) > _SHOWN else "")


def _figures(one: GoldShare) -> list[str]:
    return [
        *map(number, (one.before, one.rescored, one.now)),
        difference(one.gold),
        differences(one.gold_interval),
        difference(one.system),
        differences(one.system_interval),
        p_value(one.p_holm),
    ]
