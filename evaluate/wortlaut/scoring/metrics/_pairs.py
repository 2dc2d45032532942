"""Pairs of overlapping spans as right answers."""

from __future__ import annotations

import numpy as np

from wortlaut.model.columns import Bools
from wortlaut.scoring.counts import Counts
from wortlaut.scoring.match import assign
from wortlaut.scoring.task import Task, span_counts


def pair_counts(task: Task, eligible: Bools) -> Counts:
    """As many eligible pairs as possible; among equals those that share most."""
    pairs = task.pairs.take(eligible)
    best = assign(pairs.gold, pairs.predicted, np.ones(len(pairs)), task.jaccard[eligible])
    return span_counts(task, pairs.gold[best], pairs.predicted[best])
