"""What a value shows of itself in a notebook, a paper, a terminal and a data frame, by its type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import singledispatch
from itertools import islice, repeat
from typing import TYPE_CHECKING, Any

from wortlaut.errors import DataError
from wortlaut.evaluation.atlas import Atlas
from wortlaut.evaluation.audit import KINDS, Audit
from wortlaut.evaluation.breakdowns import grouped_by
from wortlaut.evaluation.comparison import ALONE, Comparison, Flip
from wortlaut.evaluation.corpora import CorporaComparison
from wortlaut.evaluation.evaluate import Evaluation
from wortlaut.evaluation.phenomena import Phenomena
from wortlaut.evaluation.significance import BOLD, LETTERS, MARKED, Significance, significance
from wortlaut.evaluation.systems import is_main
from wortlaut.model import Document
from wortlaut.records.frames import frame
from wortlaut.reports import escapes, tables
from wortlaut.reports import html as markup
from wortlaut.reports import phenomena as probed
from wortlaut.reports.atlas import atlas_lines
from wortlaut.reports.cells import (
    COMPARISON_HEADS,
    COMPARISONS,
    CONCLUSIONS,
    ON_REQUEST,
    PAIR_HEADS,
    PAIRS,
    PROBED,
    SCORES,
    Line,
    columns_of,
    comparison_cells,
    family,
    heading,
    pair_cells,
    pair_statements,
    score_cells,
)
from wortlaut.reports.goldchange import gold_lines, gold_table, what_changed
from wortlaut.reports.layout import Laid, Layout, Lines, laid_out
from wortlaut.scoring.compare import LEVEL
from wortlaut.scoring.keys import corpus_text
from wortlaut.scoring.result import DEVIATIONS, Result, Results, Score, Upper
from wortlaut.text.excerpts import offsets

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

#: How many flipped items of a pair a notebook shows.
_FLIPS = 20
_COMPARED = ("layer", "schema", "a", "b")


@singledispatch
def lines(value: object, told: Significance | None = None) -> Lines:
    """The scores of a value, or its differences, a row each; ``told`` of an evaluation marks the best."""
    raise TypeError(f"{type(value).__name__} has no table of scores")


def _rows(result: Result, *names: str) -> Iterator[Line]:
    for name, score in result.rows():
        yield Line((*names, name), score, str(result.signature))


@lines.register(Result)
def _of_result(result: Result, told: Significance | None = None) -> Lines:
    notes = [f"note: {note}" for note in result.notes]
    return Lines(
        [result.signature.by or "label"], list(_rows(result)), SCORES, notes, [str(result.signature)]
    )


@lines.register(Results)
def _of_results(results: Results, told: Significance | None = None) -> Lines:
    rows = [line for schema, result in results.items() for line in _rows(result, schema)]
    notes = dict.fromkeys(f"note: {note}" for result in results.values() for note in result.notes)
    by = next((result.signature.by for result in results.values()), "")
    signatures = [str(result.signature) for result in results.values()]
    return Lines(["schema", by or "label"], rows, SCORES, list(notes), signatures)


@lines.register(Evaluation)
def _of_evaluation(evaluation: Evaluation, told: Significance | None = None) -> Lines:
    """Systems side by side, schema by schema, each with its labels."""
    systems, marked = evaluation.systems, told or Significance()
    failed = [f"{system.name} has no scores: {system.failed}" for system in systems if system.failed]
    notes = [f"{system.name}: {note}" for system in systems for note in system.notes]
    rows = []
    for layer, schema, i, result in by_layer(evaluation):
        place = (layer, schema, systems[i].name)
        for line in _rows(result, *place):
            whole = line.of is result
            row = replace(line, whole=whole, main=is_main(result.signature.key))
            if whole:
                mark, letters = "*" * (place in marked.alone), marked.letters.get(place, "")
                row = replace(row, letters=letters, best=place in marked.best, mark=mark)
            rows.append(row)
    rows += [
        Line(("–", "–", system.name, "–"), None, f"failed: {system.failed}")
        for system in systems
        if system.failed
    ]
    return Lines(
        ["layer", "schema", "system", "label"],
        rows,
        SCORES,
        [*failed, *evaluation.notes, *notes, *marked.notes],
        [str(evaluation.signature)],
        BOLD,
        LETTERS,
        (told.why or told.how) if told and sum(bool(system.scores) for system in systems) > 1 else "",
        MARKED,
    )


@lines.register(Comparison)
def _of_comparison(comparison: Comparison, told: Significance | None = None) -> Lines:
    """Of results on two golds the shares of gold and system; those on the new one have a table alone."""
    notes = [f"note: {note}" for note in _told(comparison)]
    if comparison.gold is not None:
        return gold_lines(comparison.gold, notes)
    title = _title(comparison)
    rows = [
        Line(
            (row.layer, row.schema, row.a, row.b),
            row,
            title,
            best=row.p_holm is not None and row.p_holm < LEVEL,
            mark="*" * row.alone,
        )
        for row in comparison.rows
    ]
    bold = f"Bold: p Holm below {LEVEL}."
    return Lines(_COMPARED, rows, COMPARISONS, notes, [title], bold, marks=f"*: {ALONE}.")


@lines.register(Audit)
def _of_audit(audit: Audit, told: Significance | None = None) -> Lines:
    rows = [
        Line((pair.layer, one.schema, pair.a, pair.b), one, best=one.better is not None)
        for pair in audit.pairs
        for one in pair.conclusions
    ]
    notes = [f"{pair.layer}, {pair.a} / {pair.b}: {KINDS[pair.kind]}" for pair in audit.pairs]
    title = corpus_text(audit.corpus, audit.hash)
    return Lines(_COMPARED, rows, CONCLUSIONS, [*notes, *audit.notes], [title], f"Bold: p below {LEVEL}.")


@lines.register(CorporaComparison)
def _of_corpora(comparison: CorporaComparison, told: Significance | None = None) -> Lines:
    """The difference on each corpus, then their mean."""
    title = _corpora_title(comparison)
    rows = [
        Line(
            (pair.layer, pair.schema, pair.a, pair.b, name),
            of,
            title,
            best=of is pair and pair.p_holm < LEVEL,
        )
        for pair in comparison.pairs
        for name, of in [*pair.corpora.items(), ("mean", pair)]
    ]
    notes = [*pair_statements(comparison), *(f"note: {note}" for note in comparison.notes)]
    return Lines((*_COMPARED, "corpus"), rows, PAIRS, notes, [title], f"Bold: p Holm below {LEVEL}.")


@lines.register(Atlas)
def _of_atlas(atlas: Atlas, told: Significance | None = None) -> Lines:
    return atlas_lines(atlas)


@lines.register(Phenomena)
def _of_phenomena(phenomena: Phenomena, told: Significance | None = None) -> Lines:
    return probed.lines_of(phenomena)


@lines.register(list)
def _of_evaluations(evaluations: list[Evaluation], told: list[Significance] | None = None) -> Lines:
    """Of several corpora: the scores on each, never a mean of them."""
    return _joined(evaluations, [lines(*one) for one in zip(evaluations, told or repeat(None), strict=False)])


def _joined(evaluations: Sequence[Evaluation], found: Sequence[Lines]) -> Lines:
    names = [corpus_text(one.corpus.name, "") for one in evaluations]
    rows = [
        replace(line, names=(name, *line.names))
        for name, one in zip(names, found, strict=True)
        for line in one.lines
    ]
    return replace(
        found[0],
        heads=["corpus", *found[0].heads],
        lines=rows,
        notes=[f"{name}: {note}" for name, one in zip(names, found, strict=True) for note in one.notes],
        signatures=[signature for one in found for signature in one.signatures],
        tests=" ".join(dict.fromkeys(one.tests for one in found)),
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


def tested(value: object, layouts: Iterable[Layout]) -> Any:
    """What tests tell apart, which they are asked only where a table shows it; of several corpora on each."""
    if not any(map(_shows, layouts)):
        return None
    if isinstance(value, list):
        return [significance(one) for one in value]
    return significance(value) if isinstance(value, Evaluation) else None


def _shows(layout: Layout) -> bool:
    return not layout.by and (layout.bold or ON_REQUEST in layout.columns)


def laid(value: object, layout: Layout, told: Any = None) -> Laid:
    """A table for a paper; ``told`` by :func:`tested`, which is asked where it was not."""
    if layout.by:
        return laid_out(_groups(value, layout.by), layout)
    told = (told or tested(value, [layout])) if _shows(layout) else None
    return laid_out(lines(value, told), layout)


def _groups(value: object, by: str) -> Lines:
    """The groups of a breakdown, of every layer, schema and system that has it; or phenomena or contrasts."""
    if isinstance(value, list):
        has = [by not in PROBED or any(one.phenomena.systems.values()) for one in value]
        named = [one for one, there in zip(value, has, strict=True) if there] or value
        names = (corpus_text(one.corpus.name, "") for one, there in zip(value, has, strict=True) if not there)
        without = [f"{name} names no phenomena" for name in names]
        made = _joined(named, [_groups(one, by) for one in named])
        return replace(made, notes=[*made.notes, *without])
    if by in PROBED:
        return probed.rows_of(value, by)
    if not isinstance(value, Evaluation) or by not in value.by:
        raise DataError(f"there is no breakdown by {by}", hint=f"Ask for it: --by {by}, evaluate(by={by!r}).")
    found = [
        Line(
            (layer, schema, system.name, group),
            score,
            str(result.signature),
            main=is_main(result.signature.key),
        )
        for system in value.systems
        for layer, own in system.breakdowns.items()
        for schema, result in own.get(by, Results()).items()
        for group, score in result.per_label.items()
    ]
    places = [(layer, schema) for layer, schema, *_ in by_layer(value)]
    found.sort(key=lambda line: places.index((line.names[0], line.names[1])))
    whole = lines(value)
    unit = [f"note: {by} is {told}"] if (told := grouped_by(by, "quotes")) != by.removeprefix("meta:") else []
    return replace(
        whole,
        heads=[*whole.heads[:-1], by],
        lines=[*found, *(x for x in whole.lines if not x.of)],
        notes=[*whole.notes, *unit],
    )


def text(value: object) -> str:
    made = laid(value, Layout(bold=False))
    table = made.table()
    below = map(escapes.terminal, [*table.says, *table.notes, *table.signatures])
    return "\n".join([tables.text(table), *below])


def markdown(value: object, **options: Any) -> str:
    return laid(value, Layout.of(**options)).markdown()


def latex(value: object, **options: Any) -> str:
    return laid(value, Layout.of(**options)).latex()


def csv(value: object, **options: Any) -> str:
    return laid(value, Layout.of(**options | {"bold": False})).csv()


def pandas(value: object) -> pd.DataFrame:
    made: pd.DataFrame = frame(records(value))
    return made


def polars(value: object) -> pl.DataFrame:
    made: pl.DataFrame = frame(records(value), "polars")
    return made


@singledispatch
def records(value: object) -> list[dict[str, Any]]:
    """The rows of a data frame: names and numbers."""
    found = lines(value)
    several = any(getattr(line.of, name, None) is not None for line in found.lines for name in DEVIATIONS)
    names = [name for name in Score.__dataclass_fields__ if several or name not in DEVIATIONS]
    if not any(getattr(line.of, "upper", None) for line in found.lines):
        names.remove("upper")
    return [
        dict(zip(found.heads, line.names, strict=True))
        | {key: cell for name in names for key, cell in _columns(name, getattr(line.of, name, None))}
        for line in found.lines
    ]


@records.register(Comparison)
def _(comparison: Comparison) -> list[dict[str, Any]]:
    """The differences, the first system minus the second; of results on two golds, their shares."""
    if comparison.gold is not None:
        return [
            dict(column for value in vars(share).items() for column in _columns(*value))
            for share in comparison.gold.shares
        ]
    rows = []
    for row in comparison.rows:
        names = dict(zip(_COMPARED, (row.layer, row.schema, row.a, row.b), strict=True))
        test = vars(row.test) | {"f1_interval": row.test.interval}
        columns = dict(item for one in test.items() if one[0] != "interval" for item in _columns(*one))
        rows.append(names | columns | {"p_holm": row.p_holm, "flips": len(row.flips)})
    return rows


@records.register(CorporaComparison)
def _(comparison: CorporaComparison) -> list[dict[str, Any]]:
    """The means over corpora; :attr:`CorporaComparison.corpora` have those of each."""
    rows = []
    for pair in comparison.pairs:
        row = vars(pair) | {"f1_interval": pair.interval, "corpora": len(pair.corpora)}
        row |= {"a_better": pair.a_better.at_least, "b_better": pair.b_better.at_least}
        rows.append(dict(item for one in row.items() if one[0] != "interval" for item in _columns(*one)))
    return rows


@records.register(Phenomena)
def _(phenomena: Phenomena) -> list[dict[str, Any]]:
    """The phenomena; the contrasts are in :attr:`Phenomena.contrasts`."""
    return [
        {
            "system": name,
            **dict(item for one in vars(row).items() for item in _columns(*one)),
            "below": row.below,
        }
        for name, own in phenomena.systems.items()
        for row in own
    ]


def _columns(name: str, value: Any) -> list[tuple[str, Any]]:
    """An interval in two columns, the upper ends of ranges in one each, everything else in one."""
    if name == "upper":
        return [(f"{end}_upper", getattr(value, end, None)) for end in Upper.__dataclass_fields__]
    if not name.endswith("_interval"):
        return [(name, value)]
    stem = name.removesuffix("_interval")
    return list(zip((f"{stem}_low", f"{stem}_high"), value or (None, None), strict=True))


@singledispatch
def html(value: object) -> str:
    found = lines(value)
    foot = map(markup.note, [*found.notes, *found.signatures])
    return markup.page(_whiskers(found.heads, found.lines), *foot)


def _whiskers(heads: Sequence[str], shown: Sequence[Line]) -> str:
    """The table as HTML, with a dot and whisker for F1 behind its interval."""
    columns = columns_of(line.of for line in shown)
    made = [(line.names, score_cells(line.of, columns)) for line in shown]
    figures = [column.head for column in columns]
    at = figures.index("95% interval") + 1
    for (_, cells), line in zip(made, shown, strict=True):
        others = [*getattr(line.of, "runs", ()), getattr(line.of, "upper", None)]
        runs = [one.f1 for one in others if one is not None and one.f1 is not None]
        dots = markup.whisker(line.of.f1, line.of.f1_interval, points=runs) if line.of else ""
        cells.insert(at, dots)
    return markup.table(heads, (*figures[:at], "", *figures[at:]), made)


@html.register(Evaluation)
def _(evaluation: Evaluation) -> str:
    shown, corpus = laid(evaluation, Layout(bold=False)), evaluation.corpus
    # A system's own matched quotes, and the gold quotes that it was given, are scores of another kind.
    main, other = (
        [line for line in shown.lines if bool(line.of and line.of.signature.setting) is setting]
        for setting in (False, True)
    )
    parts = [
        markup.note(heading(corpus.name, evaluation.documents, corpus.hash)),
        _whiskers(shown.heads, main),
    ]
    if other:
        parts.append(markup.details("on matched and on given quotes", _whiskers(shown.heads, other)))
    if any(evaluation.phenomena.systems.values()):
        parts.append(markup.details("by phenomenon", html(evaluation.phenomena)))
    return markup.page(*parts, *map(markup.note, [*shown.found.notes, *shown.found.signatures]))


@html.register(Phenomena)
def _(phenomena: Phenomena) -> str:
    made = []
    for by in PROBED:
        table = laid_out(probed.lines_of(phenomena, by), Layout()).table()
        words = len(table.names)
        rows = [(row[:words], row[words:]) for row in table.rows]
        made.append(markup.table(table.names, table.columns, rows) if rows else "")
        made += map(markup.note, [*table.says, *(table.notes if by == "phenomenon" else ())])
    return markup.page(*made, markup.note(str(phenomena.signature)))


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
    tables = [markup.table(_COMPARED, columns, rows)] if rows else []
    if comparison.gold is not None:
        shares = gold_table(comparison.gold)
        own = [(row[: len(shares.names)], row[len(shares.names) :]) for row in shares.rows]
        tables.insert(0, markup.table(shares.names, shares.columns, own))
    return markup.page(markup.note(_title(comparison)), *tables, *more, *map(markup.note, _told(comparison)))


@html.register(CorporaComparison)
def _(comparison: CorporaComparison) -> str:
    rows = []
    reach = max(0.1, *(abs(end) for pair in comparison.pairs for end in pair.interval))
    for pair in comparison.pairs:
        cells = pair_cells(pair)
        cells.insert(2, markup.whisker(pair.difference, pair.interval, -reach, reach))
        rows.append(((pair.layer, pair.schema, pair.a, pair.b), cells))
    table = markup.table(_COMPARED, (*PAIR_HEADS[:2], "", *PAIR_HEADS[2:]), rows)
    each = [markup.details(one.corpus, _compared(one)) for one in comparison.corpora]
    said = [*pair_statements(comparison), *comparison.notes]
    return markup.page(markup.note(_corpora_title(comparison)), table, *map(markup.note, said), *each)


def _corpora_title(comparison: CorporaComparison) -> str:
    corpora = ", ".join(corpus_text(one.corpus, one.hash) for one in comparison.corpora)
    how = "each counts the same; A>B, B>A: on at least so many one is better (Dror et al. 2017)"
    return f"{corpora}: mean differences of F1, {how}; {family(comparison)}"


def _told(comparison: Comparison) -> list[str]:
    """What a reader must know, first what new gold did."""
    return [*(what_changed(comparison.gold) if comparison.gold else ()), *comparison.notes]


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
