"""At least one shared token, same label."""

from __future__ import annotations

from wortlaut.scoring.counts import Counts
from wortlaut.scoring.metrics._metric import CLASSES, OURS, SpanMetric
from wortlaut.scoring.metrics._pairs import pair_counts
from wortlaut.scoring.metrics._positions import share_a_token
from wortlaut.scoring.task import Task


def count(task: Task, threshold: float) -> Counts:
    """Offsets that are tokens already share a token wherever they overlap."""
    if task.tokens is None:
        return pair_counts(task, task.same_label)
    # A span that touches no token still equals itself.
    alike = share_a_token(task, task.tokens) | (task.jaccard == 1.0)
    return pair_counts(task, task.same_label & alike)


METRIC = SpanMetric(
    name="fuzzy", says="at least one shared token, same label", holds=OURS, classes=CLASSES, count=count
)
