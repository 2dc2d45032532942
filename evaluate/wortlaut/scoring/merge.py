"""Counts of chunks of a corpus, small enough to be kept, and their sum: the numbers of one pass.

Documents are scored each by itself, so the counts of the whole are those of its chunks side by side. What
stays of a chunk is a row for each unit and label that has counts: where, and four numbers, in the smallest
integer type that holds a column (7 bytes a row where spans are counted in up to 65,536 units, 9 in more).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from wortlaut.scoring.columns import Fragments, Ints, Spans, small
from wortlaut.scoring.confusion import Confusion
from wortlaut.scoring.counts import Counts
from wortlaut.scoring.quote_pairs import CASES, Measured, Note


def compact(measured: Measured, unit: Ints, document: Ints) -> Measured:
    """What stays of a chunk: rows of one unit and label added up, no items.

    ``unit`` and ``document`` hold the numbers that the chunk's units and documents have in the whole corpus.
    """
    counts = measured.counts
    key = unit[counts.unit] * max(counts.labels, 1) + counts.label
    rows, row = np.unique(key, return_inverse=True)
    # Sums of integers below 2**53 are exact in float64, in which bincount adds.
    sums = [
        np.bincount(row.reshape(-1), weights=column, minlength=len(rows)).astype(np.int64)
        for column in counts.columns()
    ]
    return replace(
        measured,
        counts=replace(
            counts,
            unit=small(rows // max(counts.labels, 1)),
            label=small(rows % max(counts.labels, 1)),
            gold=small(sums[0]),
            predicted=small(sums[1]),
            hits_gold=small(sums[2]),
            hits_predicted=small(sums[3]),
            golds=None,
        ),
        items=None,
        told=tuple(
            replace(note, cases=tuple((int(document[at]), what) for at, what in note.cases[:CASES]))
            for note in measured.told
        ),
    )


def merged(parts: Sequence[Measured], units: int) -> Measured:
    """One schema of all chunks of a corpus that has so many units, from what :func:`compact` left."""
    first = parts[0]
    head, tail = first.ends
    between = {label for part in parts for label in part.labels}.difference(head, tail)
    labels = (*head, *sorted(between), *tail)
    number = {label: i for i, label in enumerate(labels)}
    codes = [small(np.asarray([number[label] for label in part.labels], np.int64)) for part in parts]
    counts = [part.counts for part in parts]
    errors = None
    if first.errors is not None:
        total = Counter[str]()
        for part in parts:
            total.update(part.errors)
        errors = {name: total[name] for name in first.errors}
    return replace(
        first,
        counts=Counts(
            units,
            len(labels),
            np.concatenate([one.unit for one in counts]),
            np.concatenate([code[one.label] for code, one in zip(codes, counts, strict=True)]),
            np.concatenate([one.gold for one in counts]),
            np.concatenate([one.predicted for one in counts]),
            np.concatenate([one.hits_gold for one in counts]),
            np.concatenate([one.hits_predicted for one in counts]),
            first.counts.scale,
        ),
        labels=labels,
        errors=errors,
        told=tuple(_added(notes) for notes in zip(*(part.told for part in parts), strict=True)),
        confusion=_confusion([part.confusion for part in parts], number) if len(labels) > 1 else None,
        basis=None if first.basis is None else sum(part.basis or 0 for part in parts),
    )


def _added(notes: Sequence[Note]) -> Note:
    return replace(
        notes[0],
        numbers=tuple(map(sum, zip(*(note.numbers for note in notes), strict=True))),
        unless=sum(note.unless for note in notes),
        cases=tuple(sorted(case for note in notes for case in note.cases)[:CASES]),
    )


def _confusion(parts: Sequence[Confusion | None], number: dict[str, int]) -> Confusion | None:
    matrix = np.zeros((len(number) + 1, len(number) + 1), np.int64)
    empty = ""
    for part in parts:
        if part is None:
            return None
        *labels, empty = part.labels
        place = np.asarray([*(number[label] for label in labels), len(number)], np.int64)
        matrix[np.ix_(place, place)] += np.asarray(part.matrix, np.int64)
    return Confusion((*number, empty), tuple(map(tuple, matrix.tolist())))


def compact_spans(spans: Spans, unit: Ints, document: Ints) -> Spans:
    """The columns that another scorer looks at, with the numbers of the whole corpus."""
    assert spans.level is not None
    pieces = spans.fragments
    return Spans(
        small(document[spans.document]),
        small(spans.start),
        small(spans.end),
        small(spans.label),
        small(unit[spans.unit]),
        pieces and Fragments(small(pieces.span), small(pieces.start), small(pieces.end)),
        small(spans.level),
    )


def merged_spans(parts: Sequence[Spans], codes: Sequence[Ints]) -> Spans:
    """The spans of all chunks by document, in the order given within each; ``codes`` renumber the labels."""
    document, start, end, unit, level = (
        np.concatenate([getattr(part, name) for part in parts]).astype(np.int64)
        for name in ("document", "start", "end", "unit", "level")
    )
    label = np.concatenate([code[part.label] for part, code in zip(parts, codes, strict=True)])
    fragments = None
    if any(part.fragments is not None for part in parts):
        before = np.cumsum([0, *map(len, parts)])[:-1].tolist()
        pieces = [
            (piece.span.astype(np.int64) + first, piece.start, piece.end)
            for part, first in zip(parts, before, strict=True)
            for piece in [part.pieces()]
        ]
        fragments = Fragments(*(np.concatenate(c).astype(np.int64) for c in zip(*pieces, strict=True)))
    whole = Spans(document, start, end, label.astype(np.int64), unit, fragments, level)
    return whole.take(np.argsort(whole.document, kind="stable").astype(np.int64))
