"""Quotes of all documents in a table, and which predicted quote answers which gold quote.

The specification with worked examples is ``docs/metrics-quotes.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wortlaut.model import QUOTE_TYPES, ROLES, Annotations, Quote, Span
from wortlaut.model.columns import Bools, Floats, Ints, Spans, spans_from_objects
from wortlaut.scoring.counts import Counts
from wortlaut.scoring.match import assign, overlapping
from wortlaut.scoring.tally import Item
from wortlaut.scoring.units import Units

#: Steps of a real-valued hit: values in [0, 1] are kept as integers to 2**-36, so that sums of them
#: resample like counts do. Each is rounded by less than 1e-11; 100 million of them fit 63 bits.
FINE = 2**36


@dataclass(frozen=True)
class Quotes:
    """The quotes of all documents: ``document``, ``unit`` and ``row`` have the shape ``(len(quotes),)``.

    A quote belongs to the unit in which its content starts, with everything counted for it. ``row`` is its
    number in the table of all.
    """

    quotes: tuple[Quote, ...]
    document: Ints
    unit: Ints
    row: Ints

    def __len__(self) -> int:
        return len(self.quotes)

    def take(self, rows: Ints | Bools) -> Quotes:
        """The rows of an index or boolean mask, in its order."""
        index = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        columns = self.document[index], self.unit[index], self.row[index]
        return Quotes(tuple(self.quotes[i] for i in index.tolist()), *columns)

    def items(self, labels: Sequence[str], column: Ints) -> list[Item]:
        """Each quote as an item, by its content."""
        rows = zip(self.document.tolist(), self.quotes, column.tolist(), strict=True)
        return [(document, quote.content, labels[label]) for document, quote, label in rows]

    def types(self) -> tuple[str, ...]:
        return tuple(quote.type for quote in self.quotes)

    def type_column(self, labels: Sequence[str]) -> Ints:
        number = {label: i for i, label in enumerate(labels)}
        return np.asarray([number[quote.type] for quote in self.quotes], np.int64)

    def spans(self, role: str, labels: Ints | None = None) -> Spans:
        """The spans of ``content`` or a role in columns, one a quote that has it; labels 0 by default.

        Their group is the row of the quote.
        """
        found = [(row, span) for row, quote in enumerate(self.quotes) if (span := quote.role(role))]
        rows = np.asarray([row for row, _ in found], np.int64)
        label = np.zeros(len(rows), np.int64) if labels is None else labels[rows]
        spans = spans_from_objects(
            self.document[rows].tolist(),
            [span for _, span in found],
            label.tolist(),
            self.unit[rows].tolist(),
        )
        return replace(spans, group=self.row[rows])


def table(documents: Sequence[Sequence[Quote]], units: Units, *, as_given: bool = False) -> Quotes:
    """The quotes of all documents in an order of their own, or ``as_given``."""
    rows = [(number, quote) for number, quotes in enumerate(documents) for quote in quotes]
    if not as_given:
        rows.sort(key=lambda row: (row[0], *_key(row[1])))
    document = np.asarray([number for number, _ in rows], np.int64)
    start = np.asarray([quote.content.start for _, quote in rows], np.int64)
    every = np.arange(len(rows), dtype=np.int64)
    return Quotes(tuple(quote for _, quote in rows), document, units.of(document, start), every)


def _key(quote: Quote) -> tuple[object, ...]:
    """Everything that is scored: quotes with equal keys are interchangeable."""
    roles = (quote.role(role) for role in ROLES)
    return (
        quote.content.fragments,
        quote.type,
        *(() if span is None else span.fragments for span in roles),
        quote.speaker_entity or "",
    )


def quotes_of(annotations: Sequence[Annotations]) -> list[tuple[Quote, ...]]:
    return [document.quotes for document in annotations]


def type_labels(types: Iterable[str]) -> tuple[str, ...]:
    """The types of the scheme, then others that occur, sorted."""
    return (*QUOTE_TYPES, *sorted(set(types) - set(QUOTE_TYPES)))


@dataclass(frozen=True)
class Paired:
    """Rows of gold and predicted quotes that answer each other, each at most once."""

    gold: Ints
    predicted: Ints


def pair_quotes(gold: Quotes, predicted: Quotes, gold_entity: Ints, predicted_entity: Ints) -> Paired:
    """The one-to-one pairs of quotes with shared content that have the largest sum of weights.

    A pair weighs the Dice coefficient of its content characters, plus 0.01 for an equal type. Where
    sums are equal the roles decide (1e-6 for equal roles, less for overlapping ones), then the
    speakers' entities (1e-9).
    """
    labels = type_labels(gold.types() + predicted.types())
    g_spans = gold.spans("content", gold.type_column(labels))
    p_spans = predicted.spans("content", predicted.type_column(labels))
    pairs = overlapping(g_spans, p_spans)
    dice = 2 * pairs.shared / (g_spans.sizes()[pairs.gold] + p_spans.sizes()[pairs.predicted])
    same_type = g_spans.label[pairs.gold] == p_spans.label[pairs.predicted]
    same_entity = gold_entity[pairs.gold] == predicted_entity[pairs.predicted]
    roles = _role_agreement(gold, predicted, pairs.gold, pairs.predicted)
    weight = dice + 0.01 * same_type + 1e-6 * roles + 1e-9 * same_entity
    best = assign(pairs.gold, pairs.predicted, weight / 1.02)
    return Paired(pairs.gold[best], pairs.predicted[best])


def _role_agreement(gold: Quotes, predicted: Quotes, rows_g: Ints, rows_p: Ints) -> Floats:
    values = [
        sum(jaccard(gold.quotes[g].role(role), predicted.quotes[p].role(role)) for role in ROLES) / len(ROLES)
        for g, p in zip(rows_g.tolist(), rows_p.tolist(), strict=True)
    ]
    return np.asarray(values, np.float64)


def jaccard(a: Span | None, b: Span | None) -> float:
    """Shared / all characters; two absent spans agree."""
    if a is None or b is None:
        return float(a is b)
    shared = a.overlap(b)
    return shared / (len(a) + len(b) - shared)


def side_counts(
    units: int,
    labels: int,
    gold: tuple[Ints, Ints, Ints | Bools],
    predicted: tuple[Ints, Ints, Ints | Bools],
    *,
    scale: int = 1,
    gold_size: Ints | None = None,
    predicted_size: Ints | None = None,
) -> Counts:
    """Counts from each side's ``(unit, label, hits)``; an item weighs 1 unless its size is given."""
    n, m = len(gold[0]), len(predicted[0])
    zeros_n, zeros_m = np.zeros(n, np.int64), np.zeros(m, np.int64)
    size_g = np.ones(n, np.int64) if gold_size is None else gold_size
    size_p = np.ones(m, np.int64) if predicted_size is None else predicted_size
    return Counts(
        units,
        labels,
        np.concatenate([gold[0], predicted[0]]),
        np.concatenate([gold[1], predicted[1]]),
        np.concatenate([size_g, zeros_m]),
        np.concatenate([zeros_n, size_p]),
        np.concatenate([gold[2].astype(np.int64), zeros_m]),
        np.concatenate([zeros_n, predicted[2].astype(np.int64)]),
        scale,
    )
