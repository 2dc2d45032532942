"""How sure the mean of several runs is (seeds, prompts, checkpoints), and the test of two such means.

Runs and documents are crossed: every run answers every document. An interval over documents alone says
nothing about the next run, one over runs alone nothing about other texts; here both vary. What these
formulas hold for, and how that was measured: ``docs/runs.md``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np

from wortlaut.errors import ComparisonError
from wortlaut.model.columns import Floats, Ints
from wortlaut.records.record import Many, Must, Positive, Share, written
from wortlaut.scoring.compare import PairedTest, tested
from wortlaut.scoring.counts import defined, macro_average, precision_recall_f1
from wortlaut.scoring.jackknife import edge, freedom, logit_interval, pseudo_values, sizes, t_quantile

#: Runs whose F1 has a skewness beyond this are no sample of one distribution: one has failed, or learned
#: something else, and no quantile of Student's t fits.
SKEWED = 1.0
_F1 = 2
_Variance = Annotated[float, Must(minimum=0)]


@dataclass(frozen=True)
class RunVariance:
    """What the F1 of several runs varies by: components of a variance analysis of runs × documents.

    The variance of the mean over R runs is ``of_documents / D + of_runs / R + rest / (R · D)``.
    """

    of_documents: Annotated[_Variance, "Between documents, whatever the run."]
    of_runs: Annotated[_Variance, "Between runs, whatever the document."]
    rest: Annotated[_Variance, "What one run does differently in one document."]
    documents: Annotated[Many, "How many documents (or sentences) there are."]
    runs: Annotated[Many, "How many runs there are."]
    width: Annotated[Positive | None, "Half the interval's width; null where nothing varies."]
    one_more_run: Annotated[Positive | None, "What that would be with one run more."]
    twice_the_documents: Annotated[Positive | None, "What that would be with twice as many documents."]
    skewness: Annotated[
        float | None, "Of the runs' F1; beyond ±1 interval and tests do not hold. null below 3 runs."
    ]

    @property
    @written(after="rest")
    def share_of_runs(self) -> Share:
        """The part of the mean's variance that more documents would not lessen, but more runs."""
        whole = self.of_runs / self.runs + (self.of_documents + self.rest / self.runs) / self.documents
        return self.of_runs / self.runs / whole if whole > 0 else 0.0


@dataclass(frozen=True)
class Crossed:
    """Scores of runs, ``(runs, k)``, and what varies in their pseudo-values ``(runs, documents, k)``.

    ``squares`` are the mean squares of documents, of runs and of the rest, ``(k,)`` each; ``by_document`` the
    means over runs, ``(documents, k)``; ``items`` and ``freedom`` those of the scores.
    """

    scores: Floats
    squares: tuple[Floats, Floats, Floats]
    by_document: Floats
    items: Floats
    freedom: Floats

    @classmethod
    def of(cls, sums: Ints, scale: int) -> Crossed:
        """P, R and F1 from the counts of each unit in each run, ``(runs, documents, 4)``."""
        scores = np.stack(precision_recall_f1(sums.sum(axis=1), scale), axis=-1)
        return cls.of_values(np.stack([pseudo_values(one, scale) for one in sums]), scores, sizes(sums))

    @classmethod
    def of_values(cls, values: Floats, scores: Floats, weights: Floats) -> Crossed:
        """From pseudo-values and the items of each unit, both ``(runs, documents, k)``."""
        runs, documents, _ = values.shape
        # Their means over documents become the scores of the runs.
        values = values + (scores - values.mean(axis=1))[:, None]
        whole, by_document = scores.mean(axis=0), values.mean(axis=0)
        rest = values - scores[:, None] - by_document + whole
        squares = (
            runs * ((by_document - whole) ** 2).sum(axis=0) / (documents - 1),
            documents * ((scores - whole) ** 2).sum(axis=0) / max(runs - 1, 1),
            (rest**2).sum(axis=(0, 1)) / ((documents - 1) * max(runs - 1, 1)),
        )
        # Rounding leaves about 1e-16 where nothing varies.
        of_documents, of_runs, rest = (np.where(square < 1e-18, 0.0, square) for square in squares)
        weight = weights.mean(axis=0)
        squares = (of_documents, of_runs, rest)
        return cls(scores, squares, by_document, weight.sum(axis=0), freedom(weight))

    @classmethod
    def of_labels(cls, sums: Ints, scale: int) -> tuple[Crossed, list[Crossed]]:
        """The macro average and each label, from counts of shape ``(runs, documents, labels, 4)``.

        As over documents alone (:func:`wortlaut.scoring.uncertainty.intervals`) the mean has the degrees of
        freedom of the variances of its labels (Satterthwaite 1946), and a label that stays at 0 or 1 adds the
        width of its own interval.
        """
        labels = [cls.of(sums[:, :, label], scale) for label in range(sums.shape[2])]
        documents, totals = sums.shape[1], sums.sum(axis=1)
        scores = np.stack(macro_average(totals, scale), axis=-1)
        without = np.stack(macro_average(totals[:, None] - sums, scale), axis=-1)
        values = documents * scores[:, None] - (documents - 1) * without
        macro = cls.of_values(values, scores, sizes(sums.sum(axis=2)))
        own = np.nan_to_num(np.stack([label.of_documents for label in labels]))
        free = np.stack([label.freedom for label in labels])
        pooled = (own**2 / free).sum(axis=0)
        shared = np.divide(own.sum(axis=0) ** 2, pooled, out=macro.freedom.copy(), where=pooled > 0)
        items = np.stack([label.items for label in labels])
        still = np.stack(
            [(np.ptp(label.scores, axis=0) == 0) & np.isin(label.scores[0], (0, 1)) for label in labels]
        )
        edges = np.where(still & (items > 0), (1 - edge(items)) / (2 * t_quantile(1e9)), 0)
        more = (edges**2).sum(axis=0) / max(1, int((items[:, _F1] > 0).sum())) ** 2
        squares = (macro.squares[0] + more * len(sums) * documents, *macro.squares[1:])
        return replace(
            macro, squares=squares, freedom=np.maximum(np.minimum(shared, macro.freedom), 1)
        ), labels

    @property
    def runs(self) -> int:
        return len(self.scores)

    @property
    def of_documents(self) -> Floats:
        """The variance of the mean that documents make."""
        return self.squares[0] / (self.runs * len(self.by_document))

    @property
    def of_runs(self) -> Floats:
        """The variance of the mean that runs make."""
        found: Floats = np.maximum(self.squares[1] - self.squares[2], 0) / (self.runs * len(self.by_document))
        return found

    def intervals(self, confidence: float) -> list[tuple[float, float] | None]:
        """Of each mean, on the logit; None where it or a pseudo-value is undefined."""
        half = _half(self.of_documents, self.freedom, self.of_runs, self.runs, confidence)
        ends = zip(*logit_interval(self.scores.mean(axis=0), half, self.items, confidence), strict=True)
        return [None if np.isnan(pair).any() else (float(pair[0]), float(pair[1])) for pair in ends]

    def variance(self, confidence: float) -> RunVariance | None:
        """Of F1; None where that or a pseudo-value is undefined."""
        documents, runs = len(self.by_document), self.runs
        of_documents, of_runs, rest = (float(square[_F1]) for square in self.squares)
        if np.isnan(of_documents + of_runs + rest):
            return None
        between_documents, between_runs = (
            max(0.0, (of_documents - rest) / runs),
            float(self.of_runs[_F1]) * runs,
        )
        now = between_documents + rest / runs

        def width(many: int, times: int) -> float | None:
            """With so many runs, and so many times the documents."""
            less = (between_documents + rest / many) / now if now else 1.0
            less_varied = float(self.of_documents[_F1]) * less / times
            free = (float(self.freedom[_F1]) + 1) * times - 1
            return float(_half(less_varied, free, between_runs / many, many, confidence)) or None

        return RunVariance(
            between_documents, between_runs, rest, documents, runs,
            width(runs, 1), width(runs + 1, 1), width(runs, 2), skewness(self.scores[:, _F1]),
        )  # fmt: skip


def _half(
    of_documents: Floats | float, free: Floats | float, of_runs: Floats | float, runs: int, confidence: float
) -> Floats:
    """Half the width: each part of the variance with its own quantile."""
    wide = t_quantile(free, confidence) ** 2 * of_documents
    return np.sqrt(wide + (t_quantile(runs - 1, confidence) ** 2 * of_runs if runs > 1 else 0))


def skewness(values: Floats) -> float | None:
    """The third moment over the second to 1.5; None below 3 values."""
    away = values - values.mean()
    spread = float((away**2).mean())
    if len(values) < 3:
        return None
    return float((away**3).mean()) / spread**1.5 if spread > 1e-18 else 0.0


def pair_test(
    a: Sequence[Ints],
    b: Sequence[Ints],
    scale: int,
    *,
    samples: int = 1000,
    trials: int = 10_000,
    seed: int = 0,
    weighs_gold: bool = False,
) -> PairedTest:
    """Compare two systems from the sums of each of their runs in the same units, ``(units, 4)`` each.

    With one run each this is :func:`wortlaut.scoring.compare.tested`, which knows nothing about runs.
    Else the difference of the means is tested over runs × documents: each part of the variance (documents,
    runs of A, runs of B) has its own quantile of Student's t, and p is the level at which half the interval's
    width is the difference. A system of one run is taken as it is: how its runs vary is not known. With
    ``weighs_gold`` the gold may count otherwise for each, as under FairEval. Raises ComparisonError for
    different units, and else for different gold items.
    """
    if len({one.shape for one in (*a, *b)}) > 1:
        raise ComparisonError(
            f"the systems have {' and '.join(sorted({str(len(x)) for x in (*a, *b)}))} units"
        )
    if not weighs_gold and any(not np.array_equal(one[:, 0], a[0][:, 0]) for one in (*a, *b)):
        raise ComparisonError("the systems were scored against different gold items")
    if len(a) == len(b) == 1:
        return tested(a[0], b[0], scale, samples=samples, trials=trials, seed=seed)
    sides, units = [np.stack(side) for side in (a, b)], len(a[0])
    means = [np.stack(precision_recall_f1(side.sum(axis=1), scale), axis=-1).mean(axis=0) for side in sides]
    p, r, delta = (float(value) for value in means[0] - means[1])
    differ = sides[0].sum(axis=0) * len(b) != sides[1].sum(axis=0) * len(a)
    found = PairedTest(
        defined(p), defined(r), defined(delta), None, None, None, None, None,
        units, int(differ.any(axis=1).sum()), runs=(len(a), len(b)),
    )  # fmt: skip
    if found.f1 is None or units < 2:
        return found
    both = [Crossed.of(side, scale) for side in sides]
    w = both[0].by_document[:, _F1] - both[1].by_document[:, _F1]
    weight = np.mean([sizes(side)[..., _F1].mean(axis=0) for side in sides], axis=0)
    # The variance of each part, and its degrees of freedom.
    parts = [(float(w.var(ddof=1)) / units, float(freedom(weight)))]
    parts += [(float(one.of_runs[_F1]), one.runs - 1.0) for one in both if one.runs > 1]
    variance = sum(part for part, _ in parts)
    if np.isnan(variance) or (variance == 0 and delta):
        return found

    half = _half_at(0.05, parts)
    ends = (max(-1.0, delta - half), min(1.0, delta + half))
    effect = delta / variance**0.5 if variance else None
    return replace(found, interval=ends, p_runs=level_of(delta, parts), effect=effect)


def level_of(difference: float, parts: Sequence[tuple[float, float]]) -> float:
    """The two-sided p of a difference whose variance has these parts, each with its degrees of freedom."""
    low, high = 0.0, 1.0
    while difference and high - low > 1e-6 * high and high > 1e-12:
        level = (low + high) / 2
        low, high = (level, high) if _half_at(level, parts) > abs(difference) else (low, level)
    return high


def _half_at(level: float, parts: Sequence[tuple[float, float]]) -> float:
    """Half the width of the interval at that level: each part of the variance with its own quantile."""
    return math.sqrt(sum(part * float(t_quantile(free, 1 - level)) ** 2 for part, free in parts))
