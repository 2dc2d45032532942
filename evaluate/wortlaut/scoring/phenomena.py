"""Scores of groups of documents that test one thing each, from the sums of documents, and which are low.

A group has F1 where its gold holds anything, and the share of its documents that are wholly right, which is
all there is where nothing should be found. What is left out at a time is a *unit*: a document, or a pair of
documents that differ in one word, which succeed and fail together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from wortlaut.model.columns import Bools, Floats, Ints
from wortlaut.scoring.compare import holm
from wortlaut.scoring.counts import GOLD, HITS_GOLD, HITS_PREDICTED, PREDICTED, precision_recall_f1
from wortlaut.scoring.jackknife import edge, pseudo_values, sizes, t_quantile
from wortlaut.scoring.runs import Crossed, level_of
from wortlaut.scoring.uncertainty import Interval


def wholly_right(sums: Ints, scale: int) -> Bools:
    """Whether everything is found and nothing else, of sums of shape ``(…, 4)``; nothing of nothing is."""
    found: Bools = (sums[..., HITS_GOLD] == sums[..., GOLD] * scale) & (
        sums[..., HITS_PREDICTED] == sums[..., PREDICTED] * scale
    )
    return found


def as_items(right: Bools) -> Ints:
    """Sums ``(…, 4)`` in which each is an item, found where it is right: their F1 is the share of those."""
    hit = right.astype(np.int64)
    return np.stack([np.ones_like(hit), np.ones_like(hit), hit, hit], axis=-1)


@dataclass(frozen=True)
class Group:
    """The documents of a group: their sums in each run, ``(runs, documents, 4)``, and the unit of each.

    ``template`` numbers what each was made from, where that is known: they are harder or easier together.
    """

    sums: Ints
    unit: Ints
    scale: int = 1
    template: Ints | None = None

    @property
    def has_gold(self) -> bool:
        return bool(self.sums[0, :, GOLD].any())

    @property
    def tested(self) -> tuple[Ints, int]:
        """Sums of units, ``(runs, units, 4)``, with their scale: of items, or of documents without gold."""
        return (self._units(self.sums), self.scale) if self.has_gold else (self._right, 1)

    @cached_property
    def f1(self) -> Estimate | None:
        """``None`` without gold: there F1 is undefined, or 0 for whatever is found."""
        return self._estimate(self._units(self.sums), self.scale) if self.has_gold else None

    @cached_property
    def right(self) -> Estimate:
        """The share of the documents that are wholly right."""
        made = self._estimate(self._right, 1)
        # With so many items the interval of a share of 1 is the exact one of units (Clopper & Pearson 1934).
        items = np.full(1, 2.0 * len(made.units))
        return replace(made, crossed=made.crossed and replace(made.crossed, items=items))

    def _estimate(self, sums: Ints, scale: int) -> Estimate:
        units, first = np.unique(self.unit, return_index=True)
        return Estimate.of(sums, scale, units, None if self.template is None else self.template[first])

    @property
    def _right(self) -> Ints:
        return self._units(as_items(wholly_right(self.sums, self.scale)))

    def _units(self, sums: Ints) -> Ints:
        _, place = np.unique(self.unit, return_inverse=True)
        found = np.zeros((len(sums), int(place.max(initial=-1)) + 1, 4), np.int64)
        for run, own in zip(found, sums, strict=True):
            np.add.at(run, place.reshape(-1), own)
        return found


@dataclass(frozen=True)
class Estimate:
    """A score, the mean over runs, and how it varies between ``units`` and runs (unknown of a single unit).

    ``values`` are its pseudo-values, ``(runs, units)``, whose means over units are the scores of the runs.
    """

    value: float
    units: Ints
    values: Floats
    crossed: Crossed | None
    template: Ints | None = None

    @classmethod
    def of(cls, sums: Ints, scale: int, units: Ints, template: Ints | None) -> Estimate:
        """From the sums of units, ``(runs, units, 4)``."""
        scores = precision_recall_f1(sums.sum(axis=1), scale)[2]
        values = np.stack([pseudo_values(run, scale)[:, 2] for run in sums])
        values = values + (scores - values.mean(axis=1))[:, None]
        crossed = None
        if sums.shape[1] > 1 and not np.isnan(values).any():
            crossed = Crossed.of_values(values[..., None], scores[:, None], sizes(sums)[..., 2:])
        return cls(float(scores.mean()), units, values, crossed, template)

    def interval(self, confidence: float) -> Interval | None:
        """By the jackknife with Student's t on the logit, over units and runs."""
        return None if self.crossed is None else self.crossed.intervals(confidence)[0]

    @property
    def still(self) -> float:
        """The variance that a score of 0 or 1 stands for, whose units do not vary; else 0."""
        if self.crossed is None or 0 < self.value < 1:
            return 0.0
        return ((1 - float(edge(self.crossed.items[0]))) / (2 * float(t_quantile(1e9)))) ** 2


@dataclass(frozen=True)
class _Templates:
    """How much more a score varies between templates than between units: over how many, and how many in one.

    ``ratio`` is the variance by templates over that by units, None where nothing varies.
    """

    many: int
    size: float
    ratio: float | None

    @classmethod
    def of(cls, one: Estimate) -> _Templates:
        away, units = one.values.mean(axis=0) - one.value, len(one.units)
        if one.template is None:
            return cls(units, 1.0, None)
        _, place, counts = np.unique(one.template, return_inverse=True, return_counts=True)
        many, square = len(counts), float((away**2).sum()) * units / (units - 1)
        ratio = None
        if many > 1 and square > 1e-18:
            ratio = float((np.bincount(place.reshape(-1), away) ** 2).sum()) * many / (many - 1) / square
        return cls(many, float((counts**2).sum()) / units, ratio)


def _design(scores: Sequence[Estimate]) -> tuple[Floats, float]:
    """By how much the variance of each score grows since templates differ; degrees of freedom of that.

    The share of the variance that lies between templates is pooled over the scores (few templates say little
    of it); what a score's own templates differ by counts where that is more.
    """
    found = [_Templates.of(one) for one in scores]
    known = [one for one in found if one.ratio is not None and one.size > 1]
    more = sum((one.many - 1) * ((one.ratio or 0) - 1) for one in known)
    most = sum((one.many - 1) * (one.size - 1) for one in known)
    share = min(1.0, max(0.0, more / most)) if most else 0.0
    grown = [max(1 + (one.size - 1) * share, (one.ratio or 1.0) if one.size > 1 else 1.0) for one in found]
    free = sum(one.many - 1 for one in found) if any(one.size > 1 for one in found) else np.inf
    return np.asarray(grown), float(free)


@dataclass(frozen=True)
class Low:
    """How a group compares with the mean of the other groups of its task: that mean, and the p-value.

    ``p`` is one-sided, of no smaller a score than theirs, and adjusted by Holm's method over all groups of
    the system.
    """

    others: float | None = None
    p: float | None = None


def compared_with_others(groups: Sequence[Group], tasks: Sequence[str]) -> list[Low]:
    """Which groups of one system fall below its own mean.

    Of each group the difference d = x - m is tested, one-sided: x is its F1, or the share of its documents
    that are wholly right where its gold is empty; m the mean of the same score over the other groups of its
    task that have it, each with the same weight. The variance of d comes from pseudo-values of units in each
    group (Tukey 1958), with the shares that a unit has in several groups added before they are squared.
    That of x is at least what it were if x was m, by what units of all groups vary (a low score varies
    little by chance), and at 0 or 1 that of the width of its interval. It grows by the design effect of
    templates, 1 + (units in one - 1)·ρ (Kish 1965), where ρ, the share of the variance that lies between
    templates, is pooled over the groups of the task, or by what the group's own templates differ by where
    that is more: one hard template is not a hard group. d over the root is compared with Student's t, with
    the degrees of freedom of the groups' variances (Satterthwaite 1946) and at most those of ρ; several runs
    are a part of the variance of their own. p is adjusted over all groups of the system (Holm 1979).
    Simulated false alarms: docs/phenomena.md.
    """
    found = [Low()] * len(groups)
    for task in dict.fromkeys(tasks):
        own = [i for i, one in enumerate(tasks) if one == task]
        for kind in ("f1", "right"):
            # Of groups with gold the share is not asked: it stands beside those without.
            known = [(i, getattr(groups[i], kind)) for i in own]
            there = [(i, one) for i, one in known if one is not None and one.crossed]
            if len(there) < 2:
                continue
            low = _against_mean([one for _, one in there])
            for (i, _), one in zip(there, low, strict=True):
                if (kind == "f1") == groups[i].has_gold:
                    found[i] = one
    return [replace(one, p=p) for one, p in zip(found, holm([one.p for one in found]), strict=True)]


def _against_mean(scores: Sequence[Estimate]) -> list[Low]:
    """Each against the mean of the others; p is not yet adjusted."""
    crossed = [one.crossed for one in scores if one.crossed is not None]
    units = np.unique(np.concatenate([one.units for one in scores]))
    runs, many, rest = crossed[0].runs, len(units), len(scores) - 1
    values = np.stack([one.scores[:, 0] for one in crossed])
    # What each unit adds to each score, so that the squares add up to its variance.
    away = np.zeros((len(scores), runs, many))
    for row, one, value in zip(away, scores, values, strict=True):
        size = len(one.units)
        row[:, np.searchsorted(units, one.units)] = (one.values - value[:, None]) / np.sqrt(size * (size - 1))
    still = np.asarray([one.still for one in scores])
    own = np.asarray([float(one.of_documents[0]) for one in crossed])
    free = np.asarray([float(one.freedom[0]) for one in crossed])
    count = np.asarray([len(one.units) for one in scores])
    mean = values.mean(axis=1)
    # What a unit of any of them varies by, as a part of what it could at its score.
    could = float((mean * (1 - mean)).sum())
    unit = float((own * count).sum()) / could if could else 0.0
    grown, between = _design(scores)
    found = []
    for k in range(len(scores)):
        part = np.where(np.arange(len(scores)) == k, 1.0, -1 / rest)
        differences, moved = part @ values, np.tensordot(part, away, axes=1)
        # As pseudo-values of the difference: runs and units vary as those of any score do.
        spread = moved * np.sqrt(many * (many - 1)) + differences[:, None]
        both = Crossed.of_values(spread[..., None], differences[:, None], np.ones((runs, many, 1)))
        difference = float(differences.mean())
        others = float(mean[k]) - difference
        # Were it as good as the others: a low score varies less than that by chance.
        least = max(own[k], still[k], unit * others * (1 - others) / count[k])
        variance = float(both.of_documents[0]) + least - own[k] + float(still @ part**2) - still[k]
        if not variance:
            found.append(Low())
            continue
        pieces = part**2 * np.where(np.arange(len(scores)) == k, least, own + still)
        freedom = max(1.0, min(between, float(pieces.sum() ** 2 / (pieces**2 / free).sum())))
        parts = [(variance * grown[k], freedom)]
        parts += [(float(both.of_runs[0]), runs - 1.0)] if runs > 1 else []
        level = level_of(difference, parts) / 2
        found.append(Low(others, level if difference < 0 else 1 - level))
    return found
