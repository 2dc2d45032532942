"""Krippendorff's alpha for unitised text: do two annotators mark the same stretches?

The coefficient is α_U of Krippendorff (1995, "On the reliability of unitizing continuous data", Sociological
Methodology 25) as corrected in Krippendorff (2004, Content Analysis, 2nd edition, section 11.6), for two
annotators. (Krippendorff et al. 2016 change it where there are more than two; here layers are compared by
pairs.) Each label is a continuum of its own, of units and the gaps between them. Units of one annotator
must not overlap in a continuum: where they do (nested quotes), a label has several, outer units first.
A fragment is a unit. Gaps end with their document, so that the order of documents changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wortlaut.model.columns import Floats, Ints, Spans, run_starts
from wortlaut.scoring.match import overlapping
from wortlaut.scoring.uncertainty import blocks
from wortlaut.scoring.units import Units


@dataclass(frozen=True)
class Column:
    """One number (``value``) each, in a continuum and a unit of the bootstrap."""

    continuum: Ints
    unit: Ints
    value: Floats


@dataclass(frozen=True)
class Continua:
    """What α_U is computed from. ``label`` says which label each continuum is of, shape ``(continua,)``.

    ``observed`` holds squared differences, ``lengths`` the units of both annotators, ``gaps`` those of
    both; ``sizes`` is the length of each unit of the bootstrap, shape ``(units,)``. Everything belongs
    to the unit of the bootstrap in which it starts. Lengths are in characters.
    """

    label: Ints
    observed: Column
    lengths: Column
    gaps: Column
    sizes: Ints


def continua(first: Spans, second: Spans, document_lengths: Ints, units: Units) -> Continua:
    """The continua of two annotators' spans over documents of the given lengths, shape ``(documents,)``."""
    pieces = [_pieces(spans) for spans in (first, second)]
    tracks = [_tracks(spans) for spans in pieces]
    labels = np.concatenate([spans.label for spans in pieces])
    track = np.concatenate(tracks)
    width = int(track.max(initial=0)) + 1
    known, number = np.unique(labels * width + track, return_inverse=True)
    a, b = (
        replace(spans, label=part.astype(np.int64))
        for spans, part in zip(pieces, np.split(number.reshape(-1), [len(pieces[0])]), strict=True)
    )
    sizes = np.diff(np.append(units.start, 0))
    last = run_starts(units.document[::-1])[::-1]
    sizes[last] = document_lengths[units.document[last]] - units.start[last]
    gaps = [_gaps(spans, len(known), document_lengths, units) for spans in (a, b)]
    return Continua(
        known // width,
        _observed(a, b, len(known), units),
        Column(
            np.concatenate([a.label, b.label]),
            np.concatenate([units.of(spans.document, spans.start) for spans in (a, b)]),
            np.concatenate([a.end - a.start, b.end - b.start]).astype(np.float64),
        ),
        Column(*(np.concatenate([getattr(g, n) for g in gaps]) for n in ("continuum", "unit", "value"))),
        sizes.astype(np.int64),
    )


def disagreements(data: Continua, weights: Floats) -> tuple[Floats, Floats]:
    """Observed and expected disagreement, shape ``(samples, continua)``.

    ``weights`` says how often each unit of the bootstrap is drawn, shape ``(samples, units)``; ones give
    the coefficient itself. Two annotators, so that with L the length of the text

        D_o = Σ δ² / L²
        D_e = 2/L · Σ_units [ (N - 1)(2l³ - 3l² + l)/3 + l² Σ_(gaps g >= l) (g - l + 1) ]
              / ( 2L(2L - 1) - Σ_units l(l - 1) )
    """
    samples, count = len(weights), len(data.label)
    observed, expected = np.zeros((samples, count)), np.zeros((samples, count))
    length = weights @ data.sizes.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        for k in range(count):
            units, drawn = _by_value(data.lengths, k, weights)
            gaps, gaps_drawn = _by_value(data.gaps, k, weights)
            rows = data.observed.continuum == k
            observed[:, k] = weights[:, data.observed.unit[rows]] @ data.observed.value[rows] / length**2
            total = drawn.sum(axis=1)
            alike = (total - 1) / 3 * (drawn @ (2 * units**3 - 3 * units**2 + units))
            fits = units[:, None] ** 2 * np.maximum(gaps[None, :] - units[:, None] + 1, 0)
            apart = np.einsum("su,su->s", drawn, gaps_drawn @ fits.T)
            pairs = 2 * length * (2 * length - 1) - drawn @ (units * (units - 1))
            expected[:, k] = 2 / length * (alike + apart) / pairs
    return observed, expected


def alpha(data: Continua, weights: Floats, labels: int) -> tuple[Floats, Floats]:
    """α_U over all labels, shape ``(samples,)``, and of each, ``(samples, labels)``; NaN where undefined."""
    sizes = list(blocks(len(weights), len(data.gaps.value) + len(data.lengths.value)))
    parts = [disagreements(data, block) for block in np.split(weights, np.cumsum(sizes)[:-1])]
    observed, expected = map(np.concatenate, zip(*parts, strict=True))
    of_label = (data.label[:, None] == np.arange(labels)[None, :]).astype(np.float64)
    return (
        _coefficient(observed.sum(axis=1), expected.sum(axis=1)),
        _coefficient(observed @ of_label, expected @ of_label),
    )


def _coefficient(observed: Floats, expected: Floats) -> Floats:
    nothing = np.full(observed.shape, np.nan)
    ratio: Floats = np.divide(observed, expected, out=nothing, where=expected > 0)
    return 1 - ratio


def _by_value(column: Column, continuum: int, weights: Floats) -> tuple[Floats, Floats]:
    """The distinct values in a continuum, and how often each is drawn, shape ``(samples, values)``."""
    rows = np.flatnonzero(column.continuum == continuum)
    rows = rows[np.argsort(column.value[rows], kind="stable")]
    values = column.value[rows]
    begins = np.flatnonzero(run_starts(values))
    return values[begins], np.add.reduceat(weights[:, column.unit[rows]], begins, axis=1)


def _pieces(spans: Spans) -> Spans:
    """Every fragment as a span, each once, sorted by document, label and start, longer ones first."""
    pieces = spans.pieces()
    rows = np.stack(
        [spans.document[pieces.span], spans.label[pieces.span], pieces.start, -pieces.end], axis=1
    )
    rows = np.unique(rows.reshape(-1, 4), axis=0)
    zeros = np.zeros(len(rows), np.int64)
    return Spans(rows[:, 0], rows[:, 2], -rows[:, 3], rows[:, 1], zeros)


def _tracks(spans: Spans) -> Ints:
    """For each piece the first track of its document and label in which nothing overlaps it."""
    track = np.zeros(len(spans), np.int64)
    ends: list[int] = []
    columns = (run_starts(spans.document, spans.label), spans.start, spans.end)
    for row, (new, start, end) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
        if new:
            ends = []
        free = next((number for number, last in enumerate(ends) if last <= start), len(ends))
        ends[free : free + 1] = [end]
        track[row] = free
    return track


def _observed(a: Spans, b: Spans, count: int, units: Units) -> Column:
    """Units that intersect differ by the squares of their edges' distances, one in a gap by its length's."""
    apart = [replace(spans, document=spans.document * count + spans.label) for spans in (a, b)]
    pairs = overlapping(*apart)
    g, p = pairs.gold, pairs.predicted
    squares = (a.start[g] - b.start[p]) ** 2 + (a.end[g] - b.end[p]) ** 2
    start = np.maximum(a.start[g], b.start[p])
    columns = [(a.label[g], units.of(a.document[g], start), squares)]
    for spans, met in ((a, g), (b, p)):
        alone = np.setdiff1d(np.arange(len(spans)), met)
        unit = units.of(spans.document[alone], spans.start[alone])
        columns.append((spans.label[alone], unit, (spans.end[alone] - spans.start[alone]) ** 2))
    label, unit, value = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    return Column(label, unit, value.astype(np.float64))


def _gaps(spans: Spans, count: int, document_lengths: Ints, units: Units) -> Column:
    """What one annotator leaves between units, in every document and continuum; adjacent units leave none."""
    documents = len(document_lengths)
    # A unit of no length before and behind each document's text, for every continuum.
    document = np.tile(np.arange(documents, dtype=np.int64), count)
    label = np.repeat(np.arange(count, dtype=np.int64), documents)
    zeros, lengths = np.zeros(len(document), np.int64), document_lengths[document]
    borders = [
        (document, label, zeros, zeros),
        (document, label, lengths, lengths),
        (spans.document, spans.label, spans.start, spans.end),
    ]
    doc, lab, start, end = (np.concatenate(parts) for parts in zip(*borders, strict=True))
    order = np.lexsort((end, start, lab, doc))
    doc, lab, start, end = doc[order], lab[order], start[order], end[order]
    same = (doc[1:] == doc[:-1]) & (lab[1:] == lab[:-1])
    size = np.where(same, start[1:] - end[:-1], 0)
    found = np.flatnonzero(size > 0)
    return Column(lab[found], units.of(doc[found], end[found]), size[found].astype(np.float64))
