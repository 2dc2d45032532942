"""Scored predictions: precision against recall, the best threshold, calibration; by scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wortlaut.model.columns import Floats, Ints
from wortlaut.scoring.metrics import counter
from wortlaut.scoring.task import Task


@dataclass(frozen=True)
class Curves:
    """What a confidence is worth, all in [0, 1].

    ``precision`` and ``recall`` belong to the thresholds in ``threshold``, descending: predictions with
    at least that score are kept. ``average_precision`` is the step-wise area under them.
    ``best_threshold`` has the highest F1, ``best_f1``. ``calibration`` holds, for up to ten bins of equally
    many predictions, the mean score, the share that is right, and how many; ``calibration_error`` is the
    mean distance of score and share over predictions, ``brier`` the mean squared distance of each score
    from right (1) or wrong (0).
    """

    threshold: Floats
    precision: Floats
    recall: Floats
    average_precision: float
    best_threshold: float
    best_f1: float
    calibration: tuple[tuple[float, float, int], ...]
    calibration_error: float
    brier: float | None
    gold: int
    predicted: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        arrays = {name: getattr(self, name).tolist() for name in ("threshold", "precision", "recall")}
        return {
            **arrays,
            "average_precision": self.average_precision,
            "best_threshold": self.best_threshold,
            "best_f1": self.best_f1,
            "calibration": [list(row) for row in self.calibration],
            "calibration_error": self.calibration_error,
            "brier": self.brier,
            "gold": self.gold,
            "predicted": self.predicted,
        }


def curves_of(task: Task, schema: str = "strict") -> Curves:
    """Curves of a task with gold spans and scores; of duplicates the one with the highest score is right."""
    predicted = task.predicted
    assert predicted.score is not None
    predicted = predicted.take(np.argsort(-predicted.score, kind="stable").astype(np.int64)).sorted()
    assert predicted.score is not None
    metric, threshold = counter(schema)
    right = metric.count(replace(task, predicted=predicted), threshold).hits_predicted[len(task.gold) :]
    return _scored(right, predicted.score, len(task.gold))


def _scored(right: Ints, score: Floats, gold: int) -> Curves:
    from sklearn.metrics import brier_score_loss, precision_recall_curve

    if not right.any():
        order = np.unique(score)[::-1]
        precision, recall, threshold = np.zeros(len(order)), np.zeros(len(order)), order
    else:
        # scikit-learn's recall is a share of the right predictions; missed gold spans are not among them.
        p, r, t = precision_recall_curve(right, score)
        precision, recall, threshold = p[-2::-1], r[-2::-1] * (right.sum() / gold), t[::-1]
    f1 = np.divide(
        2 * precision * recall, precision + recall, out=np.zeros(len(precision)), where=precision + recall > 0
    )
    best = int(f1.argmax()) if len(f1) else 0
    steps = np.diff(np.r_[0.0, recall])
    bins = _bins(right, score)
    between = bool(((score >= 0) & (score <= 1)).all()) and len(score) > 0
    return Curves(
        threshold,
        precision,
        recall,
        float((steps * precision).sum()),
        float(threshold[best]) if len(threshold) else 1.0,
        float(f1[best]) if len(f1) else 0.0,
        bins,
        sum(abs(mean - share) * n for mean, share, n in bins) / max(len(score), 1),
        float(brier_score_loss(right, score, pos_label=1)) if between else None,
        gold,
        len(score),
    )


def _bins(right: Ints, score: Floats) -> tuple[tuple[float, float, int], ...]:
    """Up to ten bins with about equally many predictions; equal scores stay together."""
    if not len(score):
        return ()
    edges = np.unique(np.quantile(score, np.linspace(0, 1, 11)[1:-1]))
    number = np.searchsorted(edges, score, side="left")
    sizes = np.bincount(number)
    means = np.bincount(number, weights=score)
    shares = np.bincount(number, weights=right)
    return tuple(
        (float(m / n), float(s / n), int(n)) for m, s, n in zip(means, shares, sizes, strict=True) if n
    )
