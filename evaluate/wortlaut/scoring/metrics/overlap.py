"""Same label, and enough of all characters shared."""

from __future__ import annotations

from wortlaut.scoring.counts import Counts
from wortlaut.scoring.metrics._metric import CLASSES, OURS, SpanMetric
from wortlaut.scoring.metrics._pairs import pair_counts
from wortlaut.scoring.task import Task


def count(task: Task, threshold: float) -> Counts:
    # Quotients of integers that equal the threshold may lie an ulp below it.
    return pair_counts(task, task.same_label & (task.jaccard >= threshold - 1e-12))


METRIC = SpanMetric(
    name="overlap@T",
    says="same label, shared characters / all characters of both >= T, such as overlap@0.5",
    holds=OURS,
    classes=CLASSES,
    count=count,
)
