"""Every covered character with its label, each once."""

from __future__ import annotations

from wortlaut.scoring.counts import Counts
from wortlaut.scoring.metrics._metric import CLASSES, OURS, SpanMetric
from wortlaut.scoring.metrics._positions import position_counts
from wortlaut.scoring.task import Task


def count(task: Task, threshold: float) -> Counts:
    return position_counts(task, task.gold, task.predicted)


METRIC = SpanMetric(
    name="character",
    says="every covered character with its label, each once",
    holds=OURS,
    classes=CLASSES,
    count=count,
    positions=True,
)
