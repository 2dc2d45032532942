"""Same boundaries, same label."""

from __future__ import annotations

from wortlaut.scoring.counts import Counts
from wortlaut.scoring.match import identical
from wortlaut.scoring.metrics._metric import CLASSES, OURS, SpanMetric
from wortlaut.scoring.task import Task, span_counts


def count(task: Task, threshold: float) -> Counts:
    return span_counts(task, *identical(task.gold, task.predicted, with_label=True))


METRIC = SpanMetric(
    name="strict", says="same boundaries, same label", holds=OURS, classes=CLASSES, count=count
)
