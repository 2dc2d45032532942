"""Layers side by side in the terminal, within 80 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import RenderableType

from wortlaut.annotations.diff import DocumentDiff, LayerDiff, Pair
from wortlaut.annotations.lines import Annotation, Mention
from wortlaut.errors import counted
from wortlaut.evaluation.agreement import MEASURES, Agreement, Figure
from wortlaut.model import Cluster, Entity, Quote, Span
from wortlaut.reports.cells import interval_text, number, short
from wortlaut.reports.console import Text
from wortlaut.reports.tables import grid, noted
from wortlaut.text.excerpts import excerpt_parts, offsets

#: How many characters of text stand around a marked span, and of a long fragment at each of its ends.
_AROUND, _INSIDE = 16, 14


def diff_view(diff: LayerDiff) -> Iterator[RenderableType]:
    """Every difference in its context, document by document, and a count at the end."""
    names = diff.layers if diff.layers[0] != diff.layers[1] else ("first", "second")
    seen: Counter[str] = Counter()
    for document in diff.documents:
        yield Text(document.document, style="bold")
        if document.only_in is not None:
            seen["document"] += 1
            yield Text(f"  only {document.only_in} has this document")
        for pair in document.pairs:
            seen[pair.kind] += 1
            yield from _pair_view(document, pair, names)
    if diff.equal:
        yield Text(f"{names[0]} and {names[1]} are equal ({diff.same} annotations)")
    else:
        kinds = ", ".join(f"{kind} {count}" for kind, count in seen.items())
        total = seen.total()
        yield Text(f"{counted(total, 'difference')} ({kinds}), {diff.same} annotations are the same")


#: The heads of the columns of agreement.
_HEADS = {
    "strict": "F1",
    "partial": "partial",
    "kappa": "κ",
    "kappa_marked": "κ marked",
    "alpha_u": "α_U",
    "gamma": "γ",
}


def agreement_view(agreement: Agreement) -> Iterator[RenderableType]:
    """What is annotated with its labels below, each figure with its interval below it, then the notes."""
    documents = counted(agreement.documents, "document")
    yield Text(f"{' and '.join(agreement.layers)} ({documents}, {agreement.tokens} tokens)", style="bold")
    shown = [name for name in MEASURES if any(name in row.figures for row in agreement.rows.values())]
    table = grid([""], [*agreement.layers, *(_HEADS[name] for name in shown)], wrap=True)
    for name, row in agreement.rows.items():
        labels = [(f"  {label}", one, "dim") for label, one in (row.labels or {}).items()]
        for head, one, style in [(name, row, ""), *labels]:
            cells = [_figure(one.figures.get(measure)) for measure in shown]
            table.add_row(head, str(one.first), str(one.second), *cells, style=style)
        table.add_section()
    yield table
    for measure in shown:
        yield Text(f"{_HEADS[measure]}: {MEASURES[measure]}", style="dim")
    yield from noted(agreement.notes)


def _figure(figure: Figure | None) -> str:
    if figure is None:
        return ""
    below = "" if figure.interval is None else f"\n{interval_text(figure.interval, 2)}"
    return short(number(figure.value) + below)


def _pair_view(document: DocumentDiff, pair: Pair, names: tuple[str, str]) -> Iterator[RenderableType]:
    sides = tuple(zip(names, (pair.first, pair.second), ("cyan", "magenta"), strict=True))
    if not pair.fields:
        for name, side, style in sides:
            if side is not None:
                yield Text(f"  {pair.kind}, only in {name}: ") + Text(_summary(side), style=style)
                yield from _context(document.text, _span(side), style)
        return
    first = pair.first
    assert first is not None
    yield Text(f"  {pair.kind}, {', '.join(pair.fields)} differ: {_summary(first)}")
    # Where the place itself does not differ, it is shown once; roles stand near it, or with their own.
    place = "content" if isinstance(first, Quote) else "span"
    if place not in pair.fields:
        yield from _context(document.text, _span(first), "bold")
    for field in pair.fields:
        for name, side, style in sides:
            value = getattr(side, field)
            if isinstance(value, Span):
                yield Text(f"    {name} {field}: {offsets(value, ' + ')}", style=style)
                yield from _context(document.text, value, style)
            else:
                yield Text(f"    {name} {field}: {_value(value)}", style=style)


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "–"
    return "–" if value is None else str(value)


def _span(side: Annotation) -> Span | None:
    if isinstance(side, Quote):
        return side.content
    return None if isinstance(side, Cluster) else side.span


def _summary(side: Annotation) -> str:
    at = offsets(_span(side) or (), " + ")
    match side:
        case Entity():
            return f"{side.label}, level {side.level}, {at}"
        case Quote():
            return f"{side.type}, {side.id}, {at}"
        case Mention():
            return f"of {side.cluster}, {at}"
        case Cluster():
            return f"{side.id}, {side.name}"


def _context(text: str, span: Span | None, style: str) -> list[RenderableType]:
    """A line with the text around the span, if there is one."""
    parts = excerpt_parts(text, tuple(span or ()), _AROUND, _INSIDE)
    shown = [(part, style if marked else "") for part, marked in parts]
    return [Text.assemble("      ", *shown)] if shown else []
