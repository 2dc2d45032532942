"""The numbers of nervaluate 1.2.1: four schemas, in the order given.

Predictions take turns in the order given; each takes the best gold span that is still free, the first listed
among equals, and an overlap uses that gold span up whether it earns credit or not. An overlap of less than
1 % of the gold span is none. Each label is scored alone, so that there a prediction cannot meet a gold span
of another label.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wortlaut.model.columns import Ints
from wortlaut.scoring.metrics._given import first_free, given
from wortlaut.scoring.metrics._metric import PERFECT, GivenMetric
from wortlaut.scoring.tally import Note, Tally
from wortlaut.scoring.task import Task, span_counts

#: Below this percentage of the gold span nervaluate sees no overlap (its ``min_overlap_percentage``).
_LEAST = 1.0


def tallies(task: Task, labels: tuple[str, ...]) -> Mapping[str, Tally]:
    task, _ = given(task, "nervaluate", nested=True)
    gold, predicted, pairs = task.gold, task.predicted, task.pairs
    wide = pairs.shared / gold.sizes()[pairs.gold] * 100.0 >= _LEAST
    same, narrow = task.same_label[wide], int((~wide).sum())
    pairs = pairs.take(wide)
    several = int((np.bincount(pairs.predicted) > 1).sum() + (np.bincount(pairs.gold) > 1).sum())
    notes = (
        Note(
            "nervaluate ignores {0} overlaps of less than 1 % of the gold span; our schemas do not", (narrow,)
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
    found = {}
    for schema, (rank, credit) in rules.items():
        taken = first_free(pairs, np.arange(len(pairs)), rank)
        alone = first_free(pairs, np.flatnonzero(same), rank)
        overall, per_label = (
            span_counts(task, pairs.gold[rows], pairs.predicted[rows], credit[rows], scale=2)
            for rows in (taken, alone)
        )
        earned = np.bincount(credit[taken], minlength=3)
        errors = {
            "correct": int(earned[2]),
            "incorrect": int(earned[0]),
            "partial": int(earned[1]),
            "missed": len(gold) - len(taken),
            "spurious": len(predicted) - len(taken),
        }
        found[f"nervaluate/{schema}"] = Tally(
            per_label, labels, errors, notes, pooled=overall, averages=(), zero=True
        )
    return found


METRIC = GivenMetric(
    name="nervaluate",
    says="nervaluate 1.2.1: strict, exact, partial, ent_type, in the order given",
    holds=frozenset({PERFECT}),
    classes=("correct", "incorrect", "partial", "missed", "spurious"),
    tallies=tallies,
)
