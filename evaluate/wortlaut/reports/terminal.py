"""Tables for the terminal, within 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wortlaut.scoring.result import Score, counted, interval_text, number

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from wortlaut.evaluation import Evaluation
    from wortlaut.scoring.result import Results


def evaluation_view(evaluation: Evaluation, *, by_label: bool = False) -> Iterator[RenderableType]:
    """The scores of all systems, layer by layer, then what a reader must know and the signature."""
    from rich.text import Text

    corpus = evaluation.corpus
    documents = len(corpus.documents)
    yield Text(
        f"{corpus.name} ({documents} document{'s' * (documents != 1)}, {corpus.hash[:12]})", style="bold"
    )
    layers = dict.fromkeys(layer for system in evaluation.systems for layer in system.scores)
    table = _table(["layer", "schema", "system"])
    for layer in layers:
        schemas = dict.fromkeys(s for system in evaluation.systems for s in system.scores.get(layer, {}))
        for schema in schemas:
            for system in evaluation.systems:
                result = system.scores.get(layer, {}).get(schema)
                if result is not None:
                    table.add_row(layer, schema, system.name, *_cells(result))
                    if by_label:
                        for label, score in result.per_label.items():
                            table.add_row("", "", f"  {label}", *_cells(score), style="dim")
        table.add_section()
    if table.row_count:
        yield table
    notes = [
        *evaluation.notes,
        *(f"{system.name}: {note}" for system in evaluation.systems for note in system.notes),
        *_result_notes(evaluation),
    ]
    for note in dict.fromkeys(notes):
        yield Text(f"note: {note}", style="dim")
    yield Text(evaluation.signature, style="dim", overflow="fold")


def _result_notes(evaluation: Evaluation) -> Iterator[str]:
    for system in evaluation.systems:
        for layer, results in system.scores.items():
            for schema, result in results.items():
                for note in result.notes:
                    yield f"{system.name}, {layer}, {schema}: {note}"


def results_view(results: Results) -> Iterator[RenderableType]:
    """Every label under every schema."""
    from rich.text import Text

    table = _table(["schema", "label"])
    for schema, result in results.items():
        for label, score in result.per_label.items():
            table.add_row(schema, label, *_cells(score))
        table.add_row(schema, "micro", *_cells(result), style="bold")
        if result.macro is not None:
            table.add_row(schema, "macro", *_cells(result.macro))
        table.add_section()
    yield table
    for note in dict.fromkeys(note for result in results.values() for note in result.notes):
        yield Text(f"note: {note}", style="dim")
    for result in results.values():
        yield Text(result.signature, style="dim", overflow="fold")


def _table(names: list[str]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), collapse_padding=True, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    for name in ("P", "R", "F1", "95% of F1", "right", "gold", "found"):
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _cells(score: Score) -> tuple[str, ...]:
    return (
        _short(number(score.precision)),
        _short(number(score.recall)),
        _short(number(score.f1)),
        _short(interval_text(score.f1_interval)),
        counted(score.correct),
        str(score.gold),
        str(score.predicted),
    )


def _short(text: str) -> str:
    """``.853`` for ``0.853``: the column of a table has no room for the zero."""
    return "–".join(part.removeprefix("0") if part.startswith("0.") else part for part in text.split("–"))
