"""Quotes as sets of tokens: what other evaluations of quotes share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wortlaut.model import Quote, Span
from wortlaut.scoring.columns import Floats, Ints
from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.match import assign
from wortlaut.scoring.quotes_table import Quotes, quotes_of, side_counts, table
from wortlaut.scoring.sides import Sides
from wortlaut.scoring.tally import Note, Tally
from wortlaut.scoring.task import TokenTable

#: Part of a quote → the task that scores it.
PART_TASKS = {
    "content": "quotes",
    "cue": "cues",
    "speaker": "speakers",
    "addressee": "addressees",
    "frame": "frames",
}
#: Task → name of the score → counts.
Scores = Mapping[ScoreKey, Tally]


def rows_of(sides: Sides, *, as_given: bool = False) -> Documents:
    """The quotes of each document that has any; without tokens offsets count as tokens."""
    g, p = (table(quotes_of(side), sides.units, as_given=as_given) for side in (sides.gold, sides.predicted))
    return documents_of(g, p, Positions(sides.tokens))


class Positions:
    """The tokens of a document that a span touches, as a set of numbers."""

    def __init__(self, tokens: TokenTable | None) -> None:
        self._tokens = tokens

    def of(self, document: int, span: Span | None) -> frozenset[int]:
        if span is None:
            return frozenset()
        if self._tokens is None:
            return frozenset(i for start, end in span for i in range(start, end))
        low, high = np.searchsorted(self._tokens.document, [document, document + 1])
        starts, ends = self._tokens.start[low:high], self._tokens.end[low:high]
        touched: set[int] = set()
        for start, end in span:
            first = int(np.searchsorted(ends, start, side="right"))
            touched.update(range(first, int(np.searchsorted(starts, end, side="left"))))
        return frozenset(touched)


@dataclass(frozen=True)
class Row:
    """A quote with the tokens of its parts and its unit."""

    quote: Quote
    unit: int
    parts: dict[str, frozenset[int]]


#: The quotes of each document that has any, of both sides.
Documents = list[tuple[list[Row], list[Row]]]


def documents_of(gold: Quotes, predicted: Quotes, positions: Positions) -> Documents:
    sides: list[dict[int, list[Row]]] = []
    for side in (gold, predicted):
        rows: dict[int, list[Row]] = {}
        columns = zip(side.quotes, side.document.tolist(), side.unit.tolist(), strict=True)
        for quote, document, unit in columns:
            parts = {name: positions.of(document, quote.role(name)) for name in PART_TASKS}
            rows.setdefault(document, []).append(Row(quote, unit, parts))
        sides.append(rows)
    return [(sides[0].get(number, []), sides[1].get(number, [])) for number in sorted({*sides[0], *sides[1]})]


class ItemTally:
    """Collects items of both sides for one layer: their unit, label, size and hits."""

    def __init__(
        self, units: int, labels: Sequence[str], scale: int = 1, first: Sequence[str] | None = None
    ) -> None:
        """``first`` are the labels that any corpus has, in front of the others; without it all are such."""
        self._units, self._labels, self._scale = units, tuple(labels), scale
        self._first = self._labels if first is None else tuple(first)
        self._number = {label: i for i, label in enumerate(labels)}
        self._items: tuple[list[tuple[int, int, int, int]], list[tuple[int, int, int, int]]] = ([], [])

    def add(self, side: int, row: Row, label: str, hits: int, size: int = 1) -> None:
        """``side`` 0 is the gold, 1 the prediction; ``hits`` count in steps of the tally's scale."""
        self._items[side].append((row.unit, self._number[label], hits, size))

    def both(self, gold: Row | None, predicted: Row | None, part: str, label: str) -> None:
        """The tokens of one part of a pair: shared ones are hits on both sides."""
        g = gold.parts[part] if gold else frozenset()
        p = predicted.parts[part] if predicted else frozenset()
        shared = len(g & p)
        if gold and g:
            self.add(0, gold, label, shared, len(g))
        if predicted and p:
            self.add(1, predicted, label, shared, len(p))

    def ratio(self, gold: Row | None, predicted: Row | None, part: str, label: str) -> None:
        """One part of a pair as one item a side: its hit is the share of its tokens that is right."""
        g = gold.parts[part] if gold else frozenset()
        p = predicted.parts[part] if predicted else frozenset()
        shared = len(g & p)
        if gold and g:
            self.add(0, gold, label, round(shared / len(g) * self._scale))
        if predicted and p:
            self.add(1, predicted, label, round(shared / len(p) * self._scale))

    def tally(self, notes: tuple[Note, ...] = ()) -> Tally:
        g, p = (np.asarray(items, np.int64).reshape(-1, 4).T for items in self._items)
        counts = side_counts(
            self._units,
            len(self._labels),
            (g[0], g[1], g[2]),
            (p[0], p[1], p[2]),
            scale=self._scale,
            gold_size=g[3],
            predicted_size=p[3],
        )
        return Tally(counts, self._labels, told=notes, ends=(self._first, ()))


def dice(gold: frozenset[int], predicted: frozenset[int]) -> float:
    shared = len(gold & predicted)
    if not shared:
        return 0.0
    precision, recall = shared / len(predicted), shared / len(gold)
    return 2 * precision * recall / (precision + recall)


def with_cue(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.parts["cue"]]


def without_cue(left_out: list[int]) -> tuple[Note, ...]:
    return (Note("left out: {0} gold and {1} predicted quotes without a cue", (left_out[0], left_out[1])),)


def best_pairs(
    g_rows: list[Row], p_rows: list[Row], weight: Callable[[Row, Row], float]
) -> list[tuple[Row | None, Row | None]]:
    """The one-to-one pairs of positive weight with the largest sum, then everything left over, alone."""
    found = [(i, j, w) for i, g in enumerate(g_rows) for j, p in enumerate(p_rows) if (w := weight(g, p)) > 0]
    at_g, at_p = (np.asarray([row[k] for row in found], np.int64) for k in (0, 1))
    weights: Floats = np.asarray([row[2] for row in found], np.float64)
    best: Ints = assign(at_g, at_p, weights / max(1.0, float(weights.max(initial=1.0))))
    pairs: list[tuple[Row | None, Row | None]] = []
    left_g, left_p = set(range(len(g_rows))), set(range(len(p_rows)))
    for i, j in zip(at_g[best].tolist(), at_p[best].tolist(), strict=True):
        pairs.append((g_rows[i], p_rows[j]))
        left_g.discard(i)
        left_p.discard(j)
    pairs += [(g_rows[i], None) for i in sorted(left_g)]
    pairs += [(None, p_rows[j]) for j in sorted(left_p)]
    return pairs
