"""How much a score varies between units, by leaving out one at a time; intervals on the logit."""

from __future__ import annotations

import numpy as np

from wortlaut.model.columns import Floats, Ints
from wortlaut.scoring.counts import GOLD, PREDICTED, precision_recall_f1


def pseudo_values(sums: Ints, scale: int) -> Floats:
    """Of P, R and F1 for each unit, shape ``(units, 3)``: D·θ - (D - 1)·(θ without it) (Tukey 1958).

    ``sums`` are the counts of each unit, ``(units, 4)``. NaN where a score is undefined without the unit.
    """
    units, total = len(sums), sums.sum(axis=0)
    whole = np.stack(precision_recall_f1(total, scale), axis=-1)
    without = np.stack(precision_recall_f1(total - sums, scale), axis=-1)
    values: Floats = units * whole - (units - 1) * without
    return values


def freedom(sizes: Ints | Floats) -> Floats:
    """Degrees of freedom of a mean over units of these sizes (first axis), see :func:`degrees`."""
    size = np.asarray(sizes, np.float64)
    return degrees(size.sum(axis=0), (size**2).sum(axis=0))


def degrees(total: Floats, squares: Floats) -> Floats:
    """Degrees of freedom from the sum Σs and the sum of squares Σs² of sizes: (Σs)² / Σs² - 1, at least 1.

    A corpus in which one document has most items says as little as two documents do.
    """
    effective = np.divide(total**2, squares, out=np.ones_like(squares), where=squares > 0)
    least_one: Floats = np.maximum(effective - 1, 1)
    return least_one


def sizes(sums: Ints) -> Floats:
    """What P, R and F1 of each unit weigh: shape ``(…, 3)`` from counts of shape ``(…, 4)``."""
    gold, predicted = sums[..., GOLD], sums[..., PREDICTED]
    return np.stack([predicted, gold, (gold + predicted) / 2], axis=-1)


def t_quantile(freedom: Floats | float, confidence: float = 0.95) -> Floats:
    """The two-sided quantile of Student's t."""
    from scipy.special import stdtrit

    quantile: Floats = stdtrit(freedom, (1 + confidence) / 2)
    return quantile


def logit_interval(
    score: Floats | float, half: Floats | float, items: Floats | float, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Low and high ends from half a width on the scale of the score; NaN where nothing can be said.

    The width is carried to the logit, where an interval cannot leave [0, 1]. At 1, where no unit varies, it
    goes from :func:`edge` to 1, and mirrored at 0.
    """
    from scipy.special import expit, logit

    score, half, items = (np.asarray(value, np.float64) for value in (score, half, items))
    inside = (score > 0) & (score < 1) & (half > 0)
    middle = np.where(inside, score, 0.5)
    width = np.where(inside, half, np.nan) / (middle * (1 - middle))
    low, high = expit(logit(middle) - width), expit(logit(middle) + width)
    end = edge(items, confidence)
    low = np.where(score == 1, end, np.where(score == 0, 0.0, low))
    high = np.where(score == 0, 1 - end, np.where(score == 1, 1.0, high))
    return low, high


def edge(items: Floats, confidence: float = 0.95) -> Floats:
    """The low end where all of so many items are right: a tail to the power of 2 / items.

    An exact interval has 1 / items (Clopper & Pearson 1934); twice that, since items share documents.
    """
    end: Floats = ((1 - confidence) / 2) ** (2 / np.maximum(items, 1))
    return end
