"""Overlap, any label: a hit with equal boundaries, half a hit without."""

from __future__ import annotations

import numpy as np

from wortlaut.scoring.counts import Counts
from wortlaut.scoring.match import assign
from wortlaut.scoring.metrics._metric import BLIND, CLASSES, OURS, SpanMetric
from wortlaut.scoring.task import LABEL, Task, span_counts


def count(task: Task, threshold: float) -> Counts:
    """Equal boundaries first (worth no less than the two halves they could block), then the most overlaps."""
    alignment, pairs = task.alignment, task.pairs
    whole = alignment.kind <= LABEL
    g, p = alignment.gold[whole], alignment.predicted[whole]
    free = ~np.isin(pairs.gold, g) & ~np.isin(pairs.predicted, p)
    rest = pairs.take(free)
    best = assign(rest.gold, rest.predicted, np.ones(len(rest)), task.same_label[free], task.jaccard[free])
    credit = np.r_[np.full(len(g), 2), np.full(len(best), 1)].astype(np.int64)
    return span_counts(task, np.r_[g, rest.gold[best]], np.r_[p, rest.predicted[best]], credit, scale=2)


METRIC = SpanMetric(
    name="partial",
    says="overlap, any label: 1 if the boundaries are equal, else 0.5",
    holds=OURS | {BLIND},
    classes=CLASSES,
    count=count,
)
