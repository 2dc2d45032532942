"""Paired tests of two systems on the same units, from counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np

from wortlaut.errors import ComparisonError
from wortlaut.model.columns import Floats, Ints
from wortlaut.records.record import OPTIONAL, Count, Difference, Many, Share
from wortlaut.scoring.counts import defined, precision_recall_f1
from wortlaut.scoring.jackknife import degrees, sizes, t_quantile
from wortlaut.scoring.uncertainty import blocks

#: Systems whose adjusted p-value is below this are told apart.
LEVEL = 0.05


@dataclass(frozen=True)
class PairedTest:
    """System A minus system B under one schema; scores in [0, 1].

    ``interval`` is the 95% interval of the difference of F1, by the jackknife with Student's t.
    ``p_randomisation`` is the two-sided p-value of approximate randomisation, ``p_bootstrap`` that of the
    bootstrap shifted to no difference. ``superiority`` is the share of resamples in which A is ahead (ties
    count half), ``effect`` the difference in standard errors.
    """

    precision: Annotated[Difference | None, "null where undefined for one of the two."]
    recall: Difference | None
    f1: Difference | None
    interval: Annotated[
        tuple[Difference, Difference] | None,
        "95% interval of the difference of F1, by the jackknife with Student's t.",
    ]
    p_randomisation: Annotated[Share | None, "Two-sided p-value of approximate randomisation."]
    p_bootstrap: Annotated[Share | None, "Two-sided p-value of the bootstrap shifted to no difference."]
    superiority: Annotated[Share | None, "Share of resamples in which a is ahead; ties count half."]
    effect: Annotated[float | None, "The difference of F1 in standard errors."]
    units: Many
    differing: Annotated[Count, "Units in which the two systems are counted differently."]
    runs: Annotated[
        tuple[Many, Many] | None, OPTIONAL, "How many runs each system has, where one has several."
    ] = None
    p_runs: Annotated[
        Share | None,
        OPTIONAL,
        "Two-sided p-value over runs and documents; where a system has several runs, in place of the others.",
    ] = None

    @property
    def p(self) -> float | None:
        """The p-value that counts: over runs and documents where there are runs, else of randomisation."""
        return self.p_randomisation if self.runs is None else self.p_runs


def paired_test(
    a: Ints, b: Ints, scale: int, *, samples: int = 1000, trials: int = 10_000, seed: int = 0
) -> PairedTest:
    """Compare two systems from their sums in the same units, both of shape ``(units, 4)``.

    Approximate randomisation (Noreen 1989; Yeh 2000) swaps the two outputs of each unit with chance
    one half and counts how often the difference of F1 is as large as the observed one: p is
    ``(count + 1) / (trials + 1)``. The paired bootstrap (Efron & Tibshirani 1993, section 16.4) draws
    units with replacement. Units with equal sums are interchangeable, so both draw how many of each
    kind are swapped or taken. Raises ComparisonError for different numbers of units or of gold items.
    """
    if a.shape == b.shape and not np.array_equal(a[:, 0], b[:, 0]):
        raise ComparisonError("the systems were scored against different gold items")
    return tested(a, b, scale, samples=samples, trials=trials, seed=seed)


def tested(a: Ints, b: Ints, scale: int, *, samples: int, trials: int, seed: int) -> PairedTest:
    """:func:`paired_test` of scores on one gold whose weight is each system's own, as FairEval's."""
    if a.shape != b.shape:
        raise ComparisonError(f"the systems have {len(a)} and {len(b)} units")
    if (a.sum(axis=0).tolist(), a.tobytes()) > (b.sum(axis=0).tolist(), b.tobytes()):
        # The same draws whichever of the two is named first.
        return _mirrored(tested(b, a, scale, samples=samples, trials=trials, seed=seed))
    kinds, multiplicity = np.unique(np.concatenate([a, b], axis=1), axis=0, return_counts=True)
    left, right = kinds[:, :4], kinds[:, 4:]
    differing = int(multiplicity[(left != right).any(axis=1)].sum())
    total_a, total_b = a.sum(axis=0), b.sum(axis=0)
    scores_a, scores_b = precision_recall_f1(total_a, scale), precision_recall_f1(total_b, scale)
    p, r, delta = (float(x - y) for x, y in zip(scores_a, scores_b, strict=True))
    found = PairedTest(
        defined(p), defined(r), defined(delta), None, None, None, None, None, len(a), differing
    )
    if found.f1 is None:
        return found
    p_value = _randomisation(left, right, multiplicity, total_a, total_b, scale, delta, trials, seed)
    found = replace(found, p_randomisation=p_value)
    if len(a) < 2:
        return found
    draws = _bootstrap(left, right, multiplicity, scale, samples, seed)
    half = half_width(left, right, multiplicity, scale)
    extreme = np.abs(draws - delta) >= abs(delta) - 1e-12
    spread = float(draws.std())
    return replace(
        found,
        interval=None if np.isnan(half) else (max(delta - half, -1.0), min(delta + half, 1.0)),
        p_bootstrap=float((extreme.sum() + 1) / (len(draws) + 1)),
        superiority=float((draws > 0).mean() + (draws == 0).mean() / 2),
        effect=delta / spread if spread > 1e-12 else None,
    )


def half_width(left: Ints, right: Ints, multiplicity: Ints, scale: int, confidence: float = 0.95) -> float:
    """Half the width of the interval of the difference of F1; NaN where it is undefined without some unit.

    The sums of both systems in each kind of units, ``(kinds, 4)``, and how many units are of that kind.
    """
    units, weigh = int(multiplicity.sum()), sizes(left + right)[:, 2]
    away = _f1_without(left, multiplicity, scale) - _f1_without(right, multiplicity, scale)
    away = away - multiplicity @ away / units
    variance = (units - 1) / units * float(multiplicity @ away**2)
    freedom = degrees(np.asarray(multiplicity @ weigh), np.asarray(multiplicity @ weigh**2))
    return float(t_quantile(freedom, confidence) * np.sqrt(variance))


def _f1_without(sums: Ints, multiplicity: Ints, scale: int) -> Floats:
    return precision_recall_f1(multiplicity @ sums - sums, scale)[2]


def _mirrored(test: PairedTest) -> PairedTest:
    """The test of B against A from that of A against B."""

    minus: dict[str, Any] = {
        name: None if (value := getattr(test, name)) is None else 0.0 - value
        for name in ("precision", "recall", "f1", "effect")
    }
    return replace(
        test,
        **minus,
        interval=None if test.interval is None else (0.0 - test.interval[1], 0.0 - test.interval[0]),
        superiority=None if test.superiority is None else 1 - test.superiority,
    )


def _randomisation(
    left: Ints,
    right: Ints,
    multiplicity: Ints,
    total_a: Ints,
    total_b: Ints,
    scale: int,
    delta: float,
    trials: int,
    seed: int,
) -> float:
    change = (left != right).any(axis=1)
    if not change.any():
        return 1.0
    moved = (right - left)[change].astype(np.float64)
    sizes = multiplicity[change]
    # Most kinds of a large corpus are of one unit, swapped or not: a bit is cheaper than a binomial.
    once = sizes == 1
    rng = np.random.Generator(np.random.PCG64(seed))
    as_large = 0
    for size in blocks(trials, len(sizes)):
        shift = rng.binomial(sizes[~once], 0.5, size=(size, int((~once).sum()))) @ moved[~once]
        shift += rng.integers(0, 2, size=(size, int(once.sum())), dtype=np.uint8) @ moved[once]
        difference = f1(total_a + shift, scale) - f1(total_b - shift, scale)
        # A draw that repeats the observed split counts, whatever the last bit of the sums says.
        as_large += int((np.abs(difference) >= abs(delta) - 1e-12).sum())
    return (as_large + 1) / (trials + 1)


def _bootstrap(left: Ints, right: Ints, multiplicity: Ints, scale: int, samples: int, seed: int) -> Floats:
    rng = np.random.Generator(np.random.PCG64(seed))
    units = int(multiplicity.sum())
    draws = (
        rng.multinomial(units, multiplicity / units, size=size) for size in blocks(samples, len(multiplicity))
    )
    return np.concatenate([f1(drawn @ left, scale) - f1(drawn @ right, scale) for drawn in draws])


def f1(sums: Ints | Floats, scale: int) -> Floats:
    """F1 of each row of sums, 0 where it is undefined."""
    return np.nan_to_num(precision_recall_f1(sums, scale)[2])


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """p-values adjusted for all comparisons made (Holm 1979); ``None`` stays and does not count."""
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, i) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - rank)))
        adjusted[i] = highest
    return adjusted
