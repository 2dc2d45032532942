"""The numbers of nervaluate 1.2.1: four schemas, in the order given.

Predictions take turns in the order given; each takes the best gold span that is still free, the first listed
among equals, and an overlap uses that gold span up whether it earns credit or not. An overlap of less than
1 % of the gold span is none. Each label is scored alone, so that there a prediction cannot meet a gold span
of another label. ``nervaluate@50`` asks for 50 % instead (its ``min_overlap_percentage``).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wortlaut.model.columns import Ints, Spans
from wortlaut.scoring.metrics._given import first_free, given
from wortlaut.scoring.metrics._metric import PERFECT, GivenMetric
from wortlaut.scoring.tally import Note, Tally
from wortlaut.scoring.task import Task, span_counts

#: Below this percentage of the gold span nervaluate sees no overlap, unless another is asked for.
_LEAST = 1.0


def tallies(task: Task, labels: tuple[str, ...], threshold: float) -> Mapping[str, Tally]:
    task, _ = given(task, "nervaluate", nested=True)
    least = threshold or _LEAST
    name = f"nervaluate@{least:g}" if threshold else "nervaluate"
    gold, predicted, pairs = task.gold, task.predicted, task.pairs
    wide = pairs.shared / gold.sizes()[pairs.gold] * 100.0 >= least
    same, narrow = task.same_label[wide], int((~wide).sum())
    pairs = pairs.take(wide)
    several = int((np.bincount(pairs.predicted) > 1).sum() + (np.bincount(pairs.gold) > 1).sum())
    notes = (
        Note(
            f"nervaluate ignores {{0}} overlaps of less than {least:g} % of the gold span;"
            " our schemas do not",
            (narrow,),
        ),
        Note(
            "{0} spans overlap several of the other side: nervaluate takes the first free one in the"
            " order given, so its counts depend on that order; our schemas do not",
            (several,),
        ),
    )
    away = abs(gold.start[pairs.gold] - predicted.start[pairs.predicted]) + abs(
        gold.end[pairs.gold] - predicted.end[pairs.predicted]
    )
    whole = (away == 0).astype(np.int64)
    # Schema → what a prediction prefers (lowest first), what a pair earns, in halves.
    rules: dict[str, tuple[Ints, Ints]] = {
        "strict": (1 - whole * same, 2 * whole * same),
        "exact": (1 - whole, 2 * whole),
        "partial": (1 - whole, 1 + whole),
        "ent_type": (np.where(same, away, np.iinfo(np.int64).max), 2 * same.astype(np.int64)),
    }
    places = _places(gold), _places(predicted)
    found = {}
    for schema, (rank, credit) in rules.items():
        taken = first_free(pairs, np.arange(len(pairs)), rank)
        alone = first_free(pairs, np.flatnonzero(same), rank)
        overall, per_label = (
            span_counts(task, pairs.gold[rows], pairs.predicted[rows], credit[rows], scale=2)
            for rows in (taken, alone)
        )
        earned = np.full(len(predicted), -1)
        earned[pairs.predicted[taken]] = credit[taken]
        missed = np.delete(places[0], pairs.gold[taken], axis=0)
        classes = zip(METRIC.classes, (2, 0, 1, None, -1), strict=True)
        indices = {
            kind: missed if halves is None else places[1][earned == halves] for kind, halves in classes
        }
        errors = {kind: len(rows) for kind, rows in indices.items()}
        found[f"{name}/{schema}"] = Tally(
            per_label, labels, errors, notes, pooled=overall, averages=(), zero=True, indices=indices
        )
    return found


def _places(spans: Spans) -> Ints:
    """Document and number within it of each span, both from 0."""
    order = np.argsort(spans.document, kind="stable")
    document = spans.document[order]
    places = np.stack([spans.document, spans.document], axis=1)
    places[order, 1] = np.arange(len(order)) - np.searchsorted(document, document)
    return places


METRIC = GivenMetric(
    name="nervaluate",
    says="nervaluate 1.2.1: strict, exact, partial, ent_type, in the order given",
    holds=frozenset({PERFECT}),
    classes=("correct", "incorrect", "partial", "missed", "spurious"),
    tallies=tallies,
)
