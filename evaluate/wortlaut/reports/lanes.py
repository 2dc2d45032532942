"""A text with the gold and what systems found in lanes below it, in the terminal and for displaCy."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise, product
from typing import Annotated, Any, ClassVar, Literal

from rich.cells import get_character_cell_size

from wortlaut.model import LAYERS, ROLES, Annotations, Document, Quote
from wortlaut.records.annotations import record
from wortlaut.records.record import Layers
from wortlaut.reports.console import Text
from wortlaut.reports.escapes import all_visible, visible
from wortlaut.reports.html import Mark, first_free, marks, shortened, speaker_of
from wortlaut.text.excerpts import offsets
from wortlaut.text.segments import tokens

#: A lane is called by its name up to this many columns, by a letter beyond.
_NAME = 10
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#: No text is set narrower than this.
_NARROWEST = 24
#: How many columns of a quote stand in the list.
_QUOTED = 60


@dataclass(frozen=True)
class Lane:
    """What one reader of the text says: its name, its annotations, and what it looks for."""

    name: str
    annotations: Annotations
    finds: Collection[str] = LAYERS


@dataclass(frozen=True)
class LaneRecord:
    """A lane as it is written, its annotations as `wortlaut schema predictions` describes them."""

    name: Annotated[str, "gold, or the spec of the extractor."]
    gold: bool
    finds: Annotated[Layers, "The layers that it looks for."]
    entities: list[dict[str, Any]]
    quotes: list[dict[str, Any]]
    clusters: list[dict[str, Any]]


@dataclass(frozen=True)
class Shown:
    """A text with its lanes as it is written."""

    format: ClassVar[Literal["wortlaut-show/1"]] = "wortlaut-show/1"
    document: Annotated[str, "Id of the document in the corpus, or the file's name without its ending."]
    text: Annotated[str, "The text that the offsets count in. Of a text file, lines end in LF."]
    lanes: Annotated[
        list[LaneRecord], "The gold first, where there is one, then the extractors as they were named."
    ]


def shown(document: Document, gold: Lane | None, lanes: Sequence[Lane]) -> Shown:
    """What ``wortlaut show --json`` writes."""
    said: list[dict[str, Any]] = [record(document.id, lane.annotations) for lane in lanes]
    rows = [
        LaneRecord(lane.name, lane is gold, tuple(lane.finds), *(row.get(layer, []) for layer in LAYERS))
        for lane, row in zip(lanes, said, strict=True)
    ]
    return Shown(document.id, document.text, rows)


@dataclass(frozen=True)
class Line:
    """One line of the text: code points ``[start, end)``, their columns and that of the end, its looks."""

    start: int
    end: int
    columns: Sequence[int]
    shown: str


@dataclass(frozen=True)
class Piece:
    """The part of a mark that is in one line: bars ``(from, to, opens, closes)``, threads, and its label."""

    mark: Mark
    bars: Sequence[tuple[int, int, bool, bool]]
    threads: Sequence[tuple[int, int]]
    label: str
    at: int

    @property
    def extent(self) -> tuple[int, int]:
        """The columns that it needs, with one to spare behind a label that stands outside."""
        begins, ends = zip(*self.threads, *(bar[:2] for bar in self.bars), strict=True)
        if not self.label:
            return min(begins), max(ends)
        behind = self.at + _columns(self.label)
        return min(*begins, self.at), max(*ends, behind + (behind > max(ends)))


def lane_view(
    document: Document, gold: Lane | None, systems: Sequence[Lane], layers: Collection[str], width: int
) -> Iterator[Text]:
    """The lines of the terminal, none wider than ``width``: text, lanes, the quotes, and what agrees."""
    lanes = [*([gold] if gold else []), *systems]
    named = list(zip(_called(lanes), lanes, strict=True))
    gutter = max((_columns(name) for name, _ in named), default=0) + 1
    yield from _wrapped(f"{all_visible(document.id)} ({len(document.text)} characters)", width, "bold")
    for name, lane in named:
        if name != all_visible(lane.name):
            yield from _wrapped(f"{name} = {all_visible(lane.name)}", width, "bold")
    yield Text()
    rows = [
        (
            layer,
            name,
            marks(lane.annotations, (layer,)),
            None if lane is gold else _agreement(gold, lane, layer),
        )
        for layer, (name, lane) in product(LAYERS, named)
        if layer in layers and layer in lane.finds
    ]
    room = max(width - gutter, _NARROWEST)
    covered = {fragment for _, _, found, _ in rows for mark in found for fragment in mark.span}
    ends = {place for start, end in covered for place in range(start, end) if document.text[place] == "\n"}
    lines = list(wrap(document.text, room, ends))
    placed = [_pieces(found, lines, room, right) for _, _, found, right in rows]
    for number, line in enumerate(lines):
        yield Text((" " * gutter + line.shown).rstrip(), style="bold")
        beside = {layer for (layer, *_), pieces in zip(rows, placed, strict=True) if pieces[number]}
        for (layer, name, _, right), pieces in zip(rows, placed, strict=True):
            if layer in beside:
                yield from _lane(
                    " " * (gutter - 1 - _columns(name)) + f"{name} ", pieces[number], right, room
                )
        if beside:
            yield Text()
    if not lines:
        yield Text("(no text)")
    if not lines or not any(pieces[-1] for pieces in placed):
        yield Text()  # behind lanes there is one already
    yield from _foot(document, gold, named, layers, width)


def wrap(text: str, width: int, ends: Collection[int] = ()) -> Iterator[Line]:
    """The lines of ``text`` in at most ``width`` columns, broken at spaces and hyphens where there are any.

    Columns are those of a terminal: two for East Asian wide characters and emoji, none for combining ones.
    ``ends`` are the places of line ends that are shown (``⏎``).
    """
    start, size = 0, len(text)
    while start < size:
        columns: list[int] = [0]
        shown: list[str] = []
        column, place, gap = 0, start, start
        while place < size:
            character = text[place]
            look, cells = _cell(character)
            if character == "\n":
                look, cells = ("⏎", 1) if place in ends else ("", 0)
            elif character == " " and column + 1 > width:
                look, cells = "", 0  # the space at which a line breaks has no column of its own
            elif cells == 0 and column == 0:
                look, cells = f"◌{look}", 1
            if column + cells > width and column > 0:
                cut = gap if gap > start else place
                del columns[cut - start + 1 :], shown[cut - start :]
                place = cut
                break
            column += cells
            columns.append(column)
            shown.append(look)
            place += 1
            if character == "\n":
                break
            if character in " -–—/":
                gap = place
        yield Line(start, place, columns, "".join(shown))
        start = place


def _called(lanes: Sequence[Lane]) -> list[str]:
    """A name for each lane that fits into the gutter."""
    names = [all_visible(lane.name) for lane in lanes]
    long = [name for name in names if _columns(name) > _NAME]
    letters = {name: _LETTERS[i] if i < len(_LETTERS) else f"#{i + 1}" for i, name in enumerate(long)}
    return [letters.get(name, name) for name in names]


def _pieces(
    found: Sequence[Mark], lines: Sequence[Line], width: int, right: Callable[[Mark], bool] | None
) -> list[list[Piece]]:
    """For each line, the parts of the marks in it, outer ones first."""
    placed: list[list[Piece]] = [[] for _ in lines]
    starts = [line.start for line in lines]
    for mark in found:
        bars: dict[int, list[tuple[int, int, bool, bool]]] = defaultdict(list)
        for start, end in mark.span:
            first, last = bisect_right(starts, start) - 1, bisect_right(starts, end - 1) - 1
            for number in range(first, last + 1):
                line = lines[number]
                # What has no column of its own, like the space of a line break, is marked in the last one.
                begin = min(line.columns[max(start, line.start) - line.start], width - 1)
                stop = line.columns[min(end, line.end) - line.start]
                bars[number].append((begin, max(stop, begin + 1), start >= line.start, end <= line.end))
        head, tail = min(bars), max(bars)
        for number, parts in bars.items():
            threads = [(before[1], after[0]) for before, after in pairwise(parts)]
            if number > head and parts[0][2]:
                threads.insert(0, (0, parts[0][0]))
            if number < tail and parts[-1][3]:
                threads.append((parts[-1][1], max(lines[number].columns[-1], parts[-1][1])))
            name = mark.text if right is None or right(mark) else f"{mark.text} ✗"
            label, at = _label(parts, name, width, begun=number > head)
            placed[number].append(Piece(mark, parts, threads, label, at))
    return placed


def _label(
    bars: Sequence[tuple[int, int, bool, bool]], name: str, width: int, *, begun: bool
) -> tuple[str, int]:
    """The label and its column: in a bar, in the gap behind it, behind the last one, or before the first."""
    size = _columns(name)
    for (begin, end, opens, closes), (following, *_) in zip(bars, [*bars[1:], (width,)], strict=True):
        if size <= end - begin - opens - closes:
            return name, begin + opens
        if begun and not opens:
            return "", 0  # it stands where the span begins
        if end + size <= following:
            return name, end
    begin, end = bars[0][0], bars[-1][1]
    if begin >= size:
        return name, begin - size
    cut = _cut(name, max(width - end, begin))
    return (cut, end) if width - end >= begin else (cut, begin - _columns(cut))


def _lane(
    name: str, pieces: Sequence[Piece], right: Callable[[Mark], bool] | None, width: int
) -> Iterator[Text]:
    """The rows of a lane: each piece in the first row that has room for it."""
    rows: dict[int, list[Piece]] = defaultdict(list)
    for piece, row in zip(pieces, first_free(piece.extent for piece in pieces), strict=True):
        rows[row].append(piece)
    for number, row_pieces in enumerate(list(rows.values()) or [[]]):
        line = Text(name if number == 0 else " " * _columns(name), style="dim")
        column = 0
        for piece in row_pieces:
            begin, _ = piece.extent
            line.append(" " * (begin - column))
            drawn = _drawn(piece)
            style = _STYLES[piece.mark.kind] if right is None else "green" if right(piece.mark) else "red"
            line.append(drawn, style=f"not dim {style}")
            column = begin + _columns(drawn)
        line.rstrip()
        yield line


_STYLES = {
    "entity": "cyan",
    "content": "yellow",
    "cue": "magenta",
    "speaker": "green",
    "addressee": "bright_blue",
    "frame": "dim",
    "mention": "green",
}


def _drawn(piece: Piece) -> str:
    begin, end = piece.extent
    cells = [" "] * (end - begin)
    for start, stop in piece.threads:
        cells[start - begin : stop - begin] = "┄" * (stop - start)
    for start, stop, opens, closes in piece.bars:
        bar = ["─"] * (stop - start)
        if opens:
            bar[0] = "└"
        if closes:
            bar[-1] = "┘" if len(bar) > 1 or not opens else "╵"
        cells[start - begin : stop - begin] = bar
    if piece.label:
        at = piece.at - begin
        # A character of two columns takes the place of two cells.
        look = [part for c in piece.label for part in (c, *[""] * (_columns(c) - 1))]
        cells[at : at + len(look)] = look
    return "".join(cells).rstrip()


def _agreement(gold: Lane | None, system: Lane, layer: str) -> Callable[[Mark], bool] | None:
    """Whether the gold has the same mark; for a role, in a quote that shares words with the system's.

    ``None`` where there is no gold to tell.
    """
    if gold is None or not getattr(gold.annotations, layer):
        return None
    said = marks(gold.annotations, (layer,))
    same = {(mark.span, mark.label) for mark in said}
    roles = {(mark.kind, mark.span): mark.quotes for mark in said if mark.kind in ROLES}
    own, other = ({q.id: q.content for q in lane.annotations.quotes} for lane in (system, gold))

    def right(mark: Mark) -> bool:
        if mark.kind not in ROLES:
            return (mark.span, mark.label) in same
        contents = [other[id] for id in roles.get((mark.kind, mark.span), ())]
        return all(any(own[id].overlap(content) for content in contents) for id in mark.quotes)

    return right


def _foot(
    document: Document,
    gold: Lane | None,
    named: Sequence[tuple[str, Lane]],
    layers: Collection[str],
    width: int,
) -> Iterator[Text]:
    """The quotes of each lane, what agrees with the gold, and what is not shown."""
    for name, lane in named:
        if "quotes" in layers and lane.annotations.quotes:
            yield Text(f"quotes: {name}", style="bold")
            for quote in lane.annotations.quotes:
                for line in _said(quote, lane.annotations, document.text):
                    yield from _wrapped(line, width, hanging=8)
            yield Text()
    systems = [(name, lane) for name, lane in named if lane is not gold]
    for (name, lane), layer in product(systems, LAYERS):
        if layer in layers and layer in lane.finds:
            yield from _wrapped(f"{name}, {_sum(gold, lane, layer)}", width)
    if gold and any(_agreement(gold, lane, layer) for _, lane in systems for layer in layers):
        yield from _wrapped("✗ not so in the gold", width, "dim")
    hidden = [
        f"{count} {layer} (--layer {layer})"
        for layer in LAYERS
        if layer not in layers and (count := sum(len(getattr(x.annotations, layer)) for _, x in named))
    ]
    if hidden:
        yield from _wrapped(f"not shown: {', '.join(hidden)}", width, "dim")


def _sum(gold: Lane | None, lane: Lane, layer: str) -> str:
    found = marks(lane.annotations, (layer,))
    right = _agreement(gold, lane, layer)
    what = "spans of quotes" if layer == "quotes" else "mentions" if layer == "clusters" else layer
    if gold is None or right is None:
        known = "" if gold is None else f" (the gold has no {layer})"
        return f"{what}: {len(found)}{known}"
    agreed = sum(map(right, found))
    back = _agreement(lane, gold, layer)
    reference = marks(gold.annotations, (layer,))
    missing = len(reference) if back is None else sum(not back(mark) for mark in reference)
    return f"{what}: {agreed} as in the gold, {len(found) - agreed} not, {missing} of the gold missing"


def _said(quote: Quote, annotations: Annotations, text: str) -> tuple[str, str]:
    """What was said, and by whom in which words, on one line each."""
    kind = f"{quote.type}, {quote.medium}" if quote.medium else quote.type
    who = speaker_of(quote, annotations.clusters) or "nobody named"
    parts = [
        f"{who} ({quote.attribution})" if quote.attribution else who,
        *(
            f"{role} {shortened(span.text(text), _QUOTED)}"
            for role in ("speaker", "cue", "addressee")
            if (span := quote.role(role)) is not None
        ),
        *([f"inside {quote.parent}"] if quote.parent else []),
    ]
    content = shortened(quote.content.text(text), _QUOTED)
    return all_visible(f"  {quote.id} {kind}: {content}"), all_visible(f"      by {'; '.join(parts)}")


def _wrapped(text: str, width: int, style: str = "", hanging: int = 2) -> Iterator[Text]:
    """A sentence of ours in as many lines as it needs, the further ones indented."""
    first = next(wrap(text, width))
    yield Text(first.shown.rstrip(), style=style)
    for line in wrap(text[first.end :], max(width - hanging, _NARROWEST)):
        yield Text(" " * hanging + line.shown.rstrip(), style=style)


def _cut(name: str, room: int) -> str:
    fitting = sum(width < room for width in accumulate(map(_columns, name)))
    return name[:fitting] + "…" if room > 0 else ""


@lru_cache(maxsize=4096)
def _cell(character: str) -> tuple[str, int]:
    """How a character is shown, and in how many columns."""
    look = visible(character)
    return (look, len(look)) if look != character else (look, get_character_cell_size(character))


def _columns(text: str) -> int:
    return sum(_cell(character)[1] for character in text)


def displacy(
    document: Document, lanes: Sequence[Lane], layers: Collection[str]
) -> tuple[list[dict[str, Any]], list[str]]:
    """One dictionary a lane for ``spacy.displacy.render(…, manual=True)``, and what it cannot hold, in words.

    ``ents`` (for ``style="ent"``) has the entities that lie in no other one; ``spans`` with ``tokens`` (for
    ``style="span"``) has every span of the layers. Tokens are those of
    :func:`wortlaut.text.segments.tokens`, cut where a span begins or ends inside one.
    """
    made, lost = [], []
    for lane in lanes:
        found = marks(lane.annotations, layers)
        fragments = [fragment for mark in found for fragment in mark.span]
        begins, ends = {start for start, _ in fragments}, {end for _, end in fragments}
        words = list(_cut_tokens(document.text, begins, ends))
        token = {start: i for i, (start, _) in enumerate(words)}
        stop = {end: i + 1 for i, (_, end) in enumerate(words)}
        spans = [
            {"start": a, "end": b, "start_token": token[a], "end_token": stop[b], "label": mark.text}
            for mark in found
            for a, b in mark.span
        ]
        lost += [
            f"{lane.name}: {mark.text} {offsets(mark.span, ' + ')} is in pieces: each is a span of its own"
            for mark in found
            if mark.span.discontinuous
        ]
        entities = [mark for mark in found if mark.kind == "entity"]
        ents: list[dict[str, Any]] = []
        for mark in entities:
            if not mark.span.discontinuous and (not ents or mark.span.start >= ents[-1]["end"]):
                ents.append({"start": mark.span.start, "end": mark.span.end, "label": mark.label})
        if inner := len(entities) - len(ents):
            lost.append(f"{lane.name}: {inner} entities inside others or in pieces are in spans, not in ents")
        made.append(
            {
                "text": document.text,
                "ents": ents,
                "spans": spans,
                "tokens": [document.text[start:end] for start, end in words],
                "title": f"{document.id}: {lane.name}",
            }
        )
    return made, lost


def _cut_tokens(text: str, begins: Collection[int], ends: Collection[int]) -> Iterator[tuple[int, int]]:
    """The tokens, cut so that one begins at each of ``begins`` and one ends at each of ``ends``."""
    word_ends = dict(tokens(text))
    inside = 0
    for start, end in pairwise(sorted({*begins, *ends, *word_ends.keys(), *word_ends.values()})):
        inside = max(inside, word_ends.get(start, 0))
        # White space becomes a token only where a span begins or ends in it.
        if start < inside or start in begins or end in ends:
            yield start, end
