"""A metric's two halves: what is counted in each unit, and the score of summed counts.

Sums are all that a score needs, so intervals, paired tests, shards and tables rest on them alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wortlaut.model.columns import Floats, Ints, mix

#: The columns of a row of counts. Hits are counted on both sides because a schema that ignores
#: labels may credit a gold span of one label and a predicted span of another.
GOLD, PREDICTED, HITS_GOLD, HITS_PREDICTED = range(4)


@dataclass(frozen=True)
class Counts:
    """Sparse counts: row ``i`` adds its four numbers to ``(unit[i], label[i])``.

    Hits are in steps of ``1 / scale`` so that half credits stay exact integers. Where every row is one
    span, ``golds`` is how many rows, the first ones, are gold spans. Where gold and predicted count parts of
    an item, ``parts`` is how many one has.
    """

    units: int
    labels: int
    unit: Ints
    label: Ints
    gold: Ints
    predicted: Ints
    hits_gold: Ints
    hits_predicted: Ints
    scale: int = 1
    golds: int | None = None
    parts: int = 1

    def columns(self) -> tuple[Ints, Ints, Ints, Ints]:
        return self.gold, self.predicted, self.hits_gold, self.hits_predicted

    def totals(self) -> Ints:
        """Sums over all units, shape ``(labels, 4)``."""
        return self._summed(self.label, self.labels)

    def per_unit(self) -> Ints:
        """Sums over all labels, shape ``(units, 4)``."""
        return self._summed(self.unit, self.units)

    def by_unit_and_label(self) -> Ints:
        """All sums, shape ``(units, labels, 4)``."""
        place, cells = self.unit.astype(np.int64) * self.labels + self.label, self.units * self.labels
        return self._summed(place, cells).reshape(self.units, self.labels, 4)

    def _summed(self, by: Ints, size: int) -> Ints:
        # Sums of integers below 2**53 are exact in float64, in which bincount adds.
        if self.golds is None:
            sums = [np.bincount(by, weights=column, minlength=size) for column in self.columns()]
        else:
            first, second = slice(self.golds), slice(self.golds, None)
            sums = [
                np.bincount(by[first], minlength=size),
                np.bincount(by[second], minlength=size),
                np.bincount(by[first], weights=self.hits_gold[first], minlength=size),
                np.bincount(by[second], weights=self.hits_predicted[second], minlength=size),
            ]
        return np.stack(sums, axis=1).astype(np.int64)

    def sample(self) -> Sample:
        """The distinct rows of counts among the units, with how often each occurs."""
        multipliers = _multipliers(self.labels)
        row = np.zeros(len(self.unit), np.uint64)
        for position, column in enumerate(self.columns()):
            row += multipliers[self.label, position] * column.astype(np.uint64)
        fingerprint = np.zeros(self.units, np.uint64)
        np.add.at(fingerprint, self.unit, row)
        kinds, first, multiplicity = np.unique(fingerprint, return_index=True, return_counts=True)
        number = np.full(self.units, -1, np.int64)
        number[first] = np.arange(len(kinds))
        kept = number[self.unit] >= 0
        place = number[self.unit[kept]] * self.labels + self.label[kept]
        size = len(kinds) * self.labels
        rows = np.stack(
            [np.bincount(place, weights=column[kept], minlength=size) for column in self.columns()], axis=-1
        )
        shape = (len(kinds), self.labels, 4)
        return Sample(
            rows.reshape(shape).astype(np.int64), multiplicity.astype(np.int64), self.scale, self.parts
        )


@dataclass(frozen=True)
class Sample:
    """``k`` distinct rows of counts, shape ``(k, labels, 4)``, and how many units have each, ``(k,)``.

    Drawing units with replacement is drawing rows from a multinomial over these, so a bootstrap
    costs what the distinct rows cost, not what the units cost, and does not depend on their order.
    """

    rows: Ints
    multiplicity: Ints
    scale: int = 1
    parts: int = 1

    @property
    def units(self) -> int:
        return int(self.multiplicity.sum())

    def totals(self) -> Ints:
        summed: Ints = np.tensordot(self.multiplicity, self.rows, axes=(0, 0))
        return summed


def _multipliers(labels: int) -> NDArray[np.uint64]:
    """Odd 64-bit constants for fingerprints of count rows, shape ``(labels, 4)``.

    A linear hash modulo 2**64: a million distinct rows collide with a chance of about 3e-8.
    """
    index = np.arange(1, labels * 4 + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return (mix(index) | np.uint64(1)).reshape(labels, 4)


def precision_recall_f1(sums: Ints | Floats, scale: int) -> tuple[Floats, Floats, Floats]:
    """P, R, F1 of summed counts with shape ``(…, 4)``; NaN where undefined.

    P is undefined without predictions, R without gold, F1 without either; with only one side F1 is 0.
    Where hits can join two labels, one of P and R may be undefined and the other not 0: so is F1 then.
    """
    gold, predicted = sums[..., GOLD], sums[..., PREDICTED]
    nan = np.full(gold.shape, np.nan)
    precision = np.divide(sums[..., HITS_PREDICTED] / scale, predicted, out=nan.copy(), where=predicted > 0)
    recall = np.divide(sums[..., HITS_GOLD] / scale, gold, out=nan.copy(), where=gold > 0)
    p, r = np.nan_to_num(precision), np.nan_to_num(recall)
    f1 = np.where(gold + predicted > 0, 0.0, np.nan)
    np.divide(2 * p * r, p + r, out=f1, where=p + r > 0)
    f1[(np.isnan(precision) | np.isnan(recall)) & (p + r > 0)] = np.nan
    return precision, recall, f1


def defined(value: float) -> float | None:
    """``None`` for what is undefined."""
    return None if np.isnan(value) else float(value)


def macro_average(sums: Ints | Floats, scale: int) -> tuple[Floats, Floats, Floats]:
    """Means of P, R, F1 over the labels (second last axis) that occur in gold or prediction.

    A label that occurs on one side only counts 0 where it is undefined, as in scikit-learn with
    ``zero_division=0``; a label that occurs on neither side is left out.
    """
    present = sums[..., GOLD] + sums[..., PREDICTED] > 0
    count = present.sum(axis=-1)
    means = []
    for values in precision_recall_f1(sums, scale):
        total = np.where(present, np.nan_to_num(values), 0.0).sum(axis=-1)
        means.append(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))
    return means[0], means[1], means[2]
