"""From a task of gold and predicted spans to a result: counts, point scores, intervals, errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wortlaut.scoring.columns import Floats, Ints, small
from wortlaut.scoring.confusion import Confusion, confusion
from wortlaut.scoring.counts import GOLD, HITS_GOLD, HITS_PREDICTED, PREDICTED, Counts, Sample, merged
from wortlaut.scoring.result import Result, Results, Score
from wortlaut.scoring.schemas import PAIR_CLASSES, Alignment, Task, count
from wortlaut.scoring.uncertainty import FEW_DOCUMENTS, Interval, Intervals, Resampling, intervals
from wortlaut.version import VERSION

#: With more labels than the one and more labels × units than the other (names of speakers in a large corpus)
#: labels get no intervals of their own: their counts in each unit would not fit memory.
_MANY_LABELS, _LABEL_CELLS = 100, 8_000_000


@dataclass(frozen=True)
class Context:
    """What a signature says beside the schema: which corpus, which layer, how labels were projected."""

    corpus: str = ""
    layer: str = "spans"
    labels: str = ""

    def signature(self, schema: str, resampling: Resampling) -> str:
        parts = [
            "wortlaut",
            f"corpus:{self.corpus}" if self.corpus else "",
            f"layer:{self.layer}",
            f"labels:{self.labels}" if self.labels else "",
            f"schema:{schema}",
            "avg:micro",
            resampling.signature,
            f"v:{VERSION}",
        ]
        return "|".join(part for part in parts if part)


def score_tasks(
    tasks: Sequence[Callable[[], Task]],
    labels: Sequence[str],
    schemas: Sequence[str],
    resampling: Resampling,
    context: Context,
    *,
    errors: bool = False,
    notes: Sequence[str] = (),
) -> Results:
    """The results of one corpus, given as tasks over blocks of its documents, made one at a time.

    A block leaves nothing behind but its distinct rows of counts; so memory depends on the blocks, not on
    the corpus, and the numbers are those of one pass. With ``errors`` also the error classes and the
    confusion matrix.
    """
    samples: dict[str, Sample] = {}
    classes: Counter[str] = Counter()
    confused: Confusion | None = None
    for make in tasks:
        task = make()
        for schema in schemas:
            counts = count(task, schema)
            sample = counts.sample() if resampling.samples else _summed(counts)
            samples[schema] = merged((samples[schema], sample)) if schema in samples else sample
        if errors:
            classes.update(error_counts(task.alignment))
            one = confusion(task, labels)
            confused = one if confused is None else confused + one
    results = Results()
    for schema in schemas:
        result = score_counts(
            samples[schema],
            labels,
            schema,
            resampling,
            context,
            errors=dict(classes) if errors else None,
            notes=notes,
        )
        results[schema] = replace(result, confusion=confused)
    return results


def _summed(counts: Counts) -> Sample:
    """All units as one: enough for the scores themselves."""
    return Sample(counts.totals()[None], np.ones(1, np.int64), counts.scale)


def score_counts(
    counts: Counts | Sample,
    labels: Sequence[str],
    schema: str,
    resampling: Resampling,
    context: Context,
    *,
    errors: dict[str, int] | None = None,
    notes: Sequence[str] = (),
) -> Result:
    """The result of counts from one pass, or of a sample merged from shards: the same numbers."""
    totals, scale, units = counts.totals(), counts.scale, counts.units
    precision, recall, f1 = point_scores(totals, scale)
    bands: Intervals | None = None
    notes = list(notes)
    unit_sums: Ints | None = None
    if resampling.samples and units < 2:
        notes.append(f"no interval: one {resampling.unit} says nothing about how scores vary")
    elif resampling.samples:
        if isinstance(counts, Sample):
            bands = intervals(counts, resampling)
        elif counts.labels > _MANY_LABELS and counts.labels * units > _LABEL_CELLS:
            pooled = replace(counts, label=np.zeros_like(counts.label), labels=1)
            micro_only = intervals(pooled.sample(), resampling).micro
            bands = Intervals(micro_only, (None,) * 3, ((None,) * 3,) * counts.labels)
            notes.append(f"no intervals for each of {counts.labels} labels and for their mean: too many")
        else:
            bands = intervals(counts.sample(), resampling)
        if isinstance(counts, Counts):
            unit_sums = small(counts.per_unit())
        if units < FEW_DOCUMENTS:
            notes.append(f"{units} {resampling.unit}s are few: the interval is too narrow")
    present = totals[:, GOLD] + totals[:, PREDICTED] > 0

    def score(row: int, sums: Ints, band: Sequence[Interval | None]) -> Score:
        return Score(
            _defined(precision[row]),
            _defined(recall[row]),
            _defined(f1[row]),
            float(sums[HITS_PREDICTED]) / scale,
            int(sums[GOLD]),
            int(sums[PREDICTED]),
            *band,
        )

    nothing = (None, None, None)
    summed = totals.sum(axis=0)
    micro = score(-2, summed, bands.micro if bands else nothing)
    return Result(
        **{name: getattr(micro, name) for name in Score.__dataclass_fields__},
        schema=schema,
        per_label={
            label: score(i, totals[i], bands.labels[i] if bands else nothing)
            for i, label in enumerate(labels)
            if present[i]
        },
        macro=score(-1, summed, bands.macro if bands else nothing),
        labels_absent=int((~present).sum()),
        signature=context.signature(schema, resampling),
        notes=tuple(notes),
        errors=errors,
        unit_sums=unit_sums,
        scale=scale,
    )


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


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def error_counts(alignment: Alignment) -> dict[str, int]:
    """How many spans fall into each error class (Ortmann 2022, section 3)."""
    kinds = np.bincount(alignment.kind, minlength=len(PAIR_CLASSES)).tolist()
    return {
        **dict(zip(PAIR_CLASSES, kinds, strict=True)),
        "missed": len(alignment.missed),
        "spurious": len(alignment.spurious),
    }
