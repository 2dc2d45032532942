"""What a value shows of itself in a notebook, a paper, a terminal and a data frame, by its type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch
from itertools import islice
from typing import TYPE_CHECKING, Any

from wortlaut.errors import DataError
from wortlaut.evaluation.comparison import Comparison, Flip
from wortlaut.evaluation.evaluate import Evaluation
from wortlaut.model import Document
from wortlaut.records.frames import frame
from wortlaut.reports import escapes, tables
from wortlaut.reports import html as markup
from wortlaut.reports.cells import (
    COMPARISON_HEADS,
    SCORE_HEADS,
    comparison_cells,
    family,
    heading,
    score_cells,
)
from wortlaut.scoring.keys import ScoreKey, corpus_text
from wortlaut.scoring.metrics import QUOTES
from wortlaut.scoring.result import MAIN_TASKS, Result, Results, Score
from wortlaut.text.excerpts import offsets

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

#: How many flipped items of a pair a notebook shows.
_FLIPS = 20
_COMPARED = ("layer", "schema", "a", "b")

#: Names and their score; None of a system that failed.
Rows = Sequence[tuple[Sequence[str], Score | None]]


@dataclass(frozen=True)
class Scores:
    """Names under ``heads`` with their score, what a reader must know, and the signatures."""

    heads: Sequence[str]
    rows: Rows
    notes: Sequence[str]
    signatures: Sequence[str]


@singledispatch
def scores(value: object) -> Scores:
    """The scores of a value, a row each."""
    raise TypeError(f"{type(value).__name__} has no table of scores")


@scores.register(Result)
def _of_result(result: Result) -> Scores:
    notes = [f"note: {note}" for note in result.notes]
    rows = [([name], score) for name, score in result.rows()]
    return Scores([result.signature.by or "label"], rows, notes, [str(result.signature)])


@scores.register(Results)
def _of_results(results: Results) -> Scores:
    rows = [([schema, name], score) for schema, result in results.items() for name, score in result.rows()]
    notes = dict.fromkeys(f"note: {note}" for result in results.values() for note in result.notes)
    by = next((result.signature.by for result in results.values()), "")
    return Scores(
        ["schema", by or "label"], rows, list(notes), [str(result.signature) for result in results.values()]
    )


@scores.register(Evaluation)
def _of_evaluation(evaluation: Evaluation) -> Scores:
    """Systems side by side, schema by schema."""
    systems = evaluation.systems
    failed = [f"{system.name} has no scores: {system.failed}" for system in systems if system.failed]
    notes = [f"{system.name}: {note}" for system in systems for note in system.notes]
    rows: list[tuple[Sequence[str], Score | None]] = [
        ([layer, schema, systems[i].name], result) for layer, schema, i, result in by_layer(evaluation)
    ]
    rows += [(["–", "–", system.name], None) for system in systems if system.failed]
    return Scores(
        ["layer", "schema", "system"],
        rows,
        [*failed, *evaluation.notes, *notes],
        [str(evaluation.signature)],
    )


def by_layer(evaluation: Evaluation) -> list[tuple[str, str, int, Result]]:
    """Layer, schema, number of the system, result: layer by layer, schema by schema, systems side by side."""
    found = [
        (layer, schema, i, result)
        for i, system in enumerate(evaluation.systems)
        for layer, results in system.scores.items()
        for schema, result in results.items()
    ]
    layers = list(dict.fromkeys(layer for layer, *_ in found))
    places = list(dict.fromkeys(row[:2] for row in found))
    return sorted(found, key=lambda row: (layers.index(row[0]), places.index(row[:2])))


def is_main(result: Result) -> bool:
    """Whether a score of an evaluation is shown where not everything is."""
    key = result.signature.key
    peer = key.schema.partition("@")[0] in QUOTES
    clusters = key.task == "clusters" and key.schema == "conll"  # the mean of three of its measures
    return peer or clusters or (key.task in MAIN_TASKS and not key.setting)


@dataclass(frozen=True)
class Shown:
    """A table, and what stands below it."""

    table: tables.Table
    notes: Sequence[str]
    signatures: Sequence[str]


@singledispatch
def shown(value: object) -> Shown:
    """A value as a table."""
    found = scores(value)
    rows = [[*names, *score_cells(score)] for names, score in found.rows]
    return Shown(tables.Table(found.heads, SCORE_HEADS, rows), found.notes, found.signatures)


@shown.register(Comparison)
def _(comparison: Comparison) -> Shown:
    rows = [[row.layer, row.schema, row.a, row.b, *comparison_cells(row)] for row in comparison.rows]
    notes = [f"note: {note}" for note in comparison.notes]
    return Shown(tables.Table(_COMPARED, COMPARISON_HEADS, rows), notes, [_title(comparison)])


def text(value: object) -> str:
    found = shown(value)
    below = map(escapes.terminal, [*found.notes, *found.signatures])
    return "\n".join([tables.text(found.table), *below])


def markdown(value: object) -> str:
    found = shown(value)
    signatures = map(escapes.markdown_code, found.signatures)
    return "\n".join([tables.markdown(found.table), "", *signatures, ""])


def latex(value: object) -> str:
    found = shown(value)
    signatures = map(escapes.latex_comment, found.signatures)
    return "\n".join([tables.latex(found.table), *signatures, ""])


def pandas(value: object) -> pd.DataFrame:
    made: pd.DataFrame = frame(records(value))
    return made


def polars(value: object) -> pl.DataFrame:
    made: pl.DataFrame = frame(records(value), "polars")
    return made


@singledispatch
def records(value: object) -> list[dict[str, Any]]:
    """The rows of a data frame: names and numbers."""
    found = scores(value)
    return _records(found.heads, found.rows)


@records.register(Evaluation)
def _(evaluation: Evaluation) -> list[dict[str, Any]]:
    rows: list[tuple[Sequence[str], Score | None]] = [
        ((layer, schema, evaluation.systems[i].name, label), score)
        for layer, schema, i, result in by_layer(evaluation)
        for label, score in result.rows()
    ]
    rows += [(("–", "–", system.name, "–"), None) for system in evaluation.systems if system.failed]
    return _records(["layer", "schema", "system", "label"], rows)


@records.register(Comparison)
def _(comparison: Comparison) -> list[dict[str, Any]]:
    """The differences, the first system minus the second."""
    rows = []
    for row in comparison.rows:
        names = dict(zip(_COMPARED, (row.layer, row.schema, row.a, row.b), strict=True))
        test = vars(row.test) | {"f1_interval": row.test.interval}
        columns = dict(item for one in test.items() if one[0] != "interval" for item in _columns(*one))
        rows.append(names | columns | {"p_holm": row.p_holm, "flips": len(row.flips)})
    return rows


def _records(heads: Sequence[str], rows: Rows) -> list[dict[str, Any]]:
    return [
        dict(zip(heads, names, strict=True))
        | {
            key: value
            for name in Score.__dataclass_fields__
            for key, value in _columns(name, getattr(score, name, None))
        }
        for names, score in rows
    ]


def _columns(name: str, value: Any) -> list[tuple[str, Any]]:
    """An interval in two columns, everything else in one."""
    if not name.endswith("_interval"):
        return [(name, value)]
    stem = name.removesuffix("_interval")
    return list(zip((f"{stem}_low", f"{stem}_high"), value or (None, None), strict=True))


@singledispatch
def html(value: object) -> str:
    shown = scores(value)
    foot = map(markup.note, [*shown.notes, *shown.signatures])
    return markup.page(_whiskers(shown.heads, shown.rows), *foot)


def _whiskers(heads: Sequence[str], rows: Rows) -> str:
    """The table as HTML, with a dot and whisker for F1 behind its interval."""
    made = [(names, score_cells(score)) for names, score in rows]
    for (_, cells), (_, score) in zip(made, rows, strict=True):
        cells.insert(4, markup.whisker(score.f1, score.f1_interval) if score else "")
    return markup.table(heads, (*SCORE_HEADS[:4], "", *SCORE_HEADS[4:]), made)


@html.register(Evaluation)
def _(evaluation: Evaluation) -> str:
    shown, corpus = scores(evaluation), evaluation.corpus
    # A system's own matched quotes, and the gold quotes that it was given, are scores of another kind.
    main, other = (
        [row for row in shown.rows if bool(row[1] and ScoreKey.named(*row[0][:2]).setting) is setting]
        for setting in (False, True)
    )
    parts = [
        markup.note(heading(corpus.name, evaluation.documents, corpus.hash)),
        _whiskers(shown.heads, main),
    ]
    if other:
        parts.append(markup.details("on matched and on given quotes", _whiskers(shown.heads, other)))
    return markup.page(*parts, *map(markup.note, [*shown.notes, *shown.signatures]))


@html.register(Comparison)
def _(comparison: Comparison) -> str:
    return _compared(comparison)


def _compared(comparison: Comparison, *more: str) -> markup.Html:
    ends = [abs(end) for row in comparison.rows for end in row.test.interval or (row.test.f1 or 0,)]
    reach = max((0.1, *ends))
    rows = []
    for row in comparison.rows:
        cells = comparison_cells(row)
        cells.insert(2, markup.whisker(row.test.f1, row.test.interval, -reach, reach))
        rows.append(((row.layer, row.schema, row.a, row.b), cells))
    columns = (*COMPARISON_HEADS[:2], "", *COMPARISON_HEADS[2:])
    table = markup.table(_COMPARED, columns, rows)
    return markup.page(markup.note(_title(comparison)), table, *more, *map(markup.note, comparison.notes))


def _title(comparison: Comparison) -> str:
    corpus = corpus_text(comparison.corpus, comparison.hash)
    return f"{corpus}, differences of F1, units: {comparison.unit}s, {family(comparison)}"


@singledispatch
def show(value: object) -> markup.Html:
    """A document with its text, or a comparison with the items that flipped, for a notebook.

    What a cell shows by itself holds no word of the corpus, so that a notebook can be published; this does.
    ``str()`` of it is the HTML: without scripts, every text escaped. Raises DataError for other values.
    """
    raise DataError(
        f"{type(value).__name__} has no text to show",
        hint="Show a document, such as corpus[0], or a comparison.",
    )


show.register(Document)(markup.document)


@show.register(Comparison)
def _(comparison: Comparison) -> markup.Html:
    found = comparison.flipped()
    flips = [
        ((layer, ", ".join(schemas), flip.right, flip.kind, flip.document, flip.label), (_item(flip),))
        for (layer, _, _), items in found.items()
        for flip, schemas in islice(items.items(), _FLIPS)
    ]
    names = ("layer", "schemas", "right", "what", "document", "label")
    hidden = sum(max(0, len(items) - _FLIPS) for items in found.values())
    more = f", {hidden} more in .rows" if hidden else ""
    return _compared(comparison, markup.words(f"items that flipped{more}", names, ("item",), flips))


def _item(flip: Flip) -> str:
    return flip.excerpt or markup.shortened(flip.text, 60) or offsets(flip.spans)
