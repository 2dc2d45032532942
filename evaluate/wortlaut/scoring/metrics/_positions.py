"""Spans as the positions that they cover: tokens and characters."""

from __future__ import annotations

import numpy as np

from wortlaut.model.columns import Bools, Fragments, Spans, TokenTable, run_starts
from wortlaut.scoring.counts import Counts
from wortlaut.scoring.match import overlapping
from wortlaut.scoring.task import Task


def share_a_token(task: Task, tokens: TokenTable) -> Bools:
    """For each overlapping pair: does some token hold characters of both? (A shared space is in none.)"""
    g, p = (covered(spans, tokens) for spans in (task.gold, task.predicted))
    touching = overlapping(g, p)
    width = max(len(task.predicted), 1)
    found = touching.gold * width + touching.predicted
    return np.isin(task.pairs.gold * width + task.pairs.predicted, found)


def covered(spans: Spans, tokens: TokenTable) -> Spans:
    """The same spans over token numbers: each fragment becomes the run of tokens that it touches.

    A token that several fragments of a span touch is in the run of the first.
    """
    pieces = spans.pieces()
    first, last = tokens.touched(spans.document[pieces.span], pieces.start, pieces.end)
    kept = last > first
    span, first, last = pieces.span[kept], first[kept].astype(np.int64), last[kept].astype(np.int64)
    again = np.flatnonzero(~run_starts(span)[1:]) + 1
    first[again] = np.maximum(first[again], last[again - 1])
    kept = last > first
    span, first, last = span[kept], first[kept], last[kept]
    none = np.zeros(len(spans), np.int64)
    return Spans(spans.document, none, none, spans.label, spans.unit, Fragments(span, first, last))


def position_counts(task: Task, gold: Spans, predicted: Spans) -> Counts:
    """Counts of covered positions: each (position, label) once a side, however many spans cover it."""
    if gold is task.gold and _flat(gold) and _flat(predicted):
        g, p, both = gold, predicted, task.pairs.take(task.same_label)
    else:
        g, p = _merged_pieces(gold), _merged_pieces(predicted)
        # Disjoint intervals, one "document" for each document and label, so overlaps are the shared items.
        both = overlapping(_by_label(g, task.labels), _by_label(p, task.labels))
    zeros_g, zeros_p, zeros_b = (np.zeros(k, np.int64) for k in (len(g), len(p), len(both)))
    return Counts(
        task.units,
        task.labels,
        np.concatenate([g.unit, p.unit, g.unit[both.gold], p.unit[both.predicted]]),
        np.concatenate([g.label, p.label, g.label[both.gold], p.label[both.predicted]]),
        np.concatenate([g.end - g.start, zeros_p, zeros_b, zeros_b]),
        np.concatenate([zeros_g, p.end - p.start, zeros_b, zeros_b]),
        np.concatenate([zeros_g, zeros_p, both.shared, zeros_b]),
        np.concatenate([zeros_g, zeros_p, zeros_b, both.shared]),
    )


def _flat(spans: Spans) -> bool:
    """One fragment each, in order, none overlapping the next."""
    ordered = (spans.document[1:] > spans.document[:-1]) | (
        (spans.document[1:] == spans.document[:-1]) & (spans.start[1:] >= spans.end[:-1])
    )
    return spans.fragments is None and bool(ordered.all())


def _by_label(spans: Spans, labels: int) -> Spans:
    return Spans(spans.document * labels + spans.label, spans.start, spans.end, spans.label, spans.unit)


def _merged_pieces(spans: Spans) -> Spans:
    """Disjoint one-fragment spans that cover the same (position, label) pairs.

    A stretch belongs to the unit of the first span that covers it.
    """
    pieces = spans.pieces()
    document, label, unit = (column[pieces.span] for column in (spans.document, spans.label, spans.unit))
    start, end = pieces.start, pieces.end
    if not len(start):
        return Spans(document, start, end, label, unit)
    width, labels = int(end.max()) + 1, int(label.max()) + 1
    order = np.argsort((document * labels + label) * width + start, kind="stable")
    document, label, unit, start, end = (column[order] for column in (document, label, unit, start, end))
    new = run_starts(document, label)
    group = np.cumsum(new)
    reach = np.maximum.accumulate(group * width + end)
    # What only touches stays apart, as it does among spans of which none overlap: each in its own unit.
    new[1:] |= group[1:] * width + start[1:] >= reach[:-1]
    begins = np.flatnonzero(new)
    last = np.r_[begins[1:], len(start)] - 1
    ends = reach[last] - group[begins] * width
    return Spans(document[begins], start[begins], ends.astype(np.int64), label[begins], unit[begins])
