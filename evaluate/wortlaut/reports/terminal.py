"""Scores and comparisons in the terminal, within 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice

from rich.console import RenderableType

from wortlaut.errors import counted
from wortlaut.evaluation.audit import KINDS, Audit
from wortlaut.evaluation.breakdowns import grouped_by
from wortlaut.evaluation.comparison import ALONE, Comparison
from wortlaut.evaluation.corpora import CorporaComparison
from wortlaut.evaluation.evaluate import Evaluation
from wortlaut.evaluation.systems import is_main
from wortlaut.reports.cells import (
    CONCLUSIONS,
    OF_RUNS,
    PAIR_HEADS,
    SCORES,
    Column,
    Line,
    Numbers,
    columns_of,
    compared,
    comparison_cells,
    credit,
    difference,
    family,
    heading,
    number,
    pair_cells,
    pair_statements,
    score_cells,
    short,
)
from wortlaut.reports.console import Text
from wortlaut.reports.goldchange import gold_view
from wortlaut.reports.phenomena import differences_view, phenomena_view
from wortlaut.reports.tables import grid, noted
from wortlaut.reports.values import by_layer
from wortlaut.scoring.breakdown import undefined_in
from wortlaut.scoring.keys import corpus_text
from wortlaut.scoring.result import Result, Score
from wortlaut.text.excerpts import offsets

#: Without --all a table shows the groups with the most gold.
_MOST_GROUPS = 40
_GROUP_HEADS = ("P", "R", "F1", "95% of F1", "hit/gold", "right/found")
#: What the columns are called in less room.
_SHORT = {"95% interval": "95% of F1", "SD of F1": "SD", "correct": "right", "predicted": "found"}
_RUNS = ("runs", "from", "to", "by runs", "±", "+1 run", "2× {unit}")


def evaluation_view(
    evaluation: Evaluation, *, by_label: bool = False, everything: bool = False
) -> Iterator[RenderableType]:
    """The scores of all systems, layer by layer, then what a reader must know and the signature."""
    scored = [system.name for system in evaluation.systems if system.scores]
    if not scored:
        return
    corpus = evaluation.corpus
    yield Text(heading(corpus.name, evaluation.documents, corpus.hash), style="bold")
    several = len(scored) > 1
    if not several:
        yield Text(scored[0], style="bold")
    rows = by_layer(evaluation)
    shown = [row for row in rows if everything or is_main(row[3].signature.key)] or rows
    columns = columns_of(row[3] for row in shown)
    if any(column.head == SCORES[OF_RUNS].head for column in columns):  # there is no room for both
        columns = [column for column in columns if column.head != "correct"]
    heads = [_SHORT.get(column.head, column.head) for column in columns]
    table = grid(["layer", "schema", "system"] if several else ["layer", "schema"], heads)
    for _, group in groupby(shown, key=lambda row: row[0]):
        for layer, schema, i, result in group:
            names = (layer, schema, evaluation.systems[i].name) if several else (layer, schema)
            table.add_row(*names, *_cells(result, columns))
            for label, score in result.per_label.items() if by_label else ():
                table.add_row(*("",) * (len(names) - 1), f"  {label}", *_cells(score, columns), style="dim")
        table.add_section()
    if shown:
        yield table
    if len(shown) < len(rows):
        hidden = [layer == "clusters" for layer, _, _, result in rows if not is_main(result.signature.key)]
        kinds = ["other roles, matched quotes"] * (not all(hidden)) + ["other measures of clusters"] * any(
            hidden
        )
        yield Text(f"{len(hidden)} more rows ({', '.join(kinds)}) with --all or --json", style="dim")
    yield from _runs(evaluation, [row for row in shown if row[3].variance])
    yield from _breakdowns(evaluation, everything)
    yield from phenomena_view(evaluation.phenomena)
    yield from noted(evaluation.notes)
    for note, places in _notes(evaluation).items():
        yield Text(f"note ({'; '.join(places)}): {note}", style="dim")
    yield Text(str(evaluation.signature), style="dim", overflow="fold")


def _runs(evaluation: Evaluation, rows: Sequence[tuple[str, str, int, Result]]) -> Iterator[RenderableType]:
    """How F1 varies over runs, and what would make its interval narrower."""
    if not rows:
        return
    unit = "sent." if evaluation.units.kind == "sentence" else "docs"
    yield Text("F1 over runs, and half the width of its interval", style="bold")
    several = len({i for _, _, i, _ in rows}) > 1
    table = grid(["layer", "schema", *["system"] * several], [head.format(unit=unit) for head in _RUNS])
    for layer, schema, i, result in rows:
        if (found := result.variance) is not None:
            f1 = [run.f1 for run in result.runs if run.f1 is not None]
            widths = (found.width, found.one_more_run, found.twice_the_documents)
            table.add_row(
                layer, schema, *[evaluation.systems[i].name] * several, str(found.runs),
                *(short(number(end)) for end in (min(f1), max(f1))),
                f"{found.share_of_runs:.0%}", *(short(number(width)) for width in widths),
            )  # fmt: skip
    yield table
    yield Text(
        "note: by runs: the share of the variance that comes from runs. More documents do not reduce it.",
        style="dim",
    )


def _breakdowns(evaluation: Evaluation, everything: bool) -> Iterator[RenderableType]:
    """A table for each layer, breakdown and schema, and why a number in it is undefined."""
    rows = [
        (layer, by, schema, system.name, system.breakdowns[layer][by][schema])
        for layer in dict.fromkeys(layer for layer, *_ in by_layer(evaluation))
        for by in evaluation.by
        for system in evaluation.systems
        for schema in system.breakdowns.get(layer, {}).get(by, ())
    ]
    shown = [row for row in rows if everything or is_main(row[-1].signature.key)]
    several = len({system for *_, system, _ in shown}) > 1
    for layer, by, schema in dict.fromkeys(row[:3] for row in shown):
        yield Text(f"{layer} by {grouped_by(by, layer)}, {schema}", style="bold")
        table = grid(["system", "group"] if several else ["group"], _GROUP_HEADS)
        own = [row for row in shown if row[:3] == (layer, by, schema)]
        for *_, system, result in own:
            rows_of = list(result.per_label.items())
            most = len(rows_of) if everything else _MOST_GROUPS
            kept = {group for group, _ in sorted(rows_of, key=lambda row: -row[1].gold)[:most]}
            for group, score in rows_of:
                if group in kept:
                    table.add_row(*((system, group) if several else (group,)), *_group_cells(score))
            if len(kept) < len(rows_of):
                table.add_row(*("",) * several, f"{len(rows_of) - len(kept)} more: --all, --json")
            table.add_section()
        yield table
        for note in dict.fromkeys(undefined for *_, result in own for undefined in undefined_in(result)):
            yield Text(f"–: {note}\n", style="dim")
    if shown:
        yield Text(
            "note: R is hit/gold: of the gold items of a row those that are hit, by a found one of any row;"
            " P is right/found.",
            style="dim",
        )
    if len(shown) < len(rows):
        yield Text("other roles and matched quotes by these groups with --all or --json", style="dim")


def _group_cells(score: Score) -> list[str]:
    p, r, f1, band, right, gold, found = _cells(score, columns_of(()))
    hit = credit(round((score.recall or 0) * score.gold, 6))
    return [p, r, f1, band, f"{hit}/{gold}", f"{right}/{found}"]


def _notes(evaluation: Evaluation) -> dict[str, list[str]]:
    """Each note once, with the systems and schemas that it is about."""
    places: dict[str, dict[str, dict[str, None]]] = {}
    for system in evaluation.systems:
        said: list[tuple[str, tuple[str, ...]]] = [(note, ()) for note in system.notes]
        said += [
            (note, (schema,))
            for results in system.scores.values()
            for schema, result in results.items()
            for note in result.notes
        ]
        for note, schemas in said:
            by_name = places.setdefault(note, {})
            by_name.setdefault(system.name, {}).update(dict.fromkeys(schemas))
    return {
        note: [f"{name}, {', '.join(schemas)}" if schemas else name for name, schemas in by_name.items()]
        for note, by_name in places.items()
    }


def comparison_view(comparison: Comparison, flips: int) -> Iterator[RenderableType]:
    """Differences of F1 with interval and p-values, then the items that flipped, each once."""
    if comparison.gold is not None:
        yield from gold_view(comparison.gold)
    if comparison.rows:
        yield from _rows_view(comparison, flips)
    yield from noted(comparison.notes)


def _rows_view(comparison: Comparison, flips: int) -> Iterator[RenderableType]:
    yield Text(f"{compared(comparison)}, units: {comparison.unit}s", style="bold")
    table = grid(("layer", "schema", "A", "B"), ("A-B", "95%", "p", "p Holm", "flips"))
    for row in comparison.rows:
        table.add_row(
            row.layer,
            row.schema + ("*" if row.alone else ""),
            row.a,
            row.b,
            *map(short, comparison_cells(row)),
        )
    yield table
    if any(row.alone for row in comparison.rows):
        yield Text(f"* {ALONE}: wortlaut audit", style="dim")
    yield Text(family(comparison), style="dim")
    yield from _margins(comparison)
    yield from differences_view(comparison)
    for (layer, a, b), items in comparison.flipped().items() if flips else ():
        yield Text(f"{layer}: {a} / {b}, {counted(len(items), 'item')} right in one only", style="bold")
        for flip, schemas in islice(items.items(), flips):
            what = f"{flip.document} {offsets(flip.spans)} {flip.label} {flip.kind}"
            yield Text(f"  {flip.right} is right: {what} ({', '.join(schemas)})")
            if shown := flip.excerpt or flip.text:
                yield Text(f"    {shown}", style="dim")
        if len(items) > flips:
            yield Text(f"  and {len(items) - flips} more (--flips, --json)")


def audit_view(audit: Audit) -> Iterator[RenderableType]:
    """What each schema says of each pair, the most doubtful pairs first."""
    yield Text(f"{corpus_text(audit.corpus, audit.hash)}, units: {audit.unit}s", style="bold")
    for pair in audit.pairs:
        yield Text(f"{pair.layer}: {pair.a} / {pair.b}", style="bold")
        if pair.kind == "same":
            better = pair.conclusions[0].better
            what = f"{better} is better" if better else "not told apart"
            yield Text(f"  {counted(len(pair.conclusions), 'schema')}, one conclusion: {what}")
            continue
        yield Text(f"  {KINDS[pair.kind]}", style="red")
        table = grid(("schema",), tuple(CONCLUSIONS))
        for one in pair.conclusions:
            cells = [column.cell(Line((), one), Numbers()) for column in CONCLUSIONS.values()]
            table.add_row(one.schema, *map(short, cells))
        yield table
        if pair.documents:
            parted = "; ".join(
                f"{one.unit} ({short(difference(one.for_a))}, {short(difference(one.for_b))})"
                for one in pair.documents
            )
            yield Text(f"  what parts the schemas most, with its share of A-B under either: {parted}")
        if pair.agree_without:
            what = counted(pair.agree_without, audit.unit)
            yield Text(f"  without {what}, the first of these, all schemas have one sign")
    yield Text(
        "Each schema by itself: Holm over the pairs of one layer and schema. Whoever chooses the schema after"
        " the scores has all of these to choose from.",
        style="dim",
    )
    yield from noted(audit.notes)


def corpora_view(comparison: CorporaComparison, flips: int) -> Iterator[RenderableType]:
    """The comparison on each corpus, then what they say together."""
    for one in comparison.corpora:
        yield from comparison_view(one, flips)
    yield Text(f"mean over {len(comparison.corpora)} corpora, each counted the same", style="bold")
    table = grid(("layer", "schema", "A", "B"), ("A-B", "95%", *PAIR_HEADS[3:]))
    for pair in comparison.pairs:
        difference, ends, _, *more = pair_cells(pair)  # there is no room for p beside p Holm
        table.add_row(pair.layer, pair.schema, pair.a, pair.b, *map(short, (difference, ends, *more)))
    yield table
    yield Text(family(comparison), style="dim")
    yield from map(Text, pair_statements(comparison))
    yield from noted(comparison.notes)


def _margins(comparison: Comparison) -> Iterator[RenderableType]:
    """What can be said about losses above a margin, if one was given."""
    rows = [(row, row.margin) for row in comparison.rows if row.margin is not None]
    if not rows:
        return
    margin = rows[0][1].margin
    yield Text(f"does it lose more than {short(f'{margin:g}')} of F1?", style="bold")
    table = grid(("layer", "schema", "system", "in place of"), ("loss", "at most", "shows", "verdict"))
    for row, said in rows:
        other = row.a if said.new == row.b else row.b
        figures = (difference(said.loss), difference(said.at_most), number(said.shows))
        verdict = said.verdict.replace("the margin", short(f"{margin:g}"))
        table.add_row(row.layer, row.schema, said.new, other, *map(short, figures), verdict)
    yield table
    yield Text(
        "at most: one-sided 95%; that a system fails as a whole on fewer than 3 in"
        f" {rows[0][0].test.units} {comparison.unit}s cannot be excluded."
        " shows: the smallest drop that the test finds here with 80%",
        style="dim",
    )


def _cells(score: Score, columns: Sequence[Column]) -> list[str]:
    cells = list(map(short, score_cells(score, columns, digits=2)))
    for place, column in enumerate(columns):
        if score.upper and column.head == "correct":  # there is no room for the other end
            cells[place] = f"≥{credit(score.correct)}"
    return cells
