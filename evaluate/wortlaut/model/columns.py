"""Spans in columns: what every score is computed from, and what the readers of large files give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from wortlaut.model.document import Span

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
#: The columns of a table of spans, the last three of which may be absent.
_COLUMNS = ("document", "start", "end", "label", "unit", "level", "score", "group")


@dataclass(frozen=True)
class Fragments:
    """The fragments of all spans of a table: row ``i`` is a fragment of span ``span[i]``.

    Sorted by span, then start. Present only where at least one span is discontinuous.
    """

    span: Ints
    start: Ints
    end: Ints


@dataclass(frozen=True)
class Spans:
    """``n`` spans as integer columns of shape ``(n,)``.

    ``document`` and ``label`` index names that the owner of the table knows; ``start`` and ``end``
    are the hull, half-open, in the unit of the table (code points, or tokens for tag sequences).
    ``unit`` is what a bootstrap draws: the document, or a sentence of it. ``group`` is any further
    sorting of the spans, for breakdowns.
    """

    document: Ints
    start: Ints
    end: Ints
    label: Ints
    unit: Ints
    fragments: Fragments | None = None
    level: Ints | None = None
    score: Floats | None = None
    group: Ints | None = None

    def __len__(self) -> int:
        return len(self.document)

    def take(self, rows: Ints | Bools) -> Spans:
        """The rows of an index or boolean mask, in its order, fragments along with them."""
        index = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        more = {name: getattr(self, name) for name in ("level", "score", "group")}
        pieces = self.fragments
        if pieces is not None:
            first, behind = (np.searchsorted(pieces.span, index, side) for side in ("left", "right"))
            span, own = numbered(first, behind - first)
            pieces = Fragments(span, pieces.start[own], pieces.end[own])
        return Spans(
            self.document[index],
            self.start[index],
            self.end[index],
            self.label[index],
            self.unit[index],
            pieces,
            **{name: None if column is None else column[index] for name, column in more.items()},
        )

    @classmethod
    def joined(cls, tables: Sequence[Spans]) -> Spans:
        """One below the other; a further column that some lack is left out."""
        filled = [table for table in tables if len(table)] or [*tables[:1]]
        if len(filled) < 2:
            return filled[0] if filled else empty_spans()
        pieces = None
        if any(table.fragments is not None for table in filled):
            own = [table.pieces() for table in filled]
            starts = np.cumsum([0, *map(len, filled)])
            number = np.concatenate([one.span + start for one, start in zip(own, starts, strict=False)])
            ends = ([one.start for one in own], [one.end for one in own])
            pieces = Fragments(number, *map(np.concatenate, ends))
        columns: dict[str, Any] = {}
        for name in _COLUMNS:
            parts = [getattr(table, name) for table in filled]
            columns[name] = None if any(part is None for part in parts) else np.concatenate(parts)
        return cls(**columns, fragments=pieces)

    def ranges(self) -> list[tuple[tuple[int, int], ...]]:
        """The fragments of each span, ``((start, end), …)``."""
        if self.fragments is None:
            return [(pair,) for pair in zip(self.start.tolist(), self.end.tolist(), strict=True)]
        pieces = self.fragments
        pairs = list(zip(pieces.start.tolist(), pieces.end.tolist(), strict=True))
        bounds = np.searchsorted(pieces.span, np.arange(len(self) + 1)).tolist()
        return [tuple(pairs[a:b]) for a, b in pairwise(bounds)]

    def sorted(self) -> Spans:
        """Rows in canonical order, so that no result depends on the order of the input."""
        (key,) = packed_keys((self,), with_label=True)
        if rising(key):
            return self
        return self.take(np.argsort(key, kind="stable").astype(np.int64))

    def pieces(self) -> Fragments:
        """The fragments of every span, whether some span is discontinuous or none is."""
        if self.fragments is not None:
            return self.fragments
        return Fragments(np.arange(len(self), dtype=np.int64), self.start, self.end)

    def sizes(self) -> Ints:
        """Number of covered units of each span."""
        if self.fragments is None:
            return self.end - self.start
        lengths = self.fragments.end - self.fragments.start
        return np.bincount(self.fragments.span, weights=lengths, minlength=len(self)).astype(np.int64)

    def shape_id(self) -> Ints:
        """A number that, with the hull, tells different sets of characters apart; 0 for one fragment.

        A 63-bit polynomial hash of the gaps: the chance of two shapes of one hull meeting is 2**-62.
        """
        if self.fragments is None:
            return np.zeros(len(self), np.int64)
        pieces = self.fragments
        first = run_starts(pieces.span)
        gap_start = np.where(first, 0, np.roll(pieces.end, 1)).astype(np.uint64)
        gap_end = np.where(first, 0, pieces.start).astype(np.uint64)
        mixed = mix(mix(gap_start) + gap_end * np.uint64(0x9E3779B97F4A7C15))
        mixed[first] = 0
        total = np.zeros(len(self), np.uint64)
        np.add.at(total, pieces.span, mixed)
        return (total >> np.uint64(1)).astype(np.int64)


@dataclass(frozen=True)
class TokenTable:
    """The tokens of all documents, sorted by document and start."""

    document: Ints
    start: Ints
    end: Ints

    @classmethod
    def joined(cls, tables: Sequence[TokenTable]) -> TokenTable:
        """One below the other."""
        columns = ([getattr(table, name) for table in tables] for name in ("document", "start", "end"))
        return cls(*map(np.concatenate, columns))

    def small(self) -> TokenTable:
        """The same, in as few bytes as hold the numbers; to be made wide before it is counted with."""
        return TokenTable(*map(small, (self.document, self.start, self.end)))

    def wide(self) -> TokenTable:
        return TokenTable(*(one.astype(np.int64) for one in (self.document, self.start, self.end)))

    def touched(self, document: Ints, start: Ints, end: Ints) -> tuple[Ints, Ints]:
        """The first token that each stretch touches, and the one behind the last: none where not greater."""
        width = int(max(self.end.max(initial=0), end.max(initial=0))) + 1
        first = np.searchsorted(self.document * width + self.end, document * width + start, side="right")
        return first, np.searchsorted(self.document * width + self.start, document * width + end, side="left")


def mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finaliser (Steele et al. 2014): spreads every bit of the input over the output."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def rising(values: Ints) -> bool:
    return bool((values[1:] >= values[:-1]).all())


def run_starts(*columns: NDArray[Any]) -> Bools:
    """Which rows differ in some column from the row before; the first one does."""
    new = np.ones(len(columns[0]), bool)
    new[1:] = reduce(np.logical_or, (column[1:] != column[:-1] for column in columns))
    return new


def numbered(first: Ints, count: Ints) -> tuple[Ints, Ints]:
    """For each row so many numbers, from its first on: the rows, and the numbers."""
    row = np.repeat(np.arange(len(first), dtype=np.int64), count)
    return row, np.arange(len(row), dtype=np.int64) + np.repeat(first - np.cumsum(count) + count, count)


def first_row(rows: NDArray[Any]) -> int | None:
    """The first row that a mask holds for."""
    found = np.flatnonzero(rows)
    return int(found[0]) if len(found) else None


def small(column: Ints) -> Ints:
    """The same numbers, none below 0, in the smallest type that holds them."""
    return column.astype(np.min_scalar_type(int(column.max(initial=0))))


def empty_spans() -> Spans:
    none = np.zeros(0, np.int64)
    return Spans(none, none, none, none, none)


def spans_from_objects(
    documents: Sequence[int],
    spans: Sequence[Span],
    labels: Sequence[int],
    units: Sequence[int],
    levels: Sequence[int] | None = None,
    scores: Sequence[float | None] | None = None,
) -> Spans:
    """Columns from model spans; ``scores`` are kept only when every span has one."""
    several = any(span.discontinuous for span in spans)
    rows = [(i, start, end) for i, span in enumerate(spans) for start, end in span] if several else []
    scored = scores and all(score is not None for score in scores)
    return Spans(
        np.asarray(documents, np.int64),
        np.asarray([span.start for span in spans], np.int64),
        np.asarray([span.end for span in spans], np.int64),
        np.asarray(labels, np.int64),
        np.asarray(units, np.int64),
        Fragments(*np.asarray(rows, np.int64).T.copy()) if several else None,
        None if levels is None else np.asarray(levels, np.int64),
        np.asarray(scores, np.float64) if scored else None,
    )


def packed_keys(tables: Sequence[Spans], *, with_label: bool) -> list[Ints]:
    """One integer per span, equal exactly where document, characters (and label) are equal.

    Their order is that of (document, start, end, shape, label). Packs the fields into 63 bits where
    they fit, and numbers the distinct rows otherwise.
    """
    fields = [[table.document for table in tables], [table.start for table in tables]]
    fields.append([table.end - table.start for table in tables])
    if any(table.fragments is not None for table in tables):
        fields.append(_shape_numbers(tables))
    if with_label:
        fields.append([table.label for table in tables])
    highest = [max((int(part.max()) for part in field if len(part)), default=0) for field in fields]
    bits = [max(value.bit_length(), 1) for value in highest]
    if sum(bits) <= 63:
        return [_pack(parts, bits) for parts in zip(*fields, strict=True)]
    stacked = [np.concatenate(field) for field in fields]
    order = np.lexsort(stacked[::-1])
    number = np.empty(len(order), np.int64)
    number[order] = np.cumsum(run_starts(*(column[order] for column in stacked)))
    return np.split(number, np.cumsum([len(table) for table in tables])[:-1])


def _shape_numbers(tables: Sequence[Spans]) -> list[Ints]:
    """The shapes of all tables numbered together: 0 for one fragment, few bits for the rest."""
    shapes = [table.shape_id() for table in tables]
    distinct = np.unique(np.concatenate([shape[shape > 0] for shape in shapes]))
    return [np.where(shape > 0, np.searchsorted(distinct, shape) + 1, 0) for shape in shapes]


def _pack(parts: Sequence[Ints], bits: Sequence[int]) -> Ints:
    key = parts[0].copy()
    for part, width in zip(parts[1:], bits[1:], strict=True):
        key <<= width
        key |= part
    return key
