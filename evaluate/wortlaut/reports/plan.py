"""What a corpus can show: a table for the terminal, and a page of curves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from rich.console import RenderableType

from wortlaut.evaluation.plan import Estimate, Plan, PlanRow
from wortlaut.reports.cells import heading, number, short
from wortlaut.reports.console import Text
from wortlaut.reports.tables import grid, noted
from wortlaut.reports.templates import asset, fill
from wortlaut.scoring.power import ASKED, Point

#: Of a curve: width and height, and its field: left, top, right, bottom.
_SIZE, _FIELD = (436, 250), (48, 14, 408, 204)


def plan_view(plan: Plan) -> Iterator[RenderableType]:
    """Score by score: the smallest drop that shows, and what is needed for the one that was asked for."""
    yield Text(heading(plan.corpus, plan.documents, plan.hash), style="bold")
    yield Text(_title(plan))
    for systems, rows in groupby(plan.rows, _systems):
        yield Text(systems, style="bold")
        table = grid(("layer", "schema"), _heads(plan))
        for row in rows:
            table.add_row(row.layer, row.schema, *map(short, _cells(row)))
        yield table
    yield from noted(plan.notes)


def plan_page(plan: Plan) -> str:
    """A page that needs nothing else, with two curves for each score."""
    curves = []
    for row in plan.rows:
        name = f"{row.layer}, {row.schema}: {_systems(row)}"
        by_drop = _curve(
            row.by_drop, lambda one: one.drop, f"{name}: power on {plan.units} {plan.unit}s, by drop of F1"
        )
        by_units = _curve(
            row.by_units, lambda one: one.units, f"{name}: power for a drop of {plan.drop:g}, by {plan.unit}s"
        )
        curves.append((name, [one for one in (by_drop, by_units) if one]))
    return fill(
        "plan.html.jinja",
        plan=plan,
        title=f"{heading(plan.corpus, plan.documents, plan.hash)}: {_title(plan)}",
        style=asset("stress.css"),
        heads=("layer", "schema", "systems", *_heads(plan)),
        rows=[(row.layer, row.schema, _systems(row), *_cells(row)) for row in plan.rows],
        curves=curves,
        size=_SIZE,
        field=_FIELD,
        asked=_up(ASKED),
    )


def _title(plan: Plan) -> str:
    drop = short(f"{plan.drop:g}")
    return (
        f"which difference of F1 shows with 80% on these {plan.units} {plan.unit}s; how often one of {drop}"
        f" shows, and how many {plan.unit}s it needs to show with 80%"
    )


def _heads(plan: Plan) -> tuple[str, ...]:
    return "shows", "± 1 SE", f"{short(f'{plan.drop:g}')} shows", "± 1 SE", "needs", "± 1 SE"


def _systems(row: PlanRow) -> str:
    return row.a if row.b is None else f"{row.a} / {row.b}"


def _cells(row: PlanRow) -> tuple[str, ...]:
    return (*_pair(row.smallest_drop, number), *_pair(row.power, _percent), *_pair(row.units_needed, _many))


def _pair(estimate: Estimate, text: Callable[[float | None], str]) -> tuple[str, str]:
    return text(estimate.value), "–".join(map(text, estimate.band)) if None not in estimate.band else "–"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _many(value: float | None) -> str:
    """Two digits are more than a pilot knows."""
    if value is None:
        return "–"
    step = 10 ** max(0, math.floor(math.log10(max(value, 1))) - 1)
    rounded = f"{math.ceil(value / step) * step:,}"
    return f">{rounded}" if value >= 1_000_000 else rounded


def _curve(points: Sequence[Point], of: Callable[[Point], float], title: str) -> dict[str, Any] | None:
    """Coordinates on a logarithmic scale, with the band and the ticks."""
    if len(points) < 2:
        return None
    low, high = (math.log(of(points[end])) for end in (0, -1))

    def across(value: float) -> float:
        return _FIELD[0] + (math.log(value) - low) / (high - low) * (_FIELD[2] - _FIELD[0])

    line = [(across(of(one)), _up(one.power)) for one in points]
    band = [(across(of(one)), _up(one.band[1])) for one in points]
    band += [(across(of(one)), _up(one.band[0])) for one in reversed(points)]
    ticks: list[tuple[float, str]] = []
    for one in points:
        if not ticks or across(of(one)) - ticks[-1][0] > 45:
            ticks.append((across(of(one)), f"{of(one):g}"))
    told = "; ".join(f"{of(one):g}: {one.power:.0%}" for one in points)
    return {"title": title, "line": line, "band": band, "ticks": ticks, "text": told}


def _up(share: float) -> float:
    return _FIELD[3] - share * (_FIELD[3] - _FIELD[1])
