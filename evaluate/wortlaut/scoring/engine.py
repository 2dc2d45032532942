"""From what was counted to a result: point scores, averages, intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from wortlaut.model.columns import Floats, Ints, small
from wortlaut.scoring.confusion import confusion
from wortlaut.scoring.counts import (
    GOLD,
    HITS_GOLD,
    HITS_PREDICTED,
    PREDICTED,
    defined,
    macro_average,
    precision_recall_f1,
)
from wortlaut.scoring.keys import Signature
from wortlaut.scoring.metrics import GIVEN, counter
from wortlaut.scoring.result import INTERVALS, Result, Score
from wortlaut.scoring.tally import Tally, items_of
from wortlaut.scoring.task import Task, error_counts
from wortlaut.scoring.uncertainty import ENOUGH, Interval, Intervals, intervals

#: With more labels than the one and more labels × units than the other (names of speakers in a large corpus)
#: labels get no intervals of their own: their counts in each unit would not fit memory.
_MANY_LABELS, _LABEL_CELLS = 100, 8_000_000
_NONE: tuple[None, None, None] = (None, None, None)


def tallies_of(
    task: Task,
    labels: tuple[str, ...],
    schemas: Iterable[str],
    *,
    errors: bool = True,
    items: bool = True,
    first: tuple[str, ...] = (),
) -> dict[str, Tally]:
    """What each schema counts in a task: its own numbers, or those of another scorer.

    ``first`` are the labels that stand first, whatever the others are. Schemas of our own share the error
    classes and the confusion matrix of one alignment, with ``errors``; and the spans, with ``items``, where
    spans are counted.
    """
    found: dict[str, Tally] = {}
    classes = error_counts(task.alignment) if errors else None
    confused = confusion(task, labels) if errors else None
    rows = (items_of(task.gold, labels), items_of(task.predicted, labels)) if items else None
    gold, predicted = task.gold.group, task.predicted.group
    groups = None if gold is None or predicted is None else (gold, predicted)
    for schema in schemas:
        base, _, least = schema.partition("@")
        if base in GIVEN:
            found |= GIVEN[base].tallies(task, labels, float(least or 0))
        else:
            metric, threshold = counter(schema)
            found[schema] = Tally(
                metric.count(task, threshold),
                labels,
                classes,
                items=None if metric.positions else rows,
                confusion=confused,
                ends=(first, ()),
                rows=None if metric.positions else groups,
            )
    return found


def result_of(tally: Tally, signature: Signature, notes: Sequence[str] = ()) -> Result:
    """The result of what the one score that the signature is of counted in the whole of a corpus."""
    tally, schema, resampling = tally.scored, signature.key.variant, signature.resampling
    counts, scale, units = tally.counts, tally.counts.scale, tally.counts.units
    whole = counts if tally.pooled is None else tally.pooled
    totals = counts.totals()
    scored = _by_sums if tally.zero else point_scores
    values = scored(totals, scale)
    micro_values = values if whole is counts else scored(whole.totals(), scale)
    told = [*notes, *tally.notes]
    bands: Intervals | None = None
    unit_sums: Ints | None = None
    if resampling.wanted and units < 2:
        many = "one" if units else "no"
        told.append(f"no interval: {many} {resampling.unit} says nothing about how scores vary")
    elif resampling.wanted:
        if counts.labels > _MANY_LABELS and counts.labels * units > _LABEL_CELLS:
            whole = replace(whole, label=np.zeros_like(whole.label), labels=1)
            told.append(f"no intervals for each of {counts.labels} labels and for their mean: too many")
        else:
            bands = intervals(counts.sample(), resampling)
        unit_sums = small(whole.per_unit())
        if resampling.samples and units < ENOUGH:
            told.append(
                f"bootstrap intervals over fewer than {ENOUGH} {resampling.unit}s ({units} here) are too"
                " narrow; those of the default are not"
            )
    micro_band: Sequence[Interval | None] = _NONE
    if unit_sums is not None:
        micro_band = bands.micro if bands and whole is counts else intervals(whole.sample(), resampling).micro
    present = totals[:, GOLD] + totals[:, PREDICTED] > 0
    if resampling.wanted and units > 1 and micro_band[2] is None and not np.isnan(micro_values[2][-2]):
        told.append(f"no interval of F1: too few {resampling.unit}s have items, or all score alike")
    summed = (totals if whole is counts else whole.totals()).sum(axis=0)
    if tally.zero and (
        any(np.isnan(column[:-2][present]).any() for column in values) or not summed[:2].all()
    ):
        told.append(f"{schema.partition('/')[0]} reports 0/0 as 0; our schemas leave it undefined")

    def score(columns: Sequence[Floats], row: int, sums: Ints, band: Sequence[Interval | None]) -> Score:
        p, r, f1 = (defined(np.nan_to_num(c[row]) if tally.zero else c[row]) for c in columns)
        correct = float(sums[HITS_PREDICTED]) / scale
        bands: dict[str, Any] = dict(zip(INTERVALS, band, strict=True))
        return Score(p, r, f1, correct, int(sums[GOLD]), int(sums[PREDICTED]), **bands)

    micro = score(micro_values, -2, summed, micro_band)
    means = {name: _MEANS[name](tally, values) for name in tally.averages if name != "macro"}
    meant = "macro" in tally.averages and (present.any() or not tally.zero)
    macro = score(values, -1, summed, bands.macro if bands else _NONE) if meant else None
    headline = macro if tally.headline == "macro" and macro is not None else micro
    return Result(
        **{name: getattr(headline, name) for name in Score.__dataclass_fields__},
        schema=schema,
        per_label={
            label: score(values, i, totals[i], bands.labels[i] if bands else _NONE)
            for i, label in enumerate(tally.labels)
            if present[i]
        },
        macro=None if headline is macro else macro,
        averages=means,
        labels_absent=int((~present).sum()),
        signature=replace(signature, average=tally.headline),
        notes=tuple(told),
        errors=None if tally.errors is None else dict(tally.errors),
        confusion=tally.confusion,
        indices=None
        if tally.indices is None
        else {kind: [(d, i) for d, i in sorted(rows.tolist())] for kind, rows in tally.indices.items()},
        # Sums over the labels are not what their mean comes from, so no paired test may use them.
        unit_sums=None if headline is macro else unit_sums,
        scale=scale,
    )


def _weighted(tally: Tally, values: Sequence[Floats]) -> Score:
    """Means over labels, weighted by their gold spans; 0 without any."""
    totals = tally.counts.totals()
    weight = totals[:, GOLD]
    means = [float(np.nan_to_num(column[:-2]) @ weight / max(weight.sum(), 1)) for column in values]
    return _mean(means, totals.sum(axis=0), tally.counts.scale)


def _over_documents(tally: Tally, values: Sequence[Floats]) -> Score:
    """Means over the documents in which each of P, R and F1 is defined: both sides, for F1."""
    assert tally.documents is not None
    rows = tally.documents.per_unit()
    precision, recall, f1 = precision_recall_f1(rows, tally.documents.scale)
    f1 = np.where((rows[:, GOLD] > 0) & (rows[:, PREDICTED] > 0), f1, np.nan)
    means = [None if np.isnan(v).all() else float(np.nanmean(v)) for v in (precision, recall, f1)]
    return _mean(means, rows.sum(axis=0), tally.documents.scale)


#: Averages that only other scorers report.
_MEANS = {"weighted": _weighted, "macro_doc": _over_documents}


def _mean(values: Sequence[float | None], sums: Ints, scale: int) -> Score:
    p, r, f1 = values
    return Score(p, r, f1, float(sums[HITS_PREDICTED]) / scale, int(sums[GOLD]), int(sums[PREDICTED]))


def _by_sums(totals: Ints, scale: int) -> tuple[Floats, Floats, Floats]:
    """The same by the formula of the intervals: other scorers' F1 to the last bit."""
    parts = (
        precision_recall_f1(totals, scale),
        precision_recall_f1(totals.sum(axis=0, keepdims=True), scale),
        macro_average(totals[None], scale),
    )
    p, r, f1 = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return p, r, f1


def point_scores(totals: Ints, scale: int) -> tuple[Floats, Floats, Floats]:
    """P, R, F1 by scikit-learn on aligned labels: shape ``(labels + 2,)``: labels, micro, macro.

    Each span is one sample: a hit has its label on both sides, a missed span the empty class as its
    prediction, a spurious one the empty class as its gold label. Equal samples are one with a weight.
    Where hits may join two labels, the gold side gives the recall and the predicted side the precision.
    """
    recall_hits, precision_hits = totals[:, HITS_GOLD], totals[:, HITS_PREDICTED]
    precision, recall, f1 = _by_sklearn(totals, recall_hits, scale)
    if not np.array_equal(recall_hits, precision_hits):
        precision = _by_sklearn(totals, precision_hits, scale)[0]
        p, r = np.nan_to_num(precision), np.nan_to_num(recall)
        both = np.divide(2 * p * r, p + r, out=np.zeros_like(p), where=p + r > 0)
        one_sided = (np.isnan(precision) | np.isnan(recall)) & (p + r > 0)
        f1 = np.where(np.isnan(f1) | one_sided, np.nan, both)
        present = totals[:, GOLD] + totals[:, PREDICTED] > 0
        f1[-1] = np.nan_to_num(f1[:-2][present]).mean() if present.any() else np.nan
    return precision, recall, f1


def _by_sklearn(totals: Ints, hits: Ints, scale: int) -> tuple[Floats, Floats, Floats]:
    from sklearn.metrics import precision_recall_fscore_support

    # The micro average is the score of all labels pooled into one: a further label, of the same call.
    size = len(totals)
    sums, hit = np.append(totals, [totals.sum(axis=0)], axis=0), np.append(hits, hits.sum()) / scale
    label, empty = np.arange(size + 1), np.full(size + 1, size + 1)
    truth = np.concatenate([label, label, empty])
    guess = np.concatenate([label, empty, label])
    weight = np.concatenate([hit, sums[:, GOLD] - hit, sums[:, PREDICTED] - hit])
    present = np.flatnonzero(sums[:, GOLD] + sums[:, PREDICTED] > 0)
    out = np.full((3, size + 2), np.nan)
    if len(present):
        values = precision_recall_fscore_support(
            truth, guess, labels=present, average=None, sample_weight=weight, zero_division=np.nan
        )
        out[:, present] = np.asarray(values[:3], np.float64)
        # Its macro average with zero_division=0.
        out[:, size + 1] = np.nan_to_num(out[:, present[:-1]]).mean(axis=1)
    return out[0], out[1], out[2]
