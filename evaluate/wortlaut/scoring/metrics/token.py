"""Every covered token with its label, each once."""

from __future__ import annotations

from wortlaut.scoring.counts import Counts
from wortlaut.scoring.metrics._metric import CLASSES, OURS, SpanMetric
from wortlaut.scoring.metrics._positions import covered, position_counts
from wortlaut.scoring.task import Task


def count(task: Task, threshold: float) -> Counts:
    if task.tokens is None:
        return position_counts(task, task.gold, task.predicted)
    return position_counts(task, covered(task.gold, task.tokens), covered(task.predicted, task.tokens))


METRIC = SpanMetric(
    name="token",
    says="every covered token with its label, each once",
    holds=OURS,
    classes=CLASSES,
    count=count,
    positions=True,
)
