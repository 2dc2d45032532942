"""Which label is taken for which, by scikit-learn, with the empty class for missed and spurious spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wortlaut.records.record import Count
from wortlaut.scoring.task import Task

#: The label of nothing: the prediction of a missed span, the gold of a spurious one.
EMPTY = "∅"


@dataclass(frozen=True)
class Confusion:
    """``matrix[i][j]`` counts spans with gold label ``labels[i]`` and predicted label ``labels[j]``; the last
    label is the empty class, for spans that the other side lacks.
    """

    labels: tuple[str, ...]
    matrix: tuple[tuple[Count, ...], ...]


def confusion(task: Task, labels: Sequence[str]) -> Confusion:
    """The confusion matrix of the alignment behind the error classes, boundaries aside."""
    from sklearn.metrics import confusion_matrix

    size = len(labels) + 1
    # Equal samples are one with a weight: scikit-learn then sees at most one a cell.
    truth, guess = np.nonzero(task.label_pairs)
    if not len(truth):
        return Confusion((*labels, EMPTY), ((0,) * size,) * size)
    weight = task.label_pairs[truth, guess]
    matrix = confusion_matrix(truth, guess, labels=np.arange(size), sample_weight=weight)
    return Confusion((*labels, EMPTY), tuple(map(tuple, matrix.tolist())))
