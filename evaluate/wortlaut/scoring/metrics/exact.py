"""Same boundaries, any label."""

from __future__ import annotations

from wortlaut.scoring.counts import Counts
from wortlaut.scoring.metrics._metric import BLIND, CLASSES, OURS, SpanMetric
from wortlaut.scoring.task import LABEL, Task, span_counts


def count(task: Task, threshold: float) -> Counts:
    alignment = task.alignment
    same = alignment.kind <= LABEL
    return span_counts(task, alignment.gold[same], alignment.predicted[same])


METRIC = SpanMetric(
    name="exact", says="same boundaries, any label", holds=OURS | {BLIND}, classes=CLASSES, count=count
)
