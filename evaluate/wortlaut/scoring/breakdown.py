"""The same score for kinds of spans: by length, level, document, seen surface or any column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from wortlaut.model.columns import Ints, Spans
from wortlaut.scoring.metrics import counter
from wortlaut.scoring.tally import Tally
from wortlaut.scoring.task import Task

#: Upper ends of the length classes, in the unit of the offsets.
LENGTHS = (1, 2, 3, 5, 10, 20, 50, 100)


def length_groups() -> tuple[str, ...]:
    lows = (1, *(high + 1 for high in LENGTHS))
    names = [f"{low}" if low == high else f"{low}–{high}" for low, high in zip(lows, LENGTHS, strict=False)]
    return (*names, f"over {LENGTHS[-1]}")


def by_length(spans: Spans) -> Ints:
    """The class of :func:`length_groups` of each span, by its covered units."""
    return np.searchsorted(np.asarray(LENGTHS), spans.sizes(), side="left").astype(np.int64)


def grouped_tallies(
    task: Task, schemas: Iterable[str], groups: tuple[str, ...], *, fixed: bool = False
) -> dict[str, Tally]:
    """What each schema counts with the spans' ``group`` in the place of the label.

    The matching is that of the whole; recall looks at the group of the gold span, precision at that of the
    predicted span. Schemas that count positions instead of spans have no breakdown. ``fixed``: the groups are
    the same in every corpus, in this order.
    """
    assert task.gold.group is not None
    assert task.predicted.group is not None
    # Span schemas have one row a span, gold spans first.
    group = np.concatenate([task.gold.group, task.predicted.group])
    metrics = {schema: counter(schema) for schema in schemas}
    return {
        schema: Tally(
            replace(metric.count(task, threshold), label=group, labels=len(groups)),
            groups,
            ends=(groups if fixed else (), ()),
        )
        for schema, (metric, threshold) in metrics.items()
        if not metric.positions
    }
