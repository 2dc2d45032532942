"""Tables for the terminal, within 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wortlaut.scoring.quotes import PEER_SCHEMAS
from wortlaut.scoring.result import Results, Score, counted, interval_text, number

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from wortlaut.evaluation.comparison import Comparison
    from wortlaut.evaluation.evaluate import Evaluation


#: Layers of the default table; the others, and settings such as ``@matched``, come with ``everything``.
MAIN_LAYERS = ("entities", "quotes", "cues", "speakers", "joint")
_SETTINGS = ("@matched", "@gold")


def evaluation_view(
    evaluation: Evaluation, *, by_label: bool = False, everything: bool = False
) -> Iterator[RenderableType]:
    """The scores of all systems, layer by layer, then what a reader must know and the signature."""
    from rich.text import Text

    if not any(system.scores for system in evaluation.systems):
        return
    corpus = evaluation.corpus
    documents = evaluation.documents
    yield Text(
        f"{corpus.name} ({documents} document{'s' * (documents != 1)}, {corpus.hash[:12]})", style="bold"
    )
    layers = dict.fromkeys(layer for system in evaluation.systems for layer in system.scores)
    scored = [system for system in evaluation.systems if system.scores]
    several = len(scored) > 1
    if not several and scored:
        yield Text(scored[0].name, style="bold")
    table = _table(["layer", "schema", "system"] if several else ["layer", "schema"])
    hidden = 0
    for layer in layers:
        schemas = dict.fromkeys(
            s for system in evaluation.systems for s in system.scores.get(layer, Results())
        )
        for schema in schemas:
            for system in evaluation.systems:
                result = system.scores.get(layer, Results()).get(schema)
                if result is not None and not (everything or is_main(layer, schema)):
                    hidden += 1
                elif result is not None:
                    names = (layer, schema, short_name(system.name)) if several else (layer, schema)
                    table.add_row(*names, *_cells(result))
                    if by_label:
                        for label, score in result.per_label.items():
                            table.add_row(
                                *("",) * (len(names) - 1), f"  {label}", *_cells(score), style="dim"
                            )
        table.add_section()
    if table.row_count:
        yield table
    if hidden:
        yield Text(f"{hidden} more rows (other roles, matched quotes) with --all or --json", style="dim")
    yield from _breakdowns(evaluation)
    for note in evaluation.notes:
        yield Text(f"note: {note}", style="dim")
    for note, places in _notes(evaluation).items():
        yield Text(f"note ({'; '.join(places)}): {note}", style="dim")
    yield Text(evaluation.signature, style="dim", overflow="fold")


def is_main(layer: str, schema: str) -> bool:
    """Whether a score is shown where not everything is."""
    peer = schema.partition("@")[0] in PEER_SCHEMAS
    return peer or (layer in MAIN_LAYERS and not schema.endswith(_SETTINGS))


def _breakdowns(evaluation: Evaluation) -> Iterator[RenderableType]:
    from rich.text import Text

    for by in dict.fromkeys(by for system in evaluation.systems for by in system.breakdowns):
        yield Text(f"entities by {by}", style="bold")
        table = _table(["system", "schema", by.removeprefix("meta:")])
        for system in evaluation.systems:
            for schema, result in system.breakdowns.get(by, Results()).items():
                for group, score in result.per_label.items():
                    table.add_row(short_name(system.name), schema, group, *_cells(score))
                table.add_section()
        yield table
    if any(system.breakdowns for system in evaluation.systems):
        text = (
            "R is the share of a row's gold spans that are hit; right, P and found are about its found spans."
        )
        yield Text(f"note: {text}", style="dim")


def short_name(name: str) -> str:
    """A spec without the folders of its path."""
    kind, colon, path = name.rpartition(":")
    return f"{kind}{colon}{path.rsplit('/', 1)[-1]}"


def _notes(evaluation: Evaluation) -> dict[str, list[str]]:
    """Each note once, with the systems and schemas that it is about."""
    places: dict[str, dict[str, dict[str, None]]] = {}
    for system in evaluation.systems:
        name = short_name(system.name)
        for note in system.notes:
            places.setdefault(note, {}).setdefault(name, {})
        for results in system.scores.values():
            for schema, result in results.items():
                for note in result.notes:
                    places.setdefault(note, {}).setdefault(name, {})[schema] = None
    return {
        note: [f"{name}, {', '.join(schemas)}" if schemas else name for name, schemas in by_name.items()]
        for note, by_name in places.items()
    }


def comparison_view(comparison: Comparison, flips: int) -> Iterator[RenderableType]:
    """Differences of F1 with interval and p-values, then the items that flipped."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    yield Text(f"{comparison.corpus} ({comparison.hash[:12]}), units: {comparison.unit}s", style="bold")
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for name in ("layer", "schema", "A", "B"):
        table.add_column(name, overflow="fold")
    for name in ("A-B", "95%", "p", "p Holm", "flips"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in comparison.rows:
        test = row.test
        table.add_row(
            row.layer,
            row.schema,
            short_name(row.a),
            short_name(row.b),
            signed(test.f1),
            "–" if test.interval is None else " ".join(map(signed, test.interval)),
            p_value(test.p_randomisation),
            p_value(row.p_holm),
            str(len(row.flips)),
        )
    yield table
    for row in comparison.rows:
        if row.flips and flips:
            yield Text(f"{row.layer}, {row.schema}: {short_name(row.a)} / {short_name(row.b)}", style="bold")
            for flip in row.flips[:flips]:
                spans = ", ".join(f"[{start}, {end})" for start, end in flip.spans)
                text = f" {flip.text[:60]!r}" if flip.text else ""
                what = f"{flip.document} {spans} {flip.label}{text} {flip.kind}"
                yield Text(f"  {short_name(flip.right)} is right: {what}")
            if len(row.flips) > flips:
                yield Text(f"  and {len(row.flips) - flips} more (--flips, --json)")
    for note in comparison.notes:
        yield Text(f"note: {note}", style="dim")


def p_value(value: float | None) -> str:
    """A p-value of a randomisation test is never 0."""
    return "<.001" if value is not None and value < 0.001 else short(number(value))


def signed(value: float | None) -> str:
    """``-.120`` for ``-0.12``: a difference always has its sign."""
    return "–" if value is None else f"{value:+.3f}".replace("0.", ".", 1)


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
        short(number(score.precision)),
        short(number(score.recall)),
        short(number(score.f1)),
        short(interval_text(score.f1_interval)),
        counted(score.correct),
        str(score.gold),
        str(score.predicted),
    )


def short(text: str) -> str:
    """``.853`` for ``0.853``: the column of a table has no room for the zero."""
    return "–".join(part.removeprefix("0") if part.startswith("0.") else part for part in text.split("–"))
