"""The weighted means of meta-analysis, beside which stands ours, and a published example of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as students

Floats = NDArray[np.float64]
#: Trials of BCG vaccine: cases and others, vaccinated and not (Colditz et al. 1994; `dat.bcg` of metafor).
_BCG = """4 119 11 128, 6 300 29 274, 3 228 11 209, 62 13536 248 12619, 33 5036 47 5761, 180 1361 372 1079,
8 2537 10 619, 505 87886 499 87892, 29 7470 45 7232, 17 1699 65 1600, 186 50448 141 27197, 5 2493 3 2338,
27 16886 29 17825"""


def bcg() -> tuple[Floats, Floats]:
    """The logarithm of the relative risk in each trial, and its variance."""
    a, b, c, d = np.asarray([row.split() for row in _BCG.split(",")], np.float64).T
    return np.log(a / (a + b)) - np.log(c / (c + d)), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def weighted(effects: Floats, variances: Floats) -> Iterator[tuple[float, float]]:
    """Mean and half width of its 95% interval, in three ways.

    DerSimonian and Laird (1986); Hartung and Knapp (2001); the latter with a factor of at least 1 (Röver et
    al. 2015).
    """
    number = len(effects)
    w = 1 / variances
    q = float(w @ (effects - w @ effects / w.sum()) ** 2)
    w = 1 / (variances + max(0.0, (q - number + 1) / (w.sum() - (w @ w) / w.sum())))
    mean, error = float(w @ effects / w.sum()), float(w.sum() ** -0.5)
    factor = (float(w @ (effects - mean) ** 2) / (number - 1)) ** 0.5
    t = float(students.ppf(0.975, number - 1))
    yield from ((mean, 1.96 * error), (mean, t * factor * error), (mean, t * max(factor, 1) * error))
