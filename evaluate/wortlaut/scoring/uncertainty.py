"""How sure a score is: intervals from counts, without scoring anything again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from wortlaut.errors import WortlautError, unknown_name
from wortlaut.model.columns import Floats, Ints
from wortlaut.scoring.counts import Sample, macro_average, precision_recall_f1
from wortlaut.scoring.jackknife import degrees, edge, logit_interval, sizes, t_quantile

#: Fewer documents than this, and sentences are drawn instead, where they are known.
FEW_DOCUMENTS = 10
#: Rows of counts that at most this many units have are drawn unit by unit.
_RARE = 16
#: At most this many cells of a matrix in memory at a time (8 bytes each).
_BLOCK_CELLS = 4_000_000

Interval = tuple[float, float]
#: Resamples, and trials of a test: more take hours and change no digit that is shown.
MOST_DRAWS = 1_000_000


#: What :func:`wortlaut.score` takes for its intervals.
METHODS = ("jackknife", "percentile", "bca")
#: Bootstrap intervals of fewer units are too narrow (docs/metrics.md has the coverage).
ENOUGH = 300


@dataclass(frozen=True)
class Resampling:
    """How intervals come about: what is left out or drawn, and how.

    ``samples`` ``None`` is the jackknife, which draws nothing; 0 asks for no intervals; more is the bootstrap
    with ``method`` (``percentile`` or ``bca``), from ``seed``.
    """

    unit: str = "document"
    samples: int | None = None
    seed: int = 0
    confidence: float = 0.95
    method: str = "percentile"

    def __post_init__(self) -> None:
        for what, number in (("number of resamples", self.samples or 0), ("seed", self.seed)):
            if number < 0:
                raise WortlautError(f"the {what} must be 0 or more, not {number}")
        if (self.samples or 0) > MOST_DRAWS:
            raise WortlautError(f"{self.samples} resamples are more than {MOST_DRAWS:,}")
        if not 0 < self.confidence < 1:
            raise WortlautError(f"the confidence must lie between 0 and 1, not {self.confidence}")
        if self.method not in METHODS[1:]:
            raise unknown_name("interval method", self.method, METHODS)
        if self.samples is None and (self.seed or self.method != "percentile"):
            raise _draws_nothing()

    @classmethod
    def asked(
        cls, samples: int | None, seed: int | None, confidence: float = 0.95, method: str | None = None
    ) -> Resampling:
        """The jackknife, unless resamples, a seed or a method of the bootstrap are asked for."""
        if method == "jackknife":
            if samples or seed:
                raise _draws_nothing()
            method = None
        elif samples is None and (method or seed is not None):
            samples = 1000
        return cls("document", samples, seed or 0, confidence, method or "percentile")

    @property
    def wanted(self) -> bool:
        """Whether there are to be intervals."""
        return self.samples != 0

    @property
    def signature(self) -> str:
        if not self.wanted:
            return "resample:none"
        drawn = "jackknife" if self.samples is None else f"{self.samples},seed {self.seed}"
        bca = "" if self.method == "percentile" else f",{self.method}"
        level = "" if self.confidence == 0.95 else f",confidence {self.confidence:g}"
        return f"resample:{self.unit},{drawn}{level}{bca}"


def _draws_nothing() -> WortlautError:
    return WortlautError(
        "the jackknife draws nothing, so it has neither resamples nor a seed",
        hint="Leave out samples and seed, or use 'percentile' or 'bca'.",
    )


def blocks(rows: int, cells: int) -> Iterator[int]:
    """How many of so many rows, each of so many cells, to hold in memory at a time, block by block."""
    most = max(1, _BLOCK_CELLS // max(cells, 1))
    yield from (min(most, rows - begin) for begin in range(0, rows, most))


@dataclass(frozen=True)
class Intervals:
    """Intervals of P, R and F1: micro, macro, and one triple a label. ``None`` where undefined."""

    micro: tuple[Interval | None, ...]
    macro: tuple[Interval | None, ...]
    labels: tuple[tuple[Interval | None, ...], ...]


def resampled_sums(sample: Sample, resampling: Resampling) -> Iterator[Ints]:
    """Summed counts of each resample, shape ``(block, labels, 4)``, in blocks of bounded memory.

    Drawing ``n`` units with replacement gives each distinct row of counts a multinomial number of
    draws; that is the bootstrap over units (Efron & Tibshirani 1993, chapter 6) itself, not an
    approximation.
    """
    rng = np.random.Generator(np.random.PCG64(resampling.seed))
    labels = sample.rows.shape[1]
    # float64 sums of integers are exact below 2**53, and let BLAS do the product.
    rows = sample.rows.reshape(len(sample.rows), labels * 4).astype(np.float64)
    rare = sample.multiplicity <= _RARE
    common, common_rows, rare_rows = sample.multiplicity[~rare], rows[~rare], rows[rare]
    holder = np.repeat(np.arange(len(rare_rows)), sample.multiplicity[rare])
    chance = np.append(common, len(holder)) / sample.units
    cells = len(common) + max(len(rare_rows), len(holder)) + 1
    for size in blocks(resampling.samples or 0, cells):
        # All rare units are one more cell of the multinomial; its draws are shared out among them evenly.
        weights = rng.multinomial(sample.units, chance, size=size)
        sums = weights[:, :-1].astype(np.float64) @ common_rows
        if len(holder):
            drawn = holder[rng.integers(0, len(holder), int(weights[:, -1].sum()), dtype=np.uint32)]
            parts = np.split(drawn, np.cumsum(weights[:-1, -1]))
            times = np.stack([np.bincount(part, minlength=len(rare_rows)) for part in parts])
            sums += times.astype(np.float64) @ rare_rows
        yield sums.reshape(size, labels, 4).astype(np.int64)


def intervals(sample: Sample, resampling: Resampling) -> Intervals:
    """Intervals for the micro average, the macro average and every label."""
    if resampling.samples is None:
        ends = np.stack(_jackknifed(sample, resampling.confidence), axis=-1)
        found = [
            tuple(None if np.isnan(pair).any() else (float(pair[0]), float(pair[1])) for pair in row)
            for row in ends
        ]
        return Intervals(found[0], found[1], tuple(found[2:]))
    draws = np.concatenate([_scores(sums, sample.scale) for sums in resampled_sums(sample, resampling)])
    tails = np.broadcast_to(_tails(resampling), (*draws.shape[1:], 2))
    if resampling.method == "bca":
        tails = _bca_tails(sample, resampling, draws)
    rows = [
        tuple(interval(draws[:, row, k], tails[row, k]) for k in range(3)) for row in range(draws.shape[1])
    ]
    return Intervals(rows[0], rows[1], tuple(rows[2:]))


def _jackknifed(sample: Sample, confidence: float) -> tuple[Floats, Floats]:
    """Low and high ends, shape ``(2 + labels, 3)``: Student's t on the logit, NaN where nothing can be said.

    The variance is the jackknife's, from pseudo-values (Tukey 1958). A macro average has the degrees of
    freedom of the variances of its labels (Satterthwaite 1946); a label at 0 or 1, whose units do not vary,
    adds the width of its own interval. Simulated coverage: docs/metrics.md.
    """
    units, total = sample.units, sample.totals()
    point = _scores(total, sample.scale)
    summed, squared = np.zeros((2, *point.shape))
    weights_squared = np.zeros_like(point)
    at = 0
    for size in blocks(len(sample.rows), point.size * 8):
        rows, many = sample.rows[at : at + size], sample.multiplicity[at : at + size]
        at += size
        away = _scores(total - rows, sample.scale) - point
        summed += np.tensordot(many, away, axes=(0, 0))
        squared += np.tensordot(many, away**2, axes=(0, 0))
        weights_squared += np.tensordot(many, _weights(rows, sample.parts) ** 2, axes=(0, 0))
    weights = _weights(total, sample.parts)
    # Rounding leaves about 1e-16 where no unit changes the score.
    spread = squared - summed**2 / units
    variance = (units - 1) / units * np.where(spread < 1e-18, 0.0, spread)
    freedom = degrees(weights, weights_squared)
    label = slice(2, None)
    present = int((weights[label, 2] > 0).sum())
    if present:
        own = np.nan_to_num(variance[label])
        pooled = (own**2 / freedom[label]).sum(axis=0)
        shared = np.divide(own.sum(axis=0) ** 2, pooled, out=freedom[1].copy(), where=pooled > 0)
        freedom[1] = np.maximum(np.minimum(shared, freedom[1]), 1)
        still = ((point[label] == 0) | (point[label] == 1)) & (weights[label] > 0)
        edges = (1 - edge(weights[label], confidence)) / (2 * t_quantile(1e9, confidence))
        variance[1] += (np.where(still, edges, 0) ** 2).sum(axis=0) / present**2
    half = t_quantile(freedom, confidence) * np.sqrt(variance)
    return logit_interval(point, half, weights, confidence)


def _weights(sums: Ints, parts: int) -> Floats:
    """How many items weigh in P, R and F1: shape ``(…, 2 + labels, 3)``, as that of :func:`_scores`."""
    whole = sizes(sums.sum(axis=-2, keepdims=True))
    return np.concatenate([whole, whole, sizes(sums)], axis=-2) / parts


def _scores(sums: Ints, scale: int) -> Floats:
    """P, R and F1 of sums of shape ``(…, labels, 4)``: micro, macro, and of each label."""
    parts = (
        precision_recall_f1(sums.sum(axis=-2, keepdims=True), scale),
        [mean[..., None] for mean in macro_average(sums, scale)],
        precision_recall_f1(sums, scale),
    )
    return np.concatenate([np.stack(columns, axis=-1) for columns in parts], axis=-2)


def _tails(resampling: Resampling) -> Floats:
    tail = (1 - resampling.confidence) / 2
    return np.asarray([tail, 1 - tail])


def interval(draws: Floats, tails: Floats | tuple[float, float]) -> Interval | None:
    """The percentile interval of the draws in which the score is defined, if those are the most."""
    defined = draws[~np.isnan(draws)]
    if 2 * len(defined) < len(draws) or not len(defined) or np.isnan(tails).any():
        return None
    low, high = np.quantile(defined, tails)
    return float(low), float(high)


def _bca_tails(sample: Sample, resampling: Resampling, draws: Floats) -> Floats:
    """The tails of the bias-corrected and accelerated interval (Efron 1987), shape ``(2 + labels, 3, 2)``.

    The jackknife leaves out one unit of each distinct row, weighted by how many units have it.
    """
    from scipy.special import ndtr, ndtri

    total = sample.totals()
    point = _scores(total, sample.scale)
    below = (draws < point).sum(axis=0) + (draws == point).sum(axis=0) / 2
    defined = np.maximum((~np.isnan(draws)).sum(axis=0), 1)
    bias = ndtri(np.clip(below / defined, 1e-6, 1 - 1e-6))
    left_out = _scores(total[None] - sample.rows, sample.scale)
    weight = sample.multiplicity[:, None, None] * ~np.isnan(left_out)
    values = np.nan_to_num(left_out)
    mean = (weight * values).sum(axis=0) / np.maximum(weight.sum(axis=0), 1)
    away = weight * (mean - values)
    spread = (weight * (mean - values) ** 2).sum(axis=0)
    skew = (away * (mean - values) ** 2).sum(axis=0)
    acceleration = np.divide(skew, 6 * spread**1.5, out=np.zeros_like(skew), where=spread > 0)
    z = ndtri(_tails(resampling))
    shifted = bias[..., None] + z
    tails: Floats = ndtr(bias[..., None] + shifted / (1 - acceleration[..., None] * shifted))
    tails[np.isnan(point)] = np.nan
    return tails
