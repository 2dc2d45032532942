"""Phenomena and contrasts of a corpus of probes, as a reader sees them: in the terminal and in tables."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from rich.console import RenderableType

from wortlaut.errors import DataError, counted
from wortlaut.evaluation.comparison import Comparison
from wortlaut.evaluation.evaluate import Evaluation
from wortlaut.evaluation.phenomena import Phenomena, PhenomenonRow
from wortlaut.records.record import as_dict
from wortlaut.reports.cells import (
    COMPARISONS,
    PROBED,
    Line,
    compared,
    credit,
    difference,
    differences,
    interval_text,
    number,
    p_value,
    short,
)
from wortlaut.reports.console import Text
from wortlaut.reports.layout import Lines
from wortlaut.reports.tables import grid, noted
from wortlaut.scoring.compare import LEVEL

#: What a reader must know of the figures.
SAYS = (
    "right: documents in which all of the task that is tested is strictly right; pairs: minimal pairs with"
    " both sides right; 95%: for other examples of the same templates; ↓: significantly below the mean, which"
    f" is shown, of the system's other phenomena of the task (Holm, level {short(f'{LEVEL:g}')})."
)


def rows_of(value: object, by: str) -> Lines:
    """Of an evaluation or a comparison. Raises DataError where there are none."""
    found = value.phenomena if isinstance(value, Evaluation) else value
    made = None
    if isinstance(found, Comparison) and by == "phenomenon":
        made = differences_of(found)
    elif isinstance(found, Phenomena):
        made = lines_of(found, by)
    if made is None or not made.lines:
        why = "; ".join(found.notes) if isinstance(found, Phenomena) else ""
        hint = why or "They need documents that name them in their metadata: docs/phenomena.md."
        raise DataError(f"there are no rows by {by}", hint=hint)
    return made


def lines_of(told: Phenomena, by: str = "phenomenon") -> Lines:
    """A row for each system and phenomenon, or each system and contrast."""
    signature = str(told.signature)
    if by == "contrast":
        rows = [
            Line((name, row.contrast), row, signature) for name, own in told.contrasts.items() for row in own
        ]
        return Lines(["system", by], rows, PROBED[by], told.notes, [signature])
    rows = [
        Line((name, row.tests, row.phenomenon), row, signature, mark="*" * row.below)
        for name, own in told.systems.items()
        for row in own
    ]
    marks = "*: significantly below others, the mean of the system's other phenomena of the task."
    return Lines(["system", "tests", by], rows, PROBED[by], told.notes, [signature], marks=marks)


def differences_of(comparison: Comparison) -> Lines:
    """A row for each pair of systems and phenomenon."""
    title = compared(comparison)
    rows = [
        Line((row.tests, row.phenomenon, row.a, row.b), row, title, best=_apart(row))
        for row in comparison.phenomena
    ]
    notes = [
        "note: A-B is of F1, or, where nothing should be found, of the share of documents that are right"
    ]
    bold = f"Bold: p Holm below {LEVEL}, over the rows of phenomena."
    figures = {name: column for name, column in COMPARISONS.items() if name != "flips"}
    return Lines(["tests", "phenomenon", "a", "b"], rows, figures, notes, [title], bold)


def _apart(row: PhenomenonRow) -> bool:
    return row.p_holm is not None and row.p_holm < LEVEL


def differences_view(comparison: Comparison) -> Iterator[RenderableType]:
    """The phenomena in which two systems are told apart, within 80 columns."""
    rows = [row for row in comparison.phenomena if _apart(row)]
    if not comparison.phenomena:
        return
    yield Text(
        f"by phenomenon: {len(rows)} of {counted(len(comparison.phenomena), 'test')} tell apart", "bold"
    )
    if rows:
        table = grid(("phenomenon", "tests"), ("A-B", "95%", "p Holm"))
        for (first, second), own in groupby(rows, key=lambda row: (row.a, row.b)):
            table.add_row(f"{first} / {second}", style="bold")
            for row in own:
                ends = differences(row.test.interval, decimals=2)
                figures = (difference(row.test.f1), ends, p_value(row.p_holm))
                table.add_row(f"  {row.phenomenon}", row.tests, *map(short, figures))
            table.add_section()
        yield table
    yield Text(
        "A-B is of F1, or of the share of documents wholly right where nothing should be found, for other"
        " examples of the same templates; Holm over these tests; all: --markdown '-?by=phenomenon', --json",
        style="dim",
    )


def phenomena_view(told: Phenomena) -> Iterator[RenderableType]:
    """A table of phenomena for each system, and one of contrasts, within 80 columns."""
    for name, rows in told.systems.items():
        if not rows:
            continue
        yield Text(f"phenomena, strict: {name}", style="bold")
        table = grid(("phenomenon",), ("F1", "95% of F1", "right", "95%", "pairs", "↓"))
        for tests, own in groupby(rows, key=lambda row: row.tests):
            table.add_row(tests, style="bold")
            for row in own:
                table.add_row(
                    f"  {row.phenomenon}",
                    short(number(row.f1)),
                    short(interval_text(row.f1_interval, 2)),
                    _of(row.right, row.documents),
                    short(interval_text(row.right_interval, 2)),
                    "–" if row.pairs_right is None else _of(row.pairs_right, row.pairs),
                    short(number(row.others)) if row.below else "",
                )
            table.add_section()
        yield table
    contrasts = [(name, row) for name, own in told.contrasts.items() for row in own]
    if contrasts:
        yield Text("contrasts: minimal pairs with both sides right", style="bold")
        table = grid(("contrast", "system"), ("right", "95%", "one side", "pairs"))
        for name, one in sorted(contrasts, key=lambda row: row[1].contrast):
            ends = short(interval_text(one.right_interval, 2))
            table.add_row(
                one.contrast, name, short(number(one.right)), ends, short(number(one.one)), str(one.pairs)
            )
        yield table
    if any(told.systems.values()):
        yield Text(f"note: {SAYS}", style="dim")
    yield from noted(told.notes)


def _of(share: float, whole: int) -> str:
    """How many of how many; a mean over runs may be broken."""
    return f"{credit(round(share * whole, 1))}/{whole}"


def summary_of(evaluation: Evaluation) -> dict[str, Any]:
    """What the page's script reads: a row for each system and phenomenon or contrast; nothing without any."""
    told, number_of = evaluation.phenomena, {one.name: i for i, one in enumerate(evaluation.systems)}
    if not any(told.systems.values()) or evaluation.probes is None:
        return {}
    rows, contrasts = (
        [{"system": number_of[name], **as_dict(row, 6)} for name, own in by_system.items() for row in own]
        for by_system in (told.systems, told.contrasts)
    )
    return {
        "phenomena": {
            "names": [name for name, _ in evaluation.probes.phenomena()],
            "rows": rows,
            "contrasts": contrasts,
            "says": SAYS,
            "notes": list(told.notes),
        }
    }


def examples_in(evaluation: Evaluation) -> dict[int, int]:
    """Document → the number of its phenomenon, of those that it has and that are shown."""
    if not summary_of(evaluation) or evaluation.probes is None:
        return {}
    found = enumerate(evaluation.probes.phenomena().values())
    return {i: number for number, places in found for i in places.tolist()}
