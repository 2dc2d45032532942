"""Overlap, same label."""

from __future__ import annotations

from wortlaut.scoring.counts import Counts
from wortlaut.scoring.metrics._metric import CLASSES, OURS, SpanMetric
from wortlaut.scoring.metrics._pairs import pair_counts
from wortlaut.scoring.task import Task


def count(task: Task, threshold: float) -> Counts:
    return pair_counts(task, task.same_label)


METRIC = SpanMetric(name="type", says="overlap, same label", holds=OURS, classes=CLASSES, count=count)
