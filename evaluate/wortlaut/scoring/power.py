"""What a corpus can show: how often the paired test supports a drop of F1, from the counts of a pilot.

From two systems units are drawn with replacement, the hits of the worse one are thinned so far that they
differ by the drop in the long run, and the test of :func:`wortlaut.scoring.compare.paired_test` is run on
what was drawn. From one system only the best case is known: it loses some hits and changes nothing else.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from wortlaut.model.columns import Ints
from wortlaut.records.record import Many, Share
from wortlaut.scoring.compare import f1
from wortlaut.scoring.counts import GOLD, HITS_GOLD, HITS_PREDICTED, PREDICTED
from wortlaut.scoring.jackknife import pseudo_values, t_quantile
from wortlaut.scoring.runs import Crossed

#: The power that is asked for.
ASKED = 0.8
#: Drops that are tried, and numbers of units.
DROPS = (0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08, 0.12, 0.16, 0.24, 0.32, 0.48, 0.64)
UNITS = (10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 700, 1000)
#: More units than this are put together at random into so many: the test loses nothing by that.
_MOST_UNITS = UNITS[-1]
_DRAWS = 400
#: Drawn corpora that share their swaps.
_AT_ONCE = 20
_F1, _HITS = 2, [HITS_GOLD, HITS_PREDICTED]


@dataclass(frozen=True)
class Point:
    """How often the test supports the drop on so many units; the band is one standard error of a pilot."""

    drop: Share
    units: Many
    power: Share
    band: tuple[Share, Share]


@dataclass(frozen=True)
class Pilot:
    """What two systems have in the same units, the better one first; shape ``(units, 4)`` each.

    A unit stands for ``each`` documents (or sentences) where there were too many.
    """

    better: Ints
    worse: Ints
    scale: int
    each: float = 1.0

    @classmethod
    def of(cls, one: Ints, other: Ints, scale: int) -> Self:
        """From the sums of the same units, in any order of the systems."""
        if f1(one.sum(axis=0), scale) < f1(other.sum(axis=0), scale):
            one, other = other, one
        units = len(one)
        if units > _MOST_UNITS:
            order = np.random.Generator(np.random.PCG64(0)).permutation(units)
            starts = np.arange(_MOST_UNITS) * units // _MOST_UNITS
            one, other = (np.add.reduceat(sums[order], starts) for sums in (one, other))
        return cls(one, other, scale, units / len(one))

    @classmethod
    def best(cls, system: Ints, scale: int, differing: float = 0.0) -> Self:
        """From one system, against itself with a share of the gold items changed: half lost, half won."""
        rng = np.random.Generator(np.random.PCG64(0))
        missed = np.maximum(system[:, GOLD] - system[:, HITS_GOLD] // scale, 0)
        hits = system[:, HITS_PREDICTED] // scale
        wanted = round(differing * int(system[:, GOLD].sum()) / 2)
        won, lost = (
            rng.multivariate_hypergeometric(items, min(wanted, int(items.sum())), method="marginals")
            for items in (missed, hits)
        )
        other = system.copy()
        other[:, _HITS] = np.maximum(other[:, _HITS] + ((won - lost) * scale)[:, None], 0)
        other[:, PREDICTED] -= np.minimum(_wrong(other, scale), 0)
        return cls.of(system, other, scale)

    @cached_property
    def most(self) -> float:
        """The largest drop there can be."""
        return float(f1(self.better.sum(axis=0), self.scale))

    def differing_by(self, drop: float, take: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """Of these units, in corpora in which the systems differ by the drop in the long run, ``(…, 4)``.

        The worse system loses hits, or where it is further behind it catches up in some items.
        """
        items, end, share = self._changes(drop)
        worse = self.worse[take]
        part = rng.binomial(items[take], share) / np.maximum(items[take], 1)
        step = np.asarray([1, 1, self.scale, self.scale])
        # Parts of an item are rounded at random, up or down.
        rounding = rng.random(take.shape)[..., None] + 1e-9
        changed = np.floor(part[..., None] * ((end - self.worse) / step)[take] + rounding)
        return self.better[take], worse + changed.astype(np.int64) * step

    def _changes(self, drop: float) -> tuple[Ints, Ints, float]:
        """How many items of each unit may change, the unit when all have, and which share of them do."""
        end, total = self.worse.copy(), self.worse.sum(axis=0)
        if self.most - float(f1(total, self.scale)) <= drop:
            items = self.worse[:, HITS_PREDICTED] // self.scale
            end[:, _HITS] = np.maximum(end[:, _HITS] - (items * self.scale)[:, None], 0)
        else:
            lacking = np.maximum((self.better - self.worse)[:, _HITS].min(axis=1) // self.scale, 0)
            wrong = (_wrong(sums, self.scale) for sums in (self.worse, self.better))
            needless = np.maximum(np.subtract(*wrong), 0)
            end[:, _HITS] += (lacking * self.scale)[:, None]
            end[:, PREDICTED] += _wrong(self.worse, self.scale) - needless - _wrong(end, self.scale)
            items = lacking + needless
        shares = np.linspace(0, 1, 1001)
        away = np.abs(self.most - drop - f1(total + shares[:, None] * (end.sum(axis=0) - total), self.scale))
        return items, end, float(shares[away.argmin()])


def _wrong(sums: Ints, scale: int) -> Ints:
    """Answers without any credit, at least so many."""
    wrong: Ints = sums[:, PREDICTED] + -sums[:, HITS_PREDICTED] // scale
    return wrong


def power(pilot: Pilot, drop: float, units: float, level: float = 0.05, draws: int = _DRAWS) -> float:
    """How often the test supports a drop of this size on so many units (documents or sentences).

    The test is approximate randomisation, two-sided at ``level``: for many corpora at once, and with so many
    swaps as tell a p-value from that level.
    """
    drawn = max(1, round(units / pilot.each))
    trials = math.ceil(max(200, min(1000, 5 / level), 1 / level))
    rng = np.random.Generator(np.random.PCG64(0))
    supported = 0
    for _ in range(draws // _AT_ONCE):
        take = rng.integers(0, len(pilot.better), (_AT_ONCE, drawn))
        left, right = pilot.differing_by(drop, take, rng)
        moved = right - left
        differ = moved.any(axis=-1)
        # Only units that differ are swapped.
        order = np.argsort(~differ, axis=1, kind="stable")[:, : int(differ.sum(axis=1).max())]
        moved = np.take_along_axis(moved, order[..., None], axis=1).astype(np.float64)
        swaps = rng.integers(0, 2, (trials, order.shape[1])).astype(np.float64)
        side_by_side = moved.transpose(1, 0, 2).reshape(order.shape[1], _AT_ONCE * 4)
        shift = (swaps @ side_by_side).reshape(trials, _AT_ONCE, 4)
        totals = left.sum(axis=1), right.sum(axis=1)
        found = f1(totals[0], pilot.scale) - f1(totals[1], pilot.scale)
        swapped = f1(totals[0] + shift, pilot.scale) - f1(totals[1] - shift, pilot.scale)
        as_large = (np.abs(swapped) >= np.abs(found) - 1e-12).sum(axis=0)
        supported += int((((as_large + 1) / (trials + 1) <= level) & (found > 0)).sum())
    return supported / draws


def point(pilot: Pilot, drop: float, units: float, level: float = 0.05) -> Point:
    """The power, with the band of a standard error of its estimate from a pilot of this size."""
    share = power(pilot, drop, units, level)
    every, rng = np.arange(len(pilot.better)), np.random.Generator(np.random.PCG64(0))
    better, worse = pilot.differing_by(drop, every, rng)
    lost = (pseudo_values(better, pilot.scale) - pseudo_values(worse, pilot.scale))[:, _F1]
    spread = lost.std()
    # What is not known of the power is how much the systems differ from unit to unit.
    peaked = ((lost - lost.mean()) ** 4).mean() / spread**4 if spread > 0 else 1.0
    error = math.sqrt(max(peaked - 1, 0.0) / (4 * len(lost)))
    low, high = sorted(_at(_reach(share, level) * math.exp(sign * error), level) for sign in (-1, 1))
    return Point(drop, round(units), share, (min(low, share), max(high, share)))


def _reach(share: float, level: float) -> float:
    """How many standard errors of the difference the drop is, for the test to support it that often."""
    from scipy.special import ndtri

    inside = min(max(share, 0.5 / _DRAWS), 1 - 0.5 / _DRAWS)
    return max(float(ndtri(inside) + ndtri(1 - level / 2)), 0.1)


def _at(reach: float, level: float) -> float:
    from scipy.special import ndtr, ndtri

    return float(ndtr(reach - ndtri(1 - level / 2)))


def reached(values: Sequence[float], shares: Sequence[float], level: float = 0.05) -> float | None:
    """Where the power comes to 80%, between two of the values; None where none has it."""
    number = next((i for i, share in enumerate(shares) if share >= ASKED), None)
    if number is None or number == 0:
        return None if number is None else values[0]
    (low, high), (below, above) = values[number - 1 : number + 1], shares[number - 1 : number + 1]
    wanted, less, more = (math.log(_reach(share, level)) for share in (ASKED, below, above))
    return float(low * (high / low) ** ((wanted - less) / (more - less)))


def units_needed(points: Sequence[Point], level: float = 0.05) -> tuple[float, ...]:
    """How many units show the drop of these points with 80%: so many, and at the ends of the band.

    Beyond the last point the reach of the test grows with the square root of the units.
    """
    units = [float(one.units) for one in points]
    found = []
    for shares in zip(*((one.power, *one.band) for one in points), strict=True):
        beyond = units[-1] * (_reach(ASKED, level) / _reach(shares[-1], level)) ** 2
        found.append(reached(units, shares, level) or beyond)
    return tuple(found)


def smallest_drop(
    old_runs: Sequence[Ints], new_runs: Sequence[Ints], scale: int, level: float = 0.05
) -> float | None:
    """The smallest drop of F1 that the test supports with a power of 80% on as many units as there are.

    None where no drop has it. With several runs the test is Student's t over runs and documents, and its
    power follows from the variance alone.
    """
    if len(old_runs) > 1 or len(new_runs) > 1:
        return _smallest_over_runs(old_runs, new_runs, scale, level)
    pilot = Pilot.of(old_runs[0], new_runs[0], scale)
    drops = [drop for drop in DROPS if drop < pilot.most]
    known: dict[float, float] = {}

    def share(drop: float) -> float:
        if drop not in known:
            known[drop] = power(pilot, drop, len(old_runs[0]), level, _DRAWS // 2)
        return known[drop]

    first = bisect_left(drops, ASKED, key=share)
    around = drops[max(first - 1, 0) : first + 1]
    return reached(around, [share(drop) for drop in around], level)


def _smallest_over_runs(
    old_runs: Sequence[Ints], new_runs: Sequence[Ints], scale: int, level: float
) -> float | None:
    both = [Crossed.of(np.stack(runs), scale) for runs in (old_runs, new_runs)]
    lost = both[0].by_document[:, _F1] - both[1].by_document[:, _F1]
    parts = [(float(lost.var()) / max(len(lost) - 1, 1), float(both[0].freedom[_F1]))]
    parts += [(float(one.of_runs[_F1]), one.runs - 1.0) for one in both if one.runs > 1]
    wide = sum(part * float(t_quantile(free, 1 - level)) ** 2 for part, free in parts)
    drop = math.sqrt(wide) + (_reach(ASKED, level) - _reach(0.5, level)) * math.sqrt(sum(p for p, _ in parts))
    return drop if 0 < drop < float(both[0].scores[:, _F1].mean()) else None
