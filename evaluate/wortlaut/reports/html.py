"""Annotations as marks on a text, and what a notebook shows: HTML without scripts, every text escaped."""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise, product
from operator import itemgetter

from wortlaut.model import ROLES, Annotations, Cluster, Document, Quote, Span, sizes
from wortlaut.reports.escapes import all_visible, visible

#: A notebook gets at most this many characters of a text.
_SHOWN = 20_000
#: How many characters of a span stand in a table.
_CELL = 90

# Colours that keep a contrast of 3:1 on white and on black; labels say the same without them.
_COLOURS = {
    "entity": "#2f81c4",
    "content": "#c46a1b",
    "cue": "#a857c0",
    "speaker": "#3a9455",
    "addressee": "#8a8430",
    "frame": "#8a8a8a",
    "mention": "#3a9455",
}
_STYLE = """<style>
.wortlaut{color:inherit;max-width:70em;text-align:left}
.wortlaut table{border-collapse:collapse;color:inherit}
.wortlaut th,.wortlaut td{padding:.15em .6em;text-align:right;font-variant-numeric:tabular-nums;
border-bottom:1px solid rgba(128,128,128,.35);background:none;color:inherit}
.wortlaut thead th{border-bottom:2px solid rgba(128,128,128,.7)}
.wortlaut .name{text-align:left;font-weight:normal;overflow-wrap:break-word}
.wortlaut .words th,.wortlaut .words td{text-align:left;vertical-align:top;overflow-wrap:break-word}
.wortlaut .note{font-size:85%;opacity:.85;overflow-wrap:anywhere}
.wortlaut .text{white-space:pre-wrap;overflow-wrap:anywhere}
.wortlaut .mark{box-decoration-break:clone;-webkit-box-decoration-break:clone}
.wortlaut .label{font:600 68%/1 ui-sans-serif,system-ui,sans-serif;border:1px solid currentColor;
border-radius:.3em;padding:0 .25em;margin:0 .15em;vertical-align:.35em;white-space:nowrap;
user-select:none;-webkit-user-select:none}
.wortlaut .code{font-family:monospace;border:1px dotted currentColor}
</style>"""


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of the text and what stands beside it.

    ``kind`` is ``entity``, ``mention``, ``content`` or a role of a quote; ``label`` the entity's label, the
    cluster's id, the quote's type, or the role; ``quotes`` the ids of the quotes that it belongs to.
    """

    span: Span
    kind: str
    label: str
    quotes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What the mark is called: ``LOC``, ``q01 direct``, ``q01 q02 speaker``."""
        return all_visible(" ".join((*self.quotes, self.label)))

    @property
    def order(self) -> tuple[int, int, tuple[str, ...], str]:
        """Outer marks before those inside them."""
        return self.span.start, -self.span.end, self.quotes, self.label


def marks(annotations: Annotations, layers: Collection[str]) -> list[Mark]:
    """The spans of the ``layers`` in text order, outer ones first; a role that quotes share is one mark."""
    entities = annotations.entities if "entities" in layers else ()
    found = [Mark(entity.span, "entity", entity.label) for entity in entities]
    if "quotes" in layers:
        found += [Mark(quote.content, "content", quote.type, (quote.id,)) for quote in annotations.quotes]
        shared: dict[tuple[Span, str], list[str]] = {}
        for quote, role in product(annotations.quotes, ROLES):
            if (span := quote.role(role)) is not None:
                shared.setdefault((span, role), []).append(quote.id)
        found += [Mark(span, role, role, tuple(ids)) for (span, role), ids in shared.items()]
    if "clusters" in layers:
        named = {(entity.span, entity.entity) for entity in annotations.entities if entity.entity}
        other = {(span, cluster.id) for cluster in annotations.clusters for span in cluster.mentions}
        found += [Mark(span, "mention", id) for span, id in named | other]
    return sorted(found, key=lambda mark: mark.order)


def speaker_of(quote: Quote, clusters: Iterable[Cluster]) -> str:
    """The name of who said it: that of the cluster, else ``speaker_entity`` as it is, else nothing."""
    names = {cluster.id: cluster.name for cluster in clusters}
    return names.get(quote.speaker_entity or "", quote.speaker_entity or "")


def shortened(text: str, size: int) -> str:
    """On one line, in at most ``size`` characters: the middle gives way to an ellipsis."""
    text = " ".join(text.split())
    if len(text) <= size:
        return text
    head, tail = text[: size // 2 - 1], text[-(size - size // 2 - 2) :]
    # Between words, where there is a gap near enough.
    if (gap := head.rfind(" ", size // 4)) > 0:
        head = head[:gap]
    tail = tail[tail.find(" ", 0, size // 4) + 1 :]
    return f"{head.rstrip()} … {tail.lstrip()}"


def page(*parts: str) -> Html:
    """The parts in one block, with the styles that they share."""
    return Html(f'{_STYLE}<div class="wortlaut">{"".join(parts)}</div>')


def table(
    names: Sequence[str], columns: Sequence[str], rows: Iterable[tuple[Sequence[str], Sequence[str]]]
) -> str:
    """A table of escaped texts: ``names`` to the left, and ``columns`` of numbers (or :class:`Html`)."""
    head = "".join(f'<th class="name">{_text(name)}</th>' for name in names)
    head += "".join(f"<th>{_text(column)}</th>" for column in columns)
    body = "".join(
        "<tr>"
        + "".join(f'<th class="name">{_text(name)}</th>' for name in name_cells)
        + "".join(f"<td>{cell if isinstance(cell, Html) else _text(cell)}</td>" for cell in cells)
        + "</tr>"
        for name_cells, cells in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


class Html(str):
    """Text that is HTML already; a notebook shows it."""

    def _repr_html_(self) -> str:
        return str(self)

    def __repr__(self) -> str:
        return f"<HTML, {len(self)} characters>"


def whisker(
    value: float | None,
    interval: tuple[float, float] | None,
    low: float = 0,
    high: float = 1,
    points: Iterable[float] = (),
) -> Html:
    """A dot in a line from ``low`` to ``high``, with the interval as a thicker line, and faint ``points``."""
    if value is None:
        return Html("")
    width = 96

    def x(at: float) -> str:
        return f"{4 + (width - 8) * (min(max(at, low), high) - low) / (high - low):.1f}"

    line = f'<line x1="4" x2="{width - 4}" y1="7" y2="7" stroke="currentColor" stroke-opacity=".35"/>'
    if low < 0 < high:
        line += f'<line x1="{x(0)}" x2="{x(0)}" y1="2" y2="12" stroke="currentColor" stroke-opacity=".35"/>'
    if interval is not None:
        line += (
            f'<line x1="{x(interval[0])}" x2="{x(interval[1])}" y1="7" y2="7" stroke="{_COLOURS["entity"]}"'
            ' stroke-width="3"/>'
        )
    for point in points:
        line += f'<circle cx="{x(point)}" cy="7" r="2.5" fill="currentColor" fill-opacity=".35"/>'
    dot = f'<circle cx="{x(value)}" cy="7" r="3.5" fill="currentColor"/>'
    return Html(f'<svg width="{width}" height="14" aria-hidden="true">{line}{dot}</svg>')


def note(text: str) -> str:
    return f'<div class="note">{_text(text)}</div>'


def details(summary: str, content: str) -> str:
    return f"<details><summary>{_text(summary)}</summary>{content}</details>"


def words(
    summary: str,
    names: Sequence[str],
    columns: Sequence[str],
    rows: Iterable[tuple[Sequence[str], Sequence[str]]],
) -> str:
    """A folded table of words instead of numbers."""
    return details(summary, f'<div class="words">{table(names, columns, rows)}</div>')


def document(shown: Document) -> Html:
    """The text with its entities and quotes marked, and its quotes and clusters as tables."""
    annotations = shown.annotations
    parts = [
        f"<p><b>{_text(shown.id)}</b> ({len(shown.text)} characters, {sizes([annotations])})</p>",
        text(shown.text[:_SHOWN], marks(annotations, ("entities", "quotes"))),
    ]
    if len(shown.text) > _SHOWN:
        parts.append(note(f"The first {_SHOWN} of {len(shown.text)} characters are shown."))
    if annotations.quotes:
        rows = [
            (
                (quote.id, quote.type, speaker_of(quote, annotations.clusters) or "–"),
                [_listed([r] if r else [], shown.text) for r in (quote.speaker, quote.cue, quote.content)],
            )
            for quote in annotations.quotes
        ]
        parts.append(words("quotes", ("quote", "type", "who"), ("speaker", "cue", "content"), rows))
    if annotations.clusters:
        mentions = marks(annotations, ("clusters",))
        whom = [
            (
                (cluster.id, cluster.name, cluster.type or "–", cluster.qid or "–"),
                (_listed([m.span for m in mentions if m.label == cluster.id], shown.text),),
            )
            for cluster in annotations.clusters
        ]
        parts.append(words("clusters", ("cluster", "name", "type", "Wikidata"), ("mentions",), whom))
    return page(*parts)


def text(source: str, marked: Sequence[Mark]) -> str:
    """The text, each mark a line below it at a height of its own, with its label where it begins."""
    pieces = [
        (start, min(end, len(source)), mark, first)
        for mark in marked
        for first, (start, end) in zip((True, *(False,) * len(mark.span.fragments)), mark.span, strict=False)
        if start < len(source)
    ]
    pieces.sort(key=lambda piece: (piece[0], -piece[1]))
    depths = dict(zip(marked, first_free((mark.span.start, mark.span.end) for mark in marked), strict=True))
    deepest = max(depths.values(), default=0)
    edges = sorted({0, len(source), *(edge for piece in pieces for edge in piece[:2])})
    out: list[str] = []
    open_pieces: list[tuple[int, int, Mark, bool]] = []
    begun = {start: list(group) for start, group in groupby(pieces, key=itemgetter(0))}
    for start, end in pairwise(edges):
        open_pieces = [*(piece for piece in open_pieces if piece[1] > start), *begun.get(start, ())]
        out += [
            f'<span class="label" style="border-color:{_COLOURS[mark.kind]}">'
            f"{_text(mark.text if first else f'… {mark.text}')}</span>"
            for _, _, mark, first in begun.get(start, ())
        ]
        lines = ",".join(
            f"linear-gradient({_COLOURS[mark.kind]},{_COLOURS[mark.kind]})"
            f" 0 calc(100% - {3 * (deepest - depths[mark])}px)/100% 2px no-repeat"
            for _, _, mark, _ in open_pieces
        )
        content = _text(source[start:end])
        style = f"background:{lines};padding-bottom:{3 * deepest + 3}px"
        out.append(f'<span class="mark" style="{style}">{content}</span>' if lines else content)
    return f'<div class="text" style="line-height:{1.7 + deepest * 0.25:.2f}">{"".join(out)}</div>'


def first_free(extents: Iterable[tuple[int, int]]) -> Iterator[int]:
    """For each extent, in the order of their begins, the first row in which it covers no earlier one."""
    ends: list[int] = []
    for begin, end in extents:
        row = next((i for i, taken in enumerate(ends) if taken <= begin), len(ends))
        ends[row : row + 1] = [end]
        yield row


def _listed(spans: Iterable[Span], source: str) -> str:
    return "; ".join(dict.fromkeys(shortened(span.text(source), _CELL) for span in spans)) or "–"


def _text(content: str) -> str:
    """Escaped for HTML; what cannot be seen is shown as its number, line ends stay."""
    if content.replace("\n", "").isprintable():
        return html.escape(content)
    return "".join(
        html.escape(c) if c == "\n" or (shown := visible(c)) == c else f'<span class="code">{shown}</span>'
        for c in content
    )
