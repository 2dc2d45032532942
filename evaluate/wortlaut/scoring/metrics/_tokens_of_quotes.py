"""Quotes as sets of tokens: what other evaluations of quotes share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from wortlaut.model import Quote, Span
from wortlaut.model.columns import Floats, Ints, TokenTable
from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.match import assign
from wortlaut.scoring.quotes_table import quotes_of, side_counts, table
from wortlaut.scoring.sides import Sides
from wortlaut.scoring.tally import Note, Tally

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


@dataclass(frozen=True)
class Row:
    """A quote with the tokens of its parts and its unit."""

    quote: Quote
    unit: int
    parts: dict[str, frozenset[int]]


#: The quotes of each document that has any, of both sides.
Documents = list[tuple[list[Row], list[Row]]]


def rows_of(sides: Sides, *, as_given: bool = False) -> Documents:
    """The quotes of each document that has any; without tokens offsets count as tokens."""
    found: list[dict[int, list[Row]]] = [defaultdict(list), defaultdict(list)]
    for rows, side in zip(found, (sides.gold, sides.predicted), strict=True):
        own = table(quotes_of(side), sides.units, as_given=as_given)
        for quote, document, unit in zip(own.quotes, own.document.tolist(), own.unit.tolist(), strict=True):
            parts = {name: positions(sides.tokens, document, quote.role(name)) for name in PART_TASKS}
            rows[document].append(Row(quote, unit, parts))
    return [(found[0].get(number, []), found[1].get(number, [])) for number in sorted({*found[0], *found[1]})]


def positions(tokens: TokenTable | None, document: int, span: Span | None) -> frozenset[int]:
    """The tokens of a document that a span touches, as a set of numbers."""
    if span is None:
        return frozenset()
    if tokens is None:
        return frozenset(i for start, end in span for i in range(start, end))
    low, high = np.searchsorted(tokens.document, [document, document + 1])
    starts, ends = tokens.start[low:high], tokens.end[low:high]
    stretches = [
        range(np.searchsorted(ends, start, side="right"), np.searchsorted(starts, end, side="left"))
        for start, end in span
    ]
    return frozenset(chain.from_iterable(stretches))


class ItemTally:
    """Collects items of both sides for one task: their unit, label, size and hits."""

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

    def both(self, gold: Row | None, predicted: Row | None, part: str) -> None:
        """One part of a pair: its shared tokens are hits on both sides.

        With a scale the part is one item a side: its hit is the share of its tokens that is right.
        """
        tokens = [row.parts[part] if row else frozenset() for row in (gold, predicted)]
        shared = len(tokens[0] & tokens[1])
        for side, (row, own) in enumerate(zip((gold, predicted), tokens, strict=True)):
            if row and own and self._scale == 1:
                self.add(side, row, part, shared, len(own))
            elif row and own:
                self.add(side, row, part, round(shared / len(own) * self._scale))

    def whole(self, gold: Row | None, predicted: Row | None, label: str) -> None:
        """A pair as an item a side, right where both are there."""
        for side, row in enumerate((gold, predicted)):
            if row:
                self.add(side, row, label, int(gold is not None and predicted is not None))

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


def cued_rows_of(sides: Sides) -> tuple[Documents, tuple[Note, ...]]:
    """The quotes with a cue of each document, and how many others are left out."""
    documents = rows_of(sides)
    cued = [
        ([row for row in g if row.parts["cue"]], [row for row in p if row.parts["cue"]]) for g, p in documents
    ]
    left_out = tuple(
        sum(len(every[side]) - len(some[side]) for every, some in zip(documents, cued, strict=True))
        for side in (0, 1)
    )
    return cued, (Note("left out: {0} gold and {1} predicted quotes without a cue", left_out),)


def best_pairs(
    g_rows: list[Row], p_rows: list[Row], weight: Callable[[Row, Row], float]
) -> list[tuple[Row | None, Row | None]]:
    """The one-to-one pairs of positive weight with the largest sum, then everything left over, alone."""
    found = [(i, j, w) for i, g in enumerate(g_rows) for j, p in enumerate(p_rows) if (w := weight(g, p)) > 0]
    at_g, at_p = (np.asarray([row[k] for row in found], np.int64) for k in (0, 1))
    weights: Floats = np.asarray([row[2] for row in found], np.float64)
    best: Ints = assign(at_g, at_p, weights / max(1.0, float(weights.max(initial=1.0))))
    return with_rest(g_rows, p_rows, at_g[best].tolist(), at_p[best].tolist())


def with_rest(
    g_rows: list[Row], p_rows: list[Row], at_g: list[int], at_p: list[int]
) -> list[tuple[Row | None, Row | None]]:
    """The pairs of these rows, then everything left over, alone."""
    pairs: list[tuple[Row | None, Row | None]] = [
        (g_rows[i], p_rows[j]) for i, j in zip(at_g, at_p, strict=True)
    ]
    pairs += [(g_rows[i], None) for i in sorted(set(range(len(g_rows))).difference(at_g))]
    pairs += [(None, p_rows[j]) for j in sorted(set(range(len(p_rows))).difference(at_p))]
    return pairs
