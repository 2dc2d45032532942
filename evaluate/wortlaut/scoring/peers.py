"""The numbers of other scorers, quirks included, so that a published table can be reproduced.

:func:`peer` gives, for a name of :data:`PEERS`, one :class:`~wortlaut.scoring.result.Result` for each
schema of that scorer. Each is own code from the scorer's definition; the conformance tests compare it with
the installed packages. What differs from our own schemas:

- 0/0 is 0, as all of them report it; a note says so.
- **seqeval** 1.2.2: strict matching; ``micro``, ``macro`` over labels, and ``weighted`` by gold spans. Its
  default and strict modes differ in how they read malformed tags, not in how they score the spans read.
- **conlleval** (Tjong Kim Sang & Buchholz 2000): the same matching; only the micro average, as a fraction.
- **nervaluate** 1.2.1: four schemas. Predictions take turns in the order given; each takes the best gold span
  that is still free, the first listed among equals, and an overlap uses that gold span up whether it earns
  credit or not. An overlap of less than 1 % of the gold span is none. Each label is scored alone,
  so that there a prediction cannot meet a gold span of another label.
- **hipe** (the CLEF-HIPE scorer, 2020 and 2022): ``strict`` and ``fuzzy`` (``ent_type``). Predictions take
  turns from left to right, each takes the first free gold span that it overlaps, whatever the label. A pair
  is counted under its gold label. Predictions with a label that gold lacks are ignored. ``macro_doc`` is the
  mean over documents: P over those with predictions, R over those with gold spans, F1 over those with both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from wortlaut.errors import DataError, unknown_name
from wortlaut.scoring.columns import Floats, Ints, Spans, small
from wortlaut.scoring.counts import (
    GOLD,
    HITS_PREDICTED,
    PREDICTED,
    Counts,
    macro_average,
    precision_recall_f1,
)
from wortlaut.scoring.engine import Context
from wortlaut.scoring.match import Pairs, identical
from wortlaut.scoring.result import Result, Results, Score
from wortlaut.scoring.schemas import Task, span_counts
from wortlaut.scoring.uncertainty import Interval, Resampling, intervals

#: Name → whose numbers these are, for help texts.
PEERS = {
    "seqeval": "seqeval 1.2.2: micro, macro, weighted",
    "conlleval": "conlleval: phrase F1",
    "nervaluate": "nervaluate 1.2.1: strict, exact, partial, ent_type, in the order given",
    "hipe": "CLEF-HIPE scorer: strict and fuzzy, micro and macro per document",
}

#: Below this percentage of the gold span nervaluate sees no overlap (its ``min_overlap_percentage``).
_NERVALUATE_LEAST = 1.0
_NONE: tuple[None, None, None] = (None, None, None)


def peer(
    name: str,
    gold: Spans,
    predicted: Spans,
    labels: Sequence[str],
    units: int,
    resampling: Resampling,
    context: Context,
) -> Results:
    """What the scorer ``name`` reports: schema → result, such as ``nervaluate/strict``.

    ``gold`` and ``predicted`` keep the order of the input, because nervaluate's numbers depend on it.
    Intervals are ours (the peers have none), by resampling ``units``.
    Raises :class:`UnknownNameError`, and :class:`DataError` for spans that the scorer cannot take:
    discontinuous ones, and for all but nervaluate overlapping ones.
    """
    if name not in PEERS:
        raise unknown_name("peer", name, PEERS)
    for side, spans in (("gold", gold), ("predicted", predicted)):
        _check(name, side, spans, nested=name == "nervaluate")
    task = Task(gold, predicted, units, len(labels))
    if name == "nervaluate":
        return _nervaluate(task, labels, resampling, context)
    if name == "hipe":
        return _hipe(task, labels, resampling, context)
    g, p = identical(gold, predicted, with_label=True)
    counts = span_counts(task, g, p)
    result = _result(name, counts, counts, labels, resampling, context, macro=name == "seqeval")
    if name == "seqeval":
        result = replace(result, averages={"weighted": _weighted(counts)})
    return Results({name: result})


def _check(name: str, side: str, spans: Spans, *, nested: bool) -> None:
    if spans.fragments is not None:
        raise DataError(
            f"{name} has no discontinuous spans, and {side} holds some",
            hint="Use one of our schemas, or score only the spans of one fragment.",
        )
    if nested or len(spans) < 2:
        return
    order = np.lexsort((spans.start, spans.document))
    document, start, end = spans.document[order], spans.start[order], spans.end[order]
    clash = np.flatnonzero((document[1:] == document[:-1]) & (start[1:] < end[:-1]))
    if len(clash):
        at = int(clash[0])
        raise DataError(
            f"{name} scores tag sequences, and {side} holds overlapping spans: [{start[at]}, {end[at]}) and"
            f" [{start[at + 1]}, {end[at + 1]}) of document {document[at]}",
            hint="Use one of our schemas, or score one nesting level at a time.",
        )


def _nervaluate(task: Task, labels: Sequence[str], resampling: Resampling, context: Context) -> Results:
    gold, predicted, pairs = task.gold, task.predicted, task.pairs
    wide = pairs.shared / gold.sizes()[pairs.gold] * 100.0 >= _NERVALUATE_LEAST
    same, notes = task.same_label[wide], []
    pairs = pairs.take(wide)
    if not wide.all():
        notes.append(
            f"nervaluate ignores {int((~wide).sum())} overlaps of less than 1 % of the gold span;"
            " our schemas do not"
        )
    several = int((np.bincount(pairs.predicted) > 1).sum() + (np.bincount(pairs.gold) > 1).sum())
    if several:
        notes.append(
            f"{several} spans overlap several of the other side: nervaluate takes the first free one in the"
            " order given, so its counts depend on that order; our schemas do not"
        )
    away = abs(gold.start[pairs.gold] - predicted.start[pairs.predicted]) + abs(
        gold.end[pairs.gold] - predicted.end[pairs.predicted]
    )
    whole = (away == 0).astype(np.int64)
    # Schema → what a prediction prefers (lowest first), what a pair earns, in halves.
    rules: dict[str, tuple[Ints, Ints]] = {
        "strict": (1 - whole * same, 2 * whole * same),
        "exact": (1 - whole, 2 * whole),
        "partial": (1 - whole, 1 + whole),
        "ent_type": (np.where(same, away, np.iinfo(np.int64).max), 2 * same.astype(np.int64)),
    }
    results = Results()
    for schema, (rank, credit) in rules.items():
        taken = _first_free(pairs, np.arange(len(pairs)), rank)
        alone = _first_free(pairs, np.flatnonzero(same), rank)
        overall, per_label = (
            span_counts(task, pairs.gold[rows], pairs.predicted[rows], credit[rows], scale=2)
            for rows in (taken, alone)
        )
        result = _result(f"nervaluate/{schema}", overall, per_label, labels, resampling, context, notes=notes)
        earned = np.bincount(credit[taken], minlength=3)
        results[result.schema] = replace(
            result,
            errors={
                "correct": int(earned[2]),
                "incorrect": int(earned[0]),
                "partial": int(earned[1]),
                "missed": len(gold) - len(taken),
                "spurious": len(predicted) - len(taken),
            },
        )
    return results


def _first_free(pairs: Pairs, rows: Ints, rank: Ints) -> Ints:
    """The rows of the pairs that are made when predictions choose one after the other, in their order.

    Each takes the free gold span of the lowest rank, the first in gold's order among equals.
    """
    gold, predicted = pairs.gold[rows], pairs.predicted[rows]
    alone = (np.bincount(gold)[gold] == 1) & (np.bincount(predicted)[predicted] == 1)
    chosen = [rows[alone]]
    rows, gold, predicted = rows[~alone], gold[~alone], predicted[~alone]
    order = np.lexsort((gold, rank[rows], predicted))
    used_gold, used_predicted = set(), set()
    for row, g, p in zip(rows[order].tolist(), gold[order].tolist(), predicted[order].tolist(), strict=True):
        if g not in used_gold and p not in used_predicted:
            used_gold.add(g)
            used_predicted.add(p)
            chosen.append(np.asarray([row], np.int64))
    return np.concatenate(chosen).astype(np.int64)


def _hipe(task: Task, labels: Sequence[str], resampling: Resampling, context: Context) -> Results:
    known = np.isin(task.predicted.label, task.gold.label)
    notes = []
    if not known.all():
        notes.append(
            f"the HIPE scorer ignores {int((~known).sum())} predictions whose label gold does not hold:"
            " its precision is too high; our schemas count them as spurious"
        )
    predicted = task.predicted.take(known)
    task = Task(task.gold.sorted(), predicted.sorted(), task.units, task.labels)
    gold, predicted, pairs = task.gold, task.predicted, task.pairs
    if (np.bincount(pairs.predicted) > 1).any():
        notes.append(
            "a prediction over several gold spans takes the leftmost in the HIPE scorer, even where another"
            " has its label; our schemas take the one with its label"
        )
    taken = _first_free(pairs, np.arange(len(pairs)), np.zeros(len(pairs), np.int64))
    g, p = pairs.gold[taken], pairs.predicted[taken]
    same = task.same_label[taken]
    whole = (gold.start[g] == predicted.start[p]) & (gold.end[g] == predicted.end[p])
    counted_as = predicted.label.copy()
    counted_as[p] = gold.label[g]
    by_label = Task(gold, replace(predicted, label=counted_as), task.units, task.labels)
    results = Results()
    for schema, right in (("strict", same & whole), ("fuzzy", same)):
        counts = span_counts(by_label, g[right], p[right])
        result = _result(
            f"hipe/{schema}", counts, counts, labels, resampling, context, macro=True, notes=notes
        )
        by_document = span_counts(
            Task(
                replace(gold, unit=gold.document),
                replace(predicted, unit=predicted.document),
                _documents(task),
                task.labels,
            ),
            g[right],
            p[right],
        ).per_unit()
        results[result.schema] = replace(
            result,
            averages={"macro_doc": _document_mean(by_document)},
            errors={
                "correct": int(right.sum()),
                "incorrect": int((~right).sum()),
                "missed": len(gold) - len(taken),
                "spurious": len(predicted) - len(taken),
            },
        )
    return results


def _documents(task: Task) -> int:
    return int(max(task.gold.document.max(initial=-1), task.predicted.document.max(initial=-1))) + 1


def _document_mean(per_document: Ints) -> Score:
    """Means over the documents in which each of P, R and F1 is defined: both sides, for F1."""
    precision, recall, f1 = precision_recall_f1(per_document, 1)
    f1 = np.where((per_document[:, GOLD] > 0) & (per_document[:, PREDICTED] > 0), f1, np.nan)
    means = [float(np.nanmean(v)) if not np.isnan(v).all() else None for v in (precision, recall, f1)]
    gold, predicted, _, hits = per_document.sum(axis=0).tolist()
    return Score(means[0], means[1], means[2], float(hits), gold, predicted)


def _weighted(counts: Counts) -> Score:
    """Means over labels, weighted by their gold spans; 0 without any."""
    totals = counts.totals()
    weight = totals[:, GOLD]
    means = [
        float(np.nan_to_num(values) @ weight / max(weight.sum(), 1))
        for values in precision_recall_f1(totals, counts.scale)
    ]
    return _score(totals.sum(axis=0), counts.scale, means, _NONE)


def _result(
    schema: str,
    overall: Counts,
    per_label: Counts,
    labels: Sequence[str],
    resampling: Resampling,
    context: Context,
    *,
    macro: bool = False,
    notes: Sequence[str] = (),
) -> Result:
    """Micro scores of ``overall`` and the rows of ``per_label``, with 0 for 0/0."""
    totals, scale = per_label.totals(), overall.scale
    micro = overall.per_unit().sum(axis=0)
    notes = list(notes)
    micro_band: Sequence[Interval | None] = _NONE
    macro_band: Sequence[Interval | None] = _NONE
    bands: Sequence[Sequence[Interval | None]] = [_NONE] * len(labels)
    if resampling.samples and overall.units >= 2:
        drawn = intervals(per_label.sample(), resampling)
        micro_band, macro_band, bands = drawn.micro, drawn.macro, drawn.labels
        if overall is not per_label:
            micro_band = intervals(overall.sample(), resampling).micro
    elif resampling.samples:
        notes.append(f"no interval: one {resampling.unit} says nothing about how scores vary")
    present = np.flatnonzero(totals[:, GOLD] + totals[:, PREDICTED])
    undefined = any(np.isnan(values).any() for values in precision_recall_f1(totals[present], scale))
    if undefined or not micro[GOLD] or not micro[PREDICTED]:
        notes.append(f"{schema.partition('/')[0]} reports 0/0 as 0; our schemas leave it undefined")
    top = _score(micro, scale, _zeroed(micro, scale), micro_band)
    mean = None
    if macro and len(present):
        mean = _score(micro, scale, [float(v) for v in macro_average(totals, scale)], macro_band)
    return Result(
        **{name: getattr(top, name) for name in Score.__dataclass_fields__},
        schema=schema,
        per_label={
            labels[i]: _score(totals[i], scale, _zeroed(totals[i], scale), bands[i]) for i in present.tolist()
        },
        macro=mean,
        labels_absent=len(labels) - len(present),
        signature=context.signature(schema, resampling),
        notes=tuple(notes),
        unit_sums=small(overall.per_unit()) if resampling.samples and overall.units >= 2 else None,
        scale=scale,
    )


def _zeroed(sums: Ints | Floats, scale: int) -> list[float]:
    return [float(np.nan_to_num(value)) for value in precision_recall_f1(sums, scale)]


def _score(sums: Ints, scale: int, values: Sequence[float], band: Sequence[Interval | None]) -> Score:
    return Score(
        values[0],
        values[1],
        values[2],
        float(sums[HITS_PREDICTED]) / scale,
        int(sums[GOLD]),
        int(sums[PREDICTED]),
        *band,
    )
