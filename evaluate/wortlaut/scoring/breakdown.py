"""The same score for kinds of spans: by length, level, document, seen surface or any column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from wortlaut.errors import WortlautError
from wortlaut.scoring.columns import Ints, Spans
from wortlaut.scoring.counts import Counts
from wortlaut.scoring.schemas import UNITS_AS_ITEMS, Task, count

#: Upper ends of the length classes, in the unit of the offsets.
LENGTHS = (1, 2, 3, 5, 10, 20, 50, 100)


def length_groups() -> tuple[str, ...]:
    lows = (1, *(high + 1 for high in LENGTHS))
    names = [f"{low}" if low == high else f"{low}–{high}" for low, high in zip(lows, LENGTHS, strict=False)]
    return (*names, f"over {LENGTHS[-1]}")


def by_length(spans: Spans) -> Ints:
    """The class of :func:`length_groups` of each span, by its covered units."""
    return np.searchsorted(np.asarray(LENGTHS), spans.sizes(), side="left").astype(np.int64)


def grouped_counts(task: Task, schema: str, groups: Sequence[str]) -> Counts:
    """Counts of one schema with the spans' ``group`` in the place of the label.

    The matching is that of the whole; recall looks at the group of the gold span, precision at that
    of the predicted span. Raises WortlautError for schemas that count positions instead of spans.
    """
    if schema in UNITS_AS_ITEMS:
        raise WortlautError(f"{schema} counts positions, not spans, and has no breakdown")
    assert task.gold.group is not None
    assert task.predicted.group is not None
    counts = count(task, schema)
    # Span schemas have one row a span, gold spans first.
    group = np.concatenate([task.gold.group, task.predicted.group])
    return replace(counts, label=group, labels=len(groups))
