"""What differences on several corpora say together: their mean, on how many they hold, ranks of systems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wortlaut.scoring.compare import holm
from wortlaut.scoring.jackknife import t_quantile
from wortlaut.scoring.uncertainty import Interval

#: What all statements about a comparison together may be wrong with.
ALPHA = 0.05


@dataclass(frozen=True)
class Pooled:
    """The mean difference over corpora; ``between`` is the standard deviation of the true differences."""

    difference: float
    interval: Interval
    p: float
    between: float | None


def pooled(differences: Sequence[float], intervals: Sequence[Interval | None]) -> Pooled:
    """The mean difference over corpora like these, each of two or more corpora with the same weight.

    The interval is Student's, with a degree of freedom less than there are corpora. For differences that are
    about normal it holds however unequally they vary, within corpora and between (Ibragimov & Müller 2010),
    which weighted means (DerSimonian & Laird 1986; Hartung & Knapp 2001) do not with few corpora.
    ``between`` is the moment estimate (Hedges & Olkin 1985, chapter 9), with the variances that the 95%
    intervals of the corpora stand for; None where one has none.
    """
    from scipy.special import stdtr

    given = np.asarray(differences, np.float64)
    mean, variance, free = float(given.mean()), float(given.var(ddof=1)), len(given) - 1
    error = float(np.sqrt(variance / len(given)))
    half = float(t_quantile(free)) * error
    p = float(2 * stdtr(free, -abs(mean) / max(error, 1e-15)))  # below it is the last bit of the sums
    within = [((high - low) / 3.92) ** 2 for low, high in filter(None, intervals)]
    known = len(within) == len(given)
    between = float(np.sqrt(max(0.0, variance - sum(within) / len(given)))) if known else None
    return Pooled(mean, (max(mean - half, -1.0), min(mean + half, 1.0)), p, between)


def at_least(p_values: Sequence[float], alpha: float = ALPHA) -> int:
    """On how many corpora there is an effect, at least: more are claimed with a chance of alpha or less.

    The estimator of Dror et al. (2017), section 4.2: that u corpora have an effect is tested by Fisher's
    combination of all p-values but the u - 1 smallest. The corpora must be independent.
    """
    from scipy.special import chdtrc

    largest_first = -np.sort(-np.maximum(p_values, 1e-300))
    statistic = -2 * np.cumsum(np.log(largest_first))
    # From all p-values down to the largest alone; what is not shown of few is not shown of more.
    combined = chdtrc(2 * np.arange(1, len(largest_first) + 1), statistic)[::-1]
    return int((np.maximum.accumulate(combined) <= alpha).sum())


def which(p_values: Sequence[float], alpha: float = ALPHA) -> list[int]:
    """The corpora that have an effect, by Holm's method, whether or not the corpora are independent."""
    return [i for i, p in enumerate(holm(p_values)) if p is not None and p <= alpha]


def one_sided(difference: float, p: float) -> float:
    """That the difference is above 0, from the two-sided p-value of a test that is alike on both sides."""
    return p / 2 if difference > 0 else 1 - p / 2


@dataclass(frozen=True)
class Ranks:
    """Mean ranks over corpora (1: best), what two must differ by, and the p-value of Friedman's test."""

    mean: tuple[float, ...]
    critical_difference: float
    p: float


def ranked(scores: Sequence[Sequence[float]], alpha: float = ALPHA) -> Ranks:
    """Ranks of systems on corpora (Demšar 2006): a row of scores for each of two or more corpora.

    Ties share their mean rank. Two systems differ where their mean ranks do by the critical difference of
    Nemenyi's test or more. The p-value of Friedman's test is from 10,000 seeded permutations of the ranks of
    each corpus, since its approximations are for more corpora than most people have.
    """
    from scipy.stats import rankdata, studentized_range

    ranks = rankdata(-np.asarray(scores, np.float64), axis=1)
    corpora, systems = ranks.shape
    quantile = studentized_range.ppf(1 - alpha, systems, np.inf) / np.sqrt(2)
    critical = quantile * np.sqrt(systems * (systems + 1) / (6 * corpora))
    drawn = np.random.Generator(np.random.PCG64(0)).permuted(np.tile(ranks, (10_000, 1, 1)), axis=2)
    as_far = (drawn.mean(axis=1) ** 2).sum(axis=1) >= (ranks.mean(axis=0) ** 2).sum() - 1e-9
    p = float((as_far.sum() + 1) / (len(drawn) + 1))
    return Ranks(tuple(ranks.mean(axis=0).tolist()), float(critical), p)
