"""Paired tests against exact answers: enumeration, hand calculation, and systems known to be equal."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from wortlaut.errors import ComparisonError
from wortlaut.scoring.compare import holm, paired_test
from wortlaut.scoring.counts import precision_recall_f1


def rows(rng: np.random.Generator, units: int, quality: float, gold: np.ndarray | None = None) -> np.ndarray:
    """Counts of a system that finds each gold item with chance ``quality``, and some that are none."""
    gold = rng.integers(0, 4, units) if gold is None else gold
    hits = rng.binomial(gold, quality)
    return np.stack([gold, hits + rng.binomial(2, 0.2, units), hits, hits], axis=1)


def f1(sums: np.ndarray) -> float:
    return float(np.nan_to_num(precision_recall_f1(sums, 1)[2]))


def exact_p(a: np.ndarray, b: np.ndarray) -> float:
    """The share of all 2**n swaps whose difference of F1 is at least the observed one."""
    observed = abs(f1(a.sum(axis=0)) - f1(b.sum(axis=0)))
    swaps = list(product((False, True), repeat=len(a)))
    extreme = 0
    for swap in swaps:
        mask = np.asarray(swap)[:, None]
        left, right = np.where(mask, b, a).sum(axis=0), np.where(mask, a, b).sum(axis=0)
        extreme += abs(f1(left) - f1(right)) >= observed - 1e-12
    return extreme / len(swaps)


def test_randomisation_is_within_monte_carlo_error_of_the_enumeration() -> None:
    rng = np.random.default_rng(1)
    trials = 10_000
    for quality in (0.3, 0.5, 0.7):
        a = rows(rng, 9, 0.6)
        b = rows(rng, 9, quality, a[:, 0])
        exact = exact_p(a, b)
        drawn = paired_test(a, b, 1, trials=trials).p_randomisation
        assert drawn is not None
        assert abs(drawn - exact) < 4 * np.sqrt(exact * (1 - exact) / trials) + 1 / trials


@pytest.mark.long
def test_the_paired_bootstrap_is_that_of_drawing_units_one_by_one() -> None:
    rng = np.random.default_rng(2)
    a = rows(rng, 40, 0.7)
    b = rows(rng, 40, 0.5, a[:, 0])
    test = paired_test(a, b, 1, samples=20_000)
    draws = []
    for _ in range(20_000):
        drawn = rng.integers(0, 40, 40)
        draws.append(f1(a[drawn].sum(axis=0)) - f1(b[drawn].sum(axis=0)))
    assert test.interval == pytest.approx(tuple(np.quantile(draws, (0.025, 0.975))), abs=0.02)
    assert test.superiority == pytest.approx(np.mean(np.asarray(draws) > 0), abs=0.01)
    assert test.f1 is not None and test.effect == pytest.approx(test.f1 / np.std(draws), rel=0.03)


def test_the_interval_of_the_difference_is_that_of_its_formula() -> None:
    """``docs/metrics.md``: the difference ± t·√V from pseudo-values, unit by unit."""
    rng = np.random.default_rng(5)
    a = rows(rng, 30, 0.7)
    b = rows(rng, 30, 0.5, a[:, 0])
    test = paired_test(a, b, 1, samples=10, trials=10)
    pseudo = [
        np.asarray([30 * f1(side.sum(axis=0)) - 29 * f1(side.sum(axis=0) - row) for row in side])
        for side in (a, b)
    ]
    weight = a[:, :2].sum(axis=1) + b[:, :2].sum(axis=1)
    freedom = weight.sum() ** 2 / (weight**2).sum() - 1
    half = stats.t.ppf(0.975, freedom) * (pseudo[0] - pseudo[1]).std(ddof=1) / np.sqrt(30)
    assert test.f1 is not None
    assert test.interval == pytest.approx((test.f1 - half, test.f1 + half))


def test_identical_systems() -> None:
    a = rows(np.random.default_rng(3), 30, 0.6)
    test = paired_test(a, a, 1)
    assert (test.f1, test.p_randomisation, test.p_bootstrap, test.superiority) == (0.0, 1.0, 1.0, 0.5)
    assert (test.interval, test.effect, test.differing) == ((0.0, 0.0), None, 0)
    one, other = np.tile([2, 2, 2, 2], (12, 1)), np.tile([2, 1, 1, 1], (12, 1))
    # The same in each unit: the bootstrap varies by the last bit alone.
    assert paired_test(one, other, 1, samples=50, trials=10).effect is None


def test_swapping_the_systems_flips_the_signs_and_keeps_the_p_values() -> None:
    rng = np.random.default_rng(4)
    a = rows(rng, 50, 0.7)
    b = rows(rng, 50, 0.6, a[:, 0])
    one, other = paired_test(a, b, 1), paired_test(b, a, 1)
    assert one.f1 is not None and other.f1 == -one.f1
    assert one.precision == -other.precision and one.recall == -other.recall  # type: ignore[operator]
    assert (one.p_randomisation, one.p_bootstrap) == (other.p_randomisation, other.p_bootstrap)
    assert one.interval is not None and other.interval == (-one.interval[1], -one.interval[0])
    assert one.superiority == pytest.approx(1 - other.superiority)  # type: ignore[operator]
    assert one.effect == -other.effect  # type: ignore[operator]


def test_the_order_of_units_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    a = rows(rng, 60, 0.7)
    b = rows(rng, 60, 0.6, a[:, 0])
    order = rng.permutation(60)
    assert paired_test(a, b, 1) == paired_test(a[order], b[order], 1)
    assert paired_test(a, b, 1) != paired_test(a, b, 1, seed=1)


def test_equal_systems_are_called_different_in_about_five_of_a_hundred_comparisons() -> None:
    """500 pairs of systems of one quality: 25 false alarms are expected, 15 to 36 hold 98% of the chances."""
    rng = np.random.default_rng(6)
    alarms = {"randomisation": 0, "bootstrap": 0}
    for _ in range(500):
        a = rows(rng, 60, 0.6)
        b = rows(rng, 60, 0.6, a[:, 0])
        test = paired_test(a, b, 1, samples=400, trials=400)
        assert test.p_randomisation is not None and test.p_bootstrap is not None
        alarms["randomisation"] += test.p_randomisation <= 0.05
        alarms["bootstrap"] += test.p_bootstrap <= 0.05
    assert 15 <= alarms["randomisation"] <= 36
    assert 10 <= alarms["bootstrap"] <= 42


def test_a_large_difference_is_found() -> None:
    rng = np.random.default_rng(7)
    a = rows(rng, 100, 0.9)
    test = paired_test(a, rows(rng, 100, 0.4, a[:, 0]), 1)
    assert test.p_randomisation == 1 / 10_001
    assert test.interval is not None and test.interval[0] > 0 and test.superiority == 1.0


def test_nothing_on_either_side_has_no_difference() -> None:
    empty = np.zeros((20, 4), np.int64)
    test = paired_test(empty, empty, 1)
    assert (test.f1, test.p_randomisation, test.interval, test.units) == (None, None, None, 20)


def test_one_unit_has_a_difference_and_no_interval() -> None:
    test = paired_test(np.asarray([[2, 2, 2, 2]]), np.asarray([[2, 2, 1, 1]]), 1)
    assert (test.f1, test.p_randomisation, test.interval) == (0.5, 1.0, None)


def test_results_on_other_gold_are_refused() -> None:
    a = rows(np.random.default_rng(8), 10, 0.5)
    with pytest.raises(ComparisonError, match="10 and 9 units"):
        paired_test(a, a[:9], 1)
    with pytest.raises(ComparisonError, match="different gold items"):
        paired_test(a, a + np.asarray([1, 0, 0, 0]), 1)


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        # Holm (1979): the smallest times n, the next times n - 1, …, never falling, at most 1.
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.5, 0.6], [1.0, 1.0]),
        ([0.02], [0.02]),
        ([], []),
        ([0.01, None, 0.04], [0.02, None, 0.04]),
        ([0.01, 0.01, 0.01], [0.03, 0.03, 0.03]),
        ([None], [None]),
    ],
)
def test_holm(p_values: list[float | None], adjusted: list[float | None]) -> None:
    assert holm(p_values) == pytest.approx(adjusted)
